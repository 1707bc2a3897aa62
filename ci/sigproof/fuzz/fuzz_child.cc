#include "ci/sigproof/fuzz/fuzz_child.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ci/sigproof/checks/crash_finding.h"
#include "ci/sigproof/fuzz/fuzz_statistics.h"
#include "ci/sigproof/fuzz/fuzz_target.h"
#include "ci/sigproof/process/symbolizer_environment.h"
#include "ci/sigproof/process/text.h"
#include "reports/record/explain.h"

namespace sigproof::tool {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using reports::Record;
using reports::Verdict;

// libFuzzer's exit statuses.
constexpr int kErrorStatus = 77;
constexpr int kTimeoutStatus = 70;
constexpr int kOutOfMemoryStatus = 71;
// The end of what a child printed, for people.
constexpr std::size_t kShownErrorBytes = std::size_t{32} * 1024;

/// The number behind "stat::<name>:" in libFuzzer's final statistics, or 0.
std::uint64_t finalStatistic(const std::string& text, const std::string& name) {
  const std::string line = lineWith(text, "stat::" + name + ":");
  const std::size_t digits = line.find_first_of("0123456789");
  return digits == std::string::npos ? 0 : std::strtoull(line.c_str() + digits, nullptr, 10);
}

/// What the target itself wrote, or null.
json statisticsIn(const fs::path& path) {
  std::ifstream stream(path);
  return stream ? json::parse(stream, nullptr, false) : json();
}

void addOutput(Record& record, const ChildResult& child) {
  const std::size_t size = child.error.size();
  const std::size_t start = size > kShownErrorBytes ? size - kShownErrorBytes : 0;
  record.detail["output"] = validUtf8(std::string_view(child.error).substr(start));
}

/// What the target says is broken belongs to what the record is about.
void addFinding(Record& record, const Finding& finding) {
  record.verdict = Verdict::kFailed;
  record.summary = finding.headline();
  if (!finding.module_text.empty()) record.detail["module_text"] = finding.module_text;
  if (finding.properties.empty()) return;
  record.detail["property"] = finding.properties.front().id();
  for (const reports::Property property : finding.properties) {
    if (std::ranges::find(record.properties, property) == record.properties.end()) {
      record.properties.push_back(property);
    }
  }
}

std::string describedEnd(const ChildResult& child) {
  const int status = child.end == ChildEnd::kExited ? child.exit_status : 0;
  if (status == kTimeoutStatus) {
    return fmt::format("an input took longer than {} s", kFuzzInputTimeLimitS);
  }
  if (status == kOutOfMemoryStatus) {
    return fmt::format("an input took more than {} MiB of memory", kFuzzMemoryLimitMib);
  }
  const std::string error = lineWith(child.error, "ERROR: ");
  if (status == kErrorStatus && !error.empty()) {
    return "an input crashed the target, with no word on which property: " + error;
  }
  const std::string said = lastLine(child.error);
  return child.description() + (said.empty() ? "" : "; last said: " + said);
}

void judge(Record& record, const ChildResult& child) {
  const bool is_clean = child.end == ChildEnd::kExited && child.exit_status == 0;
  const Finding finding = findingIn(child.error);
  if (is_clean && record.executions != 0) {
    record.verdict = Verdict::kPassed;
    record.summary = withSeparators(record.executions) + " runs, no property broken";
  } else if (is_clean) {
    record.summary = "ended well, but ran no input";
  } else if (finding.isEvidence()) {
    addFinding(record, finding);
  } else {
    record.summary = describedEnd(child);
  }
  if (record.verdict != Verdict::kPassed) addOutput(record, child);
}

/// After the verdict, on which none of it has a say.
void addWhatItReached(Record& record, const ChildResult& child, const fs::path& statistics_file) {
  const json statistics = statisticsIn(statistics_file);
  if (statistics.is_object()) record.detail["statistics"] = statistics;
  const auto growth =
      reports::tryToExplain("corpus_growth", [&] { return corpusGrowth(child.error); });
  if (growth.value && !growth.value->empty()) record.detail["corpus_growth"] = *growth.value;
  reports::addNote(record, growth.note);
  const auto words = reports::tryToExplain("statistics", [&] { return addStatistics(record); });
  if (record.verdict == Verdict::kPassed) record.summary += words.value.value_or("");
  reports::addNote(record, words.note);
}

}  // namespace

FuzzScratch::FuzzScratch()
    : corpus_(folder_.path() / "corpus"),
      artifacts_(folder_.path() / "artifacts"),
      statistics_(folder_.path() / "statistics.json") {
  fs::create_directory(corpus_);
  fs::create_directory(artifacts_);
}

std::vector<std::pair<std::string, std::string>> FuzzScratch::environment() const {
  std::vector<std::pair<std::string, std::string>> variables = symbolizerEnvironment();
  variables.emplace_back("SIGPROOF_STATS_FILE", statistics_.string());
  return variables;
}

Record fuzzRecord(const std::string& check, const std::string& target, const ChildResult& child,
                  const FuzzScratch& scratch, std::optional<std::uint64_t> executions) {
  const FuzzTargetFacts facts = factsOf(target);
  Record record{
      .check = check,
      .kind = reports::Kind::kFuzz,
      .properties = facts.properties,
      .verdict = Verdict::kUnfinished,
      .executions = executions.value_or(finalStatistic(child.error, "number_of_executed_units")),
      .seconds = child.seconds,
      .peak_memory_kib = child.peak_memory_kib,
      .seed = std::nullopt,
      .engine = facts.engine,
      .summary = "",
      .covered = facts.covered,
      .cannot_see = facts.cannot_see,
      .replay = ""};
  judge(record, child);
  addWhatItReached(record, child, scratch.statistics_);
  return record;
}

}  // namespace sigproof::tool
