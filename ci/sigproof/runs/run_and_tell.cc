#include "ci/sigproof/runs/run_and_tell.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>
#include <thread>

#include "ci/sigproof/output/progress.h"
#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

using reports::Record;
using reports::Verdict;

/// A check may use 2.5 GiB; more at a time than this asks for more memory than many machines have.
constexpr unsigned kMostAtATime = 8;

bool isProblem(const Record& record) {
  return record.verdict == Verdict::kFailed || record.verdict == Verdict::kUnfinished;
}

void printEvidence(const Record& record) {
  fmt::print("\n{} {}: {}\n", record.check, reports::toString(record.verdict), record.summary);
  for (const std::string_view member : {"trace", "module_text", "output", "not_explained"}) {
    const auto found = record.detail.find(member);
    if (found == record.detail.end() || !found->is_string()) continue;
    fmt::print("--- {}\n{}\n", member, found->get<std::string>());
  }
  if (!record.replay.empty()) fmt::print("--- replay\n{}\n", record.replay);
}

}  // namespace

int tell(const std::vector<Record>& records, bool is_json) {
  bool has_passed = false;
  bool has_problem = false;
  for (const Record& record : records) {
    has_passed = has_passed || record.verdict == Verdict::kPassed;
    has_problem = has_problem || isProblem(record);
    if (is_json) {
      fmt::print("{}\n", reports::toLine(record));
    } else if (isProblem(record)) {
      printEvidence(record);
    }
  }
  if (has_problem) return kFailedStatus;
  return has_passed ? kPassedStatus : kSkippedStatus;
}

int runAndTell(const std::vector<Job>& jobs, const TellOptions& options) {
  std::vector<Record> records;
  {
    Progress progress(Progress::styleOfStderr());
    records = runJobs(jobs, options.concurrency, progress);
  }
  return tell(records, options.is_json);
}

std::uint32_t randomSeed() {
  std::random_device source;
  return std::uniform_int_distribution<std::uint32_t>(
      1, std::numeric_limits<std::uint32_t>::max())(source);
}

unsigned defaultConcurrency() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, kMostAtATime);
}

}  // namespace sigproof::tool
