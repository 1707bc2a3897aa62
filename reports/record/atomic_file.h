// Writes files completely or not at all.
//
//   writeFileWhole("build/report/results.json", text);
//
//   static const PreparedFile file("record.json");   // while memory can still be allocated
//   file.replace(text);                              // in a signal handler
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sigproof::reports {

/// Replaces the file at `path` by one that contains `text`: writes a temporary file in the same
/// folder, flushes it to disk, and renames it. A reader, and a run that is interrupted, see the old
/// file or the new one, never a part. Throws std::runtime_error if the folder can't be written or
/// the disk is full, with one sentence that says what to do; the old file is then unchanged.
void writeFileWhole(const std::filesystem::path& path, std::string_view text);

/// A file that is written where nothing may be allocated and no lock taken: in a signal handler, or
/// in a sanitizer's callback.
class PreparedFile {
 public:
  explicit PreparedFile(const std::filesystem::path& path);

  /// Replaces the file as writeFileWhole() does. Returns 0, or the error number (errno(3)); the old
  /// file then still stands. Async-signal-safe; for one caller at a time in a process.
  int replace(std::string_view text) const noexcept;

 private:
  std::string path_;
  std::string temporary_;
};

}  // namespace sigproof::reports
