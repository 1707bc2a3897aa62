// What a fuzz target's runs and the replays of its stored inputs have in common: a child's scratch
// files and environment, and the record that is made of what it did.
//
//   const FuzzScratch scratch;
//   ChildCommand command{.environment = scratch.environment(), ...};
//   Record record = fuzzRecord("fuzz/shim", "shim", runChild(command), scratch);
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
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
/// A module as text stands before a sanitizer's report and libFuzzer's last words.
inline constexpr std::size_t kFuzzKeptErrorBytes = std::size_t{1024} * 1024;

/// The temporary files of one child.
class FuzzScratch {
 public:
  FuzzScratch();

  const std::filesystem::path& corpus() const { return corpus_; }
  const std::filesystem::path& artifacts() const { return artifacts_; }
  /// Where to write statistics, and where Debian has the sanitizers' symbolizer.
  std::vector<std::pair<std::string, std::string>> environment() const;

 private:
  friend reports::Record fuzzRecord(const std::string& check, const std::string& target,
                                    const ChildResult& child, const FuzzScratch& scratch,
                                    std::optional<std::uint64_t> executions);

  TemporaryDirectory folder_;
  std::filesystem::path corpus_;
  std::filesystem::path artifacts_;
  std::filesystem::path statistics_;
};

/// The record of a child that ran `target`, without its replay command. Passed if it left with 0
/// and ran something; failed if a property or a sanitizer was broken; else unfinished. `executions`
/// is what libFuzzer counted unless it is given.
reports::Record fuzzRecord(const std::string& check, const std::string& target,
                           const ChildResult& child, const FuzzScratch& scratch,
                           std::optional<std::uint64_t> executions = std::nullopt);

}  // namespace sigproof::tool
