// Shared by a fuzz target's runs and the replays of its stored inputs: a child's scratch files and
// environment, and the record of what it did.
//
//   const FuzzScratch scratch;
//   ChildCommand command{.environment = scratch.environment(), ...};
//   Record record = fuzzRecord("fuzz/shim", program, runChild(command), scratch);
//
// The child writes its own record (fuzz/support/record/own_record.h). What it printed is read only
// where it died without.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/temporary_directory.h"
#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

/// OSS-Fuzz's limits, so that what passes here passes there: memory, and seconds for one input.
inline constexpr std::uint64_t kFuzzMemoryLimitMib = 2560;
inline constexpr int kFuzzInputTimeLimitS = 25;
/// libFuzzer's lines on the growth of its corpus stand before a module, a report and its last
/// words.
inline constexpr std::size_t kFuzzKeptErrorBytes = std::size_t{1024} * 1024;

/// The temporary files of one child.
class FuzzScratch {
 public:
  FuzzScratch();

  const std::filesystem::path& corpus() const { return corpus_; }
  const std::filesystem::path& artifacts() const { return artifacts_; }
  /// Where to write the record, and which symbolizer the sanitizers take.
  std::vector<std::pair<std::string, std::string>> environment() const;

 private:
  friend reports::Record fuzzRecord(const std::string& check, const std::filesystem::path& program,
                                    const ChildResult& child, const FuzzScratch& scratch);

  TemporaryDirectory folder_;
  std::filesystem::path corpus_;
  std::filesystem::path artifacts_;
  std::filesystem::path record_;
};

/// The record of a child that ran `program`, without its replay command. A finding in the child's
/// own record stands, however the child ended. Else it passed if it says so and left with 0. Else
/// it is unfinished, or failed if it printed a violation or a sanitizer's report.
reports::Record fuzzRecord(const std::string& check, const std::filesystem::path& program,
                           const ChildResult& child, const FuzzScratch& scratch);

}  // namespace sigproof::tool
