// Records and folders for the tests of reports/.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "reports/report_writer.h"

namespace sigproof::reports {

inline Record makeRecord(const std::string& check, Kind kind, Verdict verdict) {
  return {.check = check,
          .kind = kind,
          .properties = {"L3", "L4"},
          .verdict = verdict,
          .exhausted = true,
          .executions = 13576,
          .seconds = 0.023,
          .peak_memory_kib = 5120,
          .seed = "42",
          .engine = "Relacy, full search",
          .summary = "13,576 executions, no error",
          .covered = "one reader against two pushes and a filter",
          .cannot_see = "load buffering",
          .replay = "build/bin/sigproof model replay " + check + " --state '7'"};
}

inline RunInfo makeRun() {
  return {.commit = "1f8064d",
          .started_at = "2026-11-22T23:16:00Z",
          .command = "ci/verify",
          .machine = "x86-64, 2 cores, Debian 12",
          .seed = "20261122",
          .seconds = 251.5};
}

inline std::string fileText(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A temporary folder for a test, deleted afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sigproof-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;  // a folder left behind in /tmp harms nobody
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sigproof::reports
