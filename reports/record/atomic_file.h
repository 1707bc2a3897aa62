// Writes files completely or not at all.
//
//   writeFileWhole("build/report/results.json", text);
#pragma once

#include <filesystem>
#include <string_view>

namespace sigproof::reports {

/// Replaces the file at `path` by one that contains `text`: writes a temporary file in the same
/// folder, flushes it to disk, and renames it. A reader, and a run that is interrupted, see the old
/// file or the new one, never a part. Throws std::runtime_error if the folder can't be written or
/// the disk is full, with one sentence that says what to do; the old file is then unchanged.
void writeFileWhole(const std::filesystem::path& path, std::string_view text);

}  // namespace sigproof::reports
