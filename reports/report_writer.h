// A run's results as files for people and for machines.
//
//   writeReport("build/report", {.commit = "1f8064d", .command = "ci/verify"}, records);
//   const auto [run, records] = readResults("build/report/results.json");
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "reports/record/record.h"
#include "reports/record/run.h"

namespace sigproof::reports {

/// Writes results.json, junit.xml and index.html to `directory`, which it makes if need be, each
/// file whole or not at all. Throws std::runtime_error with one sentence that says what to do when
/// the folder can't be made or written, and when a record breaks its schema.
void writeReport(const std::filesystem::path& directory, const RunInfo& run,
                 const std::vector<Record>& records);

/// Reads back what writeReport() wrote. Throws std::runtime_error with one sentence when the file
/// is missing, truncated or not of this shape.
std::pair<RunInfo, std::vector<Record>> readResults(const std::filesystem::path& results_json);

}  // namespace sigproof::reports
