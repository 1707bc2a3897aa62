// A run's results as files for people and for machines.
//
//   writeReport("build/report", {.commit = "1f8064d", .command = "ci/verify"}, records);
//   const auto [run, records] = readResults("build/report/results.json");
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "reports/record.h"

namespace sigproof::reports {

/// What is the same for all records of a run.
struct RunInfo {
  std::string commit;      ///< with "-dirty" behind it if the work tree differed
  std::string started_at;  ///< ISO 8601, UTC
  std::string command;     ///< what the person typed
  std::string machine;     ///< processor, cores, operating system
  std::string seed;        ///< the run's; a check's own seed is derived from it
  double seconds = 0;      ///< wall clock
};

/// Writes results.json, junit.xml and index.html to `directory`, which it makes if need be, each
/// file whole or not at all. Throws std::runtime_error with one sentence that says what to do when
/// the folder can't be made or written, and when a record breaks its schema.
void writeReport(const std::filesystem::path& directory, const RunInfo& run,
                 const std::vector<Record>& records);

/// Reads back what writeReport() wrote. Throws std::runtime_error with one sentence when the file
/// is missing, truncated or not of this shape.
std::pair<RunInfo, std::vector<Record>> readResults(const std::filesystem::path& results_json);

}  // namespace sigproof::reports
