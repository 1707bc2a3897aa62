// Writes a run's results as files for people and for programs.
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

/// Writes results.json, junit.xml and index.html to `directory`, each file completely or not at
/// all. Makes the folder if it is missing. Throws std::runtime_error if the folder can't be made or
/// written, or a record breaks its schema, with one sentence that says what to do.
void writeReport(const std::filesystem::path& directory, const RunInfo& run,
                 const std::vector<Record>& records);

/// Reads what writeReport() wrote. Throws std::runtime_error with one sentence if the file is
/// missing, truncated or of another form.
std::pair<RunInfo, std::vector<Record>> readResults(const std::filesystem::path& results_json);

}  // namespace sigproof::reports
