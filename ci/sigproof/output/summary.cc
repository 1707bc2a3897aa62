#include "ci/sigproof/output/summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "ci/sigproof/output/progress.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "reports/html/html_checks.h"
#include "reports/record/property_mentions.h"

namespace sigproof::tool {
namespace {

using reports::Kind;
using reports::Record;
using reports::Verdict;

/// A summary that needs a second line isn't read in ten seconds; the report has the rest.
constexpr std::size_t kLongestSummary = 220;

struct Tally {
  std::array<std::size_t, 4> count{};  // indexed by Verdict
  std::uint64_t executions = 0;
  double seconds = 0;

  std::size_t of(Verdict verdict) const { return count.at(static_cast<std::size_t>(verdict)); }
  std::size_t total() const { return count[0] + count[1] + count[2] + count[3]; }
};

template <class Predicate>
Tally tally(const std::vector<Record>& records, const Predicate& includes) {
  Tally tally;
  for (const Record& record : records) {
    if (!includes(record)) continue;
    ++tally.count.at(static_cast<std::size_t>(record.verdict));
    tally.executions += record.executions;
    tally.seconds += record.seconds;
  }
  return tally;
}

std::string counts(const Tally& tally, bool is_mutant, std::size_t accepted) {
  std::vector<std::string> parts;
  const auto add = [&](Verdict verdict, const char* word) {
    if (tally.of(verdict) != 0) parts.push_back(fmt::format("{} {}", tally.of(verdict), word));
  };
  if (accepted == 0) {
    add(Verdict::kPassed, is_mutant ? "caught" : "passed");
  } else {
    parts.push_back(
        fmt::format("{} caught, {} accepted", tally.of(Verdict::kPassed) - accepted, accepted));
  }
  add(Verdict::kFailed, is_mutant ? "SURVIVED" : "FAILED");
  add(Verdict::kUnfinished, "UNFINISHED");
  add(Verdict::kSkipped, "skipped");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string kindLine(Kind kind, const Tally& tally, std::size_t accepted) {
  const std::string executions =
      fmt::format("{} {}", withSeparators(tally.executions), executionsWord(kind));
  return fmt::format("  {:<12} {:<32} {:>26}  {:>7.1f} s\n", reports::toString(kind),
                     counts(tally, kind == Kind::kMutant, accepted), executions, tally.seconds);
}

std::string shortened(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kLongestSummary) text = text.substr(0, kLongestSummary) + "...";
  return text;
}

std::string problemLines(const Record& record) {
  const std::string word = record.verdict == Verdict::kUnfinished ? "UNFINISHED" : "FAILED";
  std::string lines = fmt::format("{} {}: {}\n", word, record.check, shortened(record.summary));
  for (const reports::Property broken : reports::propertiesIn(record.summary)) {
    lines += fmt::format("    {}: {}; {}\n", broken.id(), broken.promise(), broken.link());
  }
  return lines + fmt::format("    replay: {}\n", record.replay);
}

std::string verdictLine(const reports::RunInfo& run, const Tally& all) {
  const std::size_t bad = all.of(Verdict::kFailed) + all.of(Verdict::kUnfinished);
  std::string verdict;
  if (bad != 0) {
    verdict = fmt::format("{} of {} checks failed", bad, all.total());
  } else if (all.of(Verdict::kPassed) == 0) {
    verdict = "nothing was checked";
  } else {
    verdict = fmt::format("all {} checks passed", all.of(Verdict::kPassed));
  }
  if (all.of(Verdict::kSkipped) != 0) {
    verdict += fmt::format(", {} skipped", all.of(Verdict::kSkipped));
  }
  return fmt::format("{}, in {:.0f} s (seed {}, commit {})\n", verdict, run.seconds, run.seed,
                     run.commit);
}

}  // namespace

std::string summaryOf(const reports::RunInfo& run, const std::vector<Record>& records) {
  std::string text;
  for (const Kind kind : reports::kKinds) {
    const Tally of_kind = tally(records, [&](const Record& record) { return record.kind == kind; });
    const auto accepted = std::count_if(records.begin(), records.end(), [&](const Record& record) {
      return record.kind == kind && reports::isAccepted(record);
    });
    if (of_kind.total() != 0) text += kindLine(kind, of_kind, static_cast<std::size_t>(accepted));
  }
  text += '\n';
  for (const Record& record : records) {
    if (record.verdict == Verdict::kSkipped) {
      text += fmt::format("skipped {}: {}\n", record.check, shortened(record.summary));
    }
  }
  for (const Record& record : records) {
    const bool is_problem =
        record.verdict == Verdict::kFailed || record.verdict == Verdict::kUnfinished;
    if (is_problem) text += problemLines(record);
  }
  const Tally all = tally(records, [](const Record&) { return true; });
  return text + verdictLine(run, all);
}

int exitStatusOf(const std::vector<Record>& records) {
  const Tally all = tally(records, [](const Record&) { return true; });
  const bool is_good = all.of(Verdict::kPassed) != 0 && all.of(Verdict::kFailed) == 0 &&
                       all.of(Verdict::kUnfinished) == 0;
  return is_good ? kPassedStatus : kFailedStatus;
}

}  // namespace sigproof::tool
