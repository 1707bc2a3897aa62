// Files that are written whole or not at all.
//
//   writeFileWhole("build/report/results.json", text);
#pragma once

#include <filesystem>
#include <string_view>

namespace sigproof::reports {

/// Replaces the file at `path` by one that holds `text`: a temporary file in the same folder is
/// written, brought to disk and renamed. A reader, and a run that is interrupted, see the old file
/// or the new one, never a part. Throws std::runtime_error with one sentence that says what to do
/// when the folder can't be written or the disk is full; the old file then still stands.
void writeFileWhole(const std::filesystem::path& path, std::string_view text);

}  // namespace sigproof::reports
