#include "ci/sigproof/fuzz/fuzz_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace sigproof::tool {
namespace {

using nlohmann::json;
using reports::Record;
using reports::Verdict;

bool isCaught(const Record& record) { return record.verdict == Verdict::kFailed; }

/// Those that saw it come first, the quickest first: a miss took longer than any catch.
bool isQuicker(const Record& a, const Record& b) {
  if (isCaught(a) != isCaught(b)) return isCaught(a);
  return a.seconds < b.seconds;
}

json seedsOf(const std::vector<Record>& records) {
  json seeds = json::array();
  for (const Record& record : records) {
    seeds.push_back({{"seed", record.seed.value_or("")},
                     {"seconds", record.seconds},
                     {"executions", record.executions},
                     {"is_caught", isCaught(record)}});
  }
  return seeds;
}

/// Of an even number the later of the two in the middle.
Record medianOf(std::vector<Record> records, unsigned seconds_each) {
  const json seeds = seedsOf(records);
  std::ranges::sort(records, isQuicker);
  const auto caught = static_cast<std::size_t>(std::ranges::count_if(records, isCaught));
  Record median = records[records.size() / 2];
  const double median_s = median.seconds;
  median.detail["seeds"] = seeds;
  if (caught > 0) {
    median.detail["least_s"] = records.front().seconds;
    median.detail["most_s"] = records[caught - 1].seconds;
  }
  if (isCaught(median)) {
    median.detail["median_s"] = median_s;
    median.summary = fmt::format("{} of {} seeds, median {:.1f} s ({:.1f} to {:.1f}): {}", caught,
                                 records.size(), median_s, records.front().seconds,
                                 records[caught - 1].seconds, median.summary);
  } else {
    median.summary = fmt::format("only {} of {} seeds saw it within {} s each", caught,
                                 records.size(), seconds_each);
  }
  return median;
}

}  // namespace

Record runTrials(std::uint32_t first_seed, const FuzzTrials& trials,
                 const std::function<Record(std::uint32_t seed)>& run_one) {
  std::vector<Record> records;
  double seconds = 0;
  std::uint64_t executions = 0;
  const auto whole = [&](Record record) {
    record.seconds = seconds;
    record.executions = executions;
    return record;
  };
  for (std::uint32_t i = 0; i < std::max(1U, trials.seeds); ++i) {
    records.push_back(run_one(first_seed + i));
    const Record& record = records.back();
    seconds += record.seconds;
    executions += record.executions;
    const bool has_verdict = isCaught(record) || record.verdict == Verdict::kPassed;
    if (!has_verdict || (isCaught(record) && !trials.are_all_run)) return whole(record);
  }
  return whole(trials.are_all_run ? medianOf(std::move(records), trials.seconds_each)
                                  : records.back());
}

Record runFuzzTrials(const Workspace& workspace, FuzzOptions options, const FuzzTrials& trials) {
  options.seconds = std::max(1U, trials.seconds_each);
  return runTrials(options.seed, trials, [&](std::uint32_t seed) {
    options.seed = seed;
    return runFuzz(workspace, options);
  });
}

}  // namespace sigproof::tool
