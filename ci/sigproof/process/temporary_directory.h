// A folder that its object's destructor deletes.
//
//   const TemporaryDirectory scratch;
//   std::ofstream(scratch.path() / "file");
#pragma once

#include <filesystem>

namespace sigproof::tool {

class TemporaryDirectory {
 public:
  /// Makes it where the environment variable TMPDIR says, else in /tmp. Throws UserError if it
  /// can't be made.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sigproof::tool
