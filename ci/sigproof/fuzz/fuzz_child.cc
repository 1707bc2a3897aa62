#include "ci/sigproof/fuzz/fuzz_child.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "ci/sigproof/checks/check_program.h"
#include "ci/sigproof/checks/crash_finding.h"
#include "ci/sigproof/fuzz/fuzz_statistics.h"
#include "ci/sigproof/fuzz/fuzz_target.h"
#include "ci/sigproof/process/symbolizer_environment.h"
#include "ci/sigproof/process/text.h"
#include "reports/record/explain.h"

namespace sigproof::tool {
namespace {

namespace fs = std::filesystem;
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

void addOutput(Record& record, const ChildResult& child) {
  const std::size_t size = child.error.size();
  const std::size_t start = size > kShownErrorBytes ? size - kShownErrorBytes : 0;
  record.detail["output"] = validUtf8(std::string_view(child.error).substr(start));
}

/// What the child wrote about itself; nothing where it wrote no whole record.
std::optional<Record> ownRecord(const fs::path& file) {
  try {
    return parseRecord(validUtf8(fileContent(file)));
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

/// For a child that wrote none: another process of the program can still describe the target.
Record describedRecord(const fs::path& program) {
  Record record;
  record.kind = reports::Kind::kFuzz;
  const auto described =
      reports::tryToExplain("the target's description", [&] { return describeTarget(program); });
  reports::addNote(record, described.note);
  if (!described.value) return record;
  record.properties = described.value->properties;
  record.covered = described.value->covered;
  record.cannot_see = described.value->cannot_see;
  record.engine = described.value->engine;
  return record;
}

/// The child's last words, of one that couldn't write down what it found.
void addFinding(Record& record, const Finding& finding) {
  record.verdict = Verdict::kFailed;
  record.summary = finding.headline();
  if (finding.properties.empty()) return;
  record.detail["property"] = finding.properties.front().id();
  for (const reports::Property property : finding.properties) {
    if (std::ranges::find(record.properties, property) == record.properties.end()) {
      record.properties.push_back(property);
    }
  }
}

std::string withLastWords(const std::string& what, const ChildResult& child) {
  const std::string said = lastLine(child.error);
  return what + (said.empty() ? "" : "; last said: " + said);
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
  return withLastWords(child.description(), child);
}

/// Of a child that ended without a finding in its record, and without having passed.
void judgeByItsEnd(Record& record, const ChildResult& child, bool has_record) {
  record.verdict = Verdict::kUnfinished;
  if (record.executions == 0) {
    record.executions = finalStatistic(child.error, "number_of_executed_units");
  }
  const bool is_clean = child.end == ChildEnd::kExited && child.exit_status == 0;
  const Finding finding = findingIn(child.error);
  if (finding.isEvidence()) {
    addFinding(record, finding);
  } else if (!is_clean) {
    record.summary = describedEnd(child);
  } else if (!has_record) {
    record.summary = withLastWords("ended well, but wrote no record", child);
  }
}

/// After the verdict, on which none of it has a say.
void addWhatItReached(Record& record, const ChildResult& child) {
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
      record_(folder_.path() / "record.json") {
  fs::create_directory(corpus_);
  fs::create_directory(artifacts_);
}

std::vector<std::pair<std::string, std::string>> FuzzScratch::environment() const {
  std::vector<std::pair<std::string, std::string>> variables = symbolizerEnvironment();
  variables.emplace_back("SIGPROOF_RECORD_FILE", record_.string());
  return variables;
}

Record fuzzRecord(const std::string& check, const fs::path& program, const ChildResult& child,
                  const FuzzScratch& scratch) {
  const std::optional<Record> own = ownRecord(scratch.record_);
  Record record = own ? *own : describedRecord(program);
  record.check = check;
  record.seconds = child.seconds;
  record.peak_memory_kib = child.peak_memory_kib;
  const bool is_clean = child.end == ChildEnd::kExited && child.exit_status == 0;
  if (is_clean && record.verdict == Verdict::kPassed && record.executions != 0) {
    record.summary = withSeparators(record.executions) + " runs, no property broken";
  } else if (record.verdict != Verdict::kFailed) {
    judgeByItsEnd(record, child, own.has_value());
  }
  if (record.verdict != Verdict::kPassed) addOutput(record, child);
  addWhatItReached(record, child);
  return record;
}

}  // namespace sigproof::tool
