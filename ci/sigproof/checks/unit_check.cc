#include "ci/sigproof/checks/unit_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <regex>
#include <set>

#include "ci/sigproof/checks/crash_finding.h"
#include "ci/sigproof/process/symbolizer_environment.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

using reports::Record;
using reports::Verdict;

constexpr std::string_view kUnitPrefix = "unit/";
constexpr std::string_view kRunMark = "[ RUN      ] ";
constexpr std::string_view kFailedMark = "[  FAILED  ] ";
constexpr std::string_view kMisuseMark = "sigproof: ";

std::string testFileOf(const std::string& check) { return check.substr(0, check.find(':')); }

std::string testFilterOf(const std::string& check) {
  const std::size_t colon = check.find(':');
  return colon == std::string::npos ? "*" : check.substr(colon + 1);
}

std::vector<std::string> testsBehind(std::string_view output, std::string_view mark) {
  std::vector<std::string> tests;
  for (std::size_t at = 0; at < output.size();) {
    const std::string_view line = output.substr(at, output.find('\n', at) - at);
    if (line.starts_with(mark)) {
      const std::string_view name = line.substr(mark.size());
      tests.emplace_back(name.substr(0, name.find_first_of(", (")));
    }
    at += line.size() + 1;
  }
  return tests;
}

/// "L3_", "R4_R7_": a test's name says what it defends.
std::vector<reports::Property> testedProperties(const std::vector<std::string>& tests) {
  static const std::regex kProperty("[._]([LRDGT][0-9]+)(?=_)");
  std::set<reports::Property> properties;
  for (const std::string& test : tests) {
    for (std::sregex_iterator match(test.begin(), test.end(), kProperty);
         match != std::sregex_iterator(); ++match) {
      if (const auto property = reports::parseProperty(match->str(1))) properties.insert(*property);
    }
  }
  return {properties.begin(), properties.end()};
}

/// A signal that says that the program did wrong, not that somebody ended it.
bool isCrash(const ChildResult& child) {
  return child.end == ChildEnd::kSignalled &&
         (child.signal_number == SIGSEGV || child.signal_number == SIGABRT ||
          child.signal_number == SIGBUS || child.signal_number == SIGILL ||
          child.signal_number == SIGFPE || child.signal_number == SIGTRAP);
}

void judgeTests(Record& record, const ChildResult& child, const std::vector<std::string>& run) {
  const std::vector<std::string> failed = testsBehind(child.output, kFailedMark);
  const Finding finding = findingIn(child.error);
  const std::string misuse = lineWith(child.error, kMisuseMark);
  const std::string test = run.empty() ? "" : " in " + run.back();
  record.verdict = Verdict::kFailed;
  if (finding.isEvidence()) {
    record.summary = finding.headline() + test;
  } else if (!failed.empty()) {
    record.summary = failed.front() + " failed";
  } else if (isCrash(child)) {
    record.summary = (misuse.empty() ? child.description() : misuse) + test;
  } else if (child.end == ChildEnd::kExited && child.exit_status == 0 && !run.empty()) {
    record.verdict = Verdict::kPassed;
    record.summary = fmt::format("{} tests passed", run.size());
  } else {
    record.verdict = Verdict::kUnfinished;
    record.summary = run.empty() && child.end == ChildEnd::kExited && child.exit_status == 0
                         ? "no test has such a name"
                         : child.description() + test;
  }
}

}  // namespace

bool isUnitCheck(const std::string& check) { return check.starts_with(kUnitPrefix); }

Record unitRecord(const std::string& check, const ChildResult& child) {
  const std::vector<std::string> run = testsBehind(child.output, kRunMark);
  Record record{.check = check,
                .kind = reports::Kind::kUnit,
                .properties = testedProperties(run),
                .verdict = Verdict::kUnfinished,
                .executions = run.size(),
                .seconds = child.seconds,
                .peak_memory_kib = child.peak_memory_kib,
                .seed = std::nullopt,
                .engine = "GoogleTest, AddressSanitizer, UndefinedBehaviorSanitizer",
                .summary = "",
                .covered = "what the tests say in their names",
                .cannot_see = "what no test asks for",
                .replay = ""};
  judgeTests(record, child, run);
  if (record.verdict != Verdict::kPassed) {
    record.detail["output"] = validUtf8(child.output + child.error);
  }
  return record;
}

Record runUnitCheck(const Workspace& workspace, const std::string& check) {
  const std::filesystem::path program = workspace.program(testFileOf(check));
  const std::string filter = "--gtest_filter=" + testFilterOf(check);
  const ChildResult child =
      runChild({.arguments = {program.string(), filter, "--gtest_color=no", "--gtest_fail_fast"},
                .environment = symbolizerEnvironment(),
                .time_limit_s = kUnitTimeLimitS});
  Record record = unitRecord(check, child);
  record.replay = commandLine({workspace.shown(program), filter});
  return record;
}

}  // namespace sigproof::tool
