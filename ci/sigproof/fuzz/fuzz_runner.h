// Runs one libFuzzer target for a while and makes its record.
//
//   const Record record = runFuzz(workspace, {.target = "shim", .seconds = 60, .seed = 7,
//                                             .crash_directory = "build/report/crashes/shim"});
//
// The stored inputs (corpus/seeds/<target>, corpus/crashes/<target>) are read, never written: new
// inputs go to a scratch folder, or to `corpus` if one is given. What broke a property is stored
// whole in the crash directory, and the record's replay command names it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

struct FuzzOptions {
  std::string target;
  unsigned seconds = 0;          ///< 0: no limit of time
  std::uint64_t runs = 0;        ///< 0: no limit of runs; one of the two must be given
  std::uint32_t seed = 1;        ///< not 0, which libFuzzer takes for "any"
  bool is_corpus_empty = false;  ///< begins without the stored inputs
  std::optional<std::filesystem::path> corpus = std::nullopt;      ///< keeps what it finds
  std::filesystem::path crash_directory = "build/report/crashes";  ///< made when there is a crash
};

/// Throws UserError if a folder can't be used or the target can't be started, and Interrupted. An
/// input that can't be stored is a note of the record.
reports::Record runFuzz(const Workspace& workspace, const FuzzOptions& options);

}  // namespace sigproof::tool
