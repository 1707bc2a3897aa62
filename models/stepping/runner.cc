#include "models/stepping/runner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ostream>

#include "models/stepping/locate.h"
#include "models/stepping/stepper.h"

namespace sigproof::stepping {
namespace {

using nlohmann::json;
using reports::Record;
using reports::Verdict;

constexpr std::string_view kKindPrefix = "stepping/";
constexpr std::string_view kCanaryPrefix = "canary/";

// A case's run, with its name.
struct Finding {
  std::string case_name;
  CaseResult result;
};

bool isCanary(std::string_view case_name) { return case_name.starts_with(kCanaryPrefix); }

// First without interruption: what the machine does once (the first exception, say) is then behind
// it, so that boundaries have the same numbers in a replay. A case that fails already there is
// stepped as well, which tells where. A canary is to be caught between two instructions.
Finding runCase(const Case& one, const std::string& name, const Selection& selection) {
  std::optional<CaseResult> rehearsal;
  if (!isCanary(name)) rehearsal = one.run({.is_stepped = false, .selection = {}});
  CaseResult result = one.run({.is_stepped = true, .selection = selection});
  if (rehearsal && rehearsal->failure && !result.failure) return {name, std::move(*rehearsal)};
  return {name, std::move(result)};
}

std::string boundaryArgument(const CaseFailure& failure) {
  if (!failure.boundary) return " --boundary all";
  if (!failure.since_boundary) return fmt::format(" --boundary {}", failure.boundary->number);
  return fmt::format(" --boundary {},{}", *failure.since_boundary, failure.boundary->number);
}

std::string replayCommand(const std::string& check, const Finding& finding) {
  return fmt::format("build/bin/sigproof step replay {} --case {}{}", check, finding.case_name,
                     boundaryArgument(*finding.result.failure));
}

std::string whereInWords(const CaseFailure& failure) {
  if (!failure.boundary) return "before or after the call";
  return fmt::format("boundary {}", failure.boundary->number);
}

std::string summarize(const std::string& operation, const Finding& finding) {
  const CaseFailure& failure = *finding.result.failure;
  return fmt::format("{}, case {}, {}: expected {}; the handler saw {}", operation,
                     finding.case_name, whereInWords(failure), failure.expected, failure.seen);
}

// What a person reads who has to find the bug.
std::string traceText(const std::string& check, const Finding& finding) {
  const CaseFailure& failure = *finding.result.failure;
  std::string text = fmt::format("{}, case {}, {} of {}\n", check, finding.case_name,
                                 whereInWords(failure), finding.result.boundaries);
  if (failure.since_boundary) {
    text += fmt::format("against what was seen at boundary {}\n", *failure.since_boundary);
  }
  text += fmt::format("expected: {}\nseen:     {}\n", failure.expected, failure.seen);
  if (failure.boundary) {
    const Location where = locate(failure.boundary->address);
    text += fmt::format("\nthe handler struck before this instruction:\n  {}\n{}", where.place,
                        where.disassembly);
  }
  return text + fmt::format("\nwhat the handler saw, in order:\n{}", finding.result.states);
}

std::optional<Finding> firstFailure(const std::vector<Case>& cases, std::string_view prefix,
                                    std::vector<Finding>& passed) {
  for (const Case& one : cases) {
    Finding finding = runCase(one, std::string(prefix) + one.name, {});
    if (finding.result.failure) return finding;
    passed.push_back(std::move(finding));
  }
  return std::nullopt;
}

json canaryDetail(const Check& check, const std::optional<Finding>& caught) {
  json detail = {{"flaw", check.flaw}, {"is_caught", caught.has_value()}};
  if (!caught) return detail;
  const CaseFailure& failure = *caught->result.failure;
  detail["case"] = caught->case_name;
  detail["expected"] = failure.expected;
  detail["seen"] = failure.seen;
  if (failure.boundary) detail["boundary"] = failure.boundary->number;
  if (failure.since_boundary) detail["since_boundary"] = *failure.since_boundary;
  return detail;
}

void addCases(const std::vector<Finding>& findings, Record& record) {
  json cases = json::array();
  std::size_t in_program = 0;
  std::size_t states = 0;
  bool is_complete = true;
  for (const Finding& finding : findings) {
    const CaseResult& result = finding.result;
    cases.push_back({{"case", finding.case_name},
                     {"boundaries", result.boundaries},
                     {"boundaries_in_program", result.boundaries_in_program},
                     {"states", result.state_count}});
    record.executions += result.boundaries;
    in_program += result.boundaries_in_program;
    states += result.state_count;
    is_complete = is_complete && result.is_complete;
  }
  record.exhausted = is_complete;
  record.detail["cases"] = cases;
  record.detail["boundaries_in_program"] = in_program;
  record.detail["states"] = states;
}

Record blankRecord(const Suite& suite, const Check& check) {
  Record record;
  record.check = fullName(suite, check);
  record.kind = reports::Kind::kStepping;
  record.properties = check.properties;
  record.engine = suite.engine;
  record.covered = fmt::format(
      "A signal handler on the same thread between any two machine instructions of: {}. "
      "Compiled at -{}, debug checks {}; freed memory in quarantine and with malloc.",
      check.covered, suite.level, suite.level == "O0" ? "on" : "off");
  record.cannot_see =
      "Other threads between two instructions, processors with a weaker memory order than x86-64, "
      "what other compilers, levels and flags make of the code.";
  record.replay = fmt::format("build/bin/sigproof step run {}", record.check);
  record.detail["level"] = suite.level;
  return record;
}

void judge(const Check& check, std::vector<Finding>& passed, const std::optional<Finding>& failed,
           bool is_canary_caught, Record& record) {
  if (failed) {
    record.verdict = Verdict::kFailed;
    record.summary = summarize(check.name, *failed);
    record.replay = replayCommand(record.check, *failed);
    record.detail["trace"] = traceText(record.check, *failed);
    passed.push_back(*failed);
    addCases(passed, record);
    record.exhausted = false;  // the cases after it were not run
    return;
  }
  addCases(passed, record);
  if (!is_canary_caught) {
    record.verdict = Verdict::kFailed;
    record.summary =
        fmt::format("this check can't fail: it did not notice a stand-in that {}", check.flaw);
    return;
  }
  record.verdict = record.exhausted ? Verdict::kPassed : Verdict::kFailed;
  record.summary =
      fmt::format("{} cases, {} boundaries between instructions, no state that must not be",
                  passed.size(), record.executions);
}

std::uint64_t peakMemoryKib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss);
}

}  // namespace

std::string fullName(const Suite& suite, const Check& check) {
  return fmt::format("{}{}@{}", kKindPrefix, check.name, suite.level);
}

const Check* findCheck(const Suite& suite, const std::string& name) {
  for (const Check& check : suite.checks) {
    const std::string full = fullName(suite, check);
    const std::string without_level = std::string(kKindPrefix) + check.name;
    for (const std::string& accepted :
         {full, full.substr(kKindPrefix.size()), without_level, check.name}) {
      if (name == accepted) return &check;
    }
  }
  return nullptr;
}

const Case* findCase(const Check& check, const std::string& name) {
  const std::string plain = isCanary(name) ? name.substr(kCanaryPrefix.size()) : name;
  const std::vector<Case>& cases = isCanary(name) ? check.canaries : check.cases;
  const auto found =
      std::find_if(cases.begin(), cases.end(), [&](const Case& one) { return one.name == plain; });
  return found == cases.end() ? nullptr : &*found;
}

Record runCheck(const Suite& suite, const Check& check) {
  Record record = blankRecord(suite, check);
  if (!isSteppingSupported()) {
    record.verdict = Verdict::kSkipped;
    record.summary =
        "not supported here: this processor, emulator or debugger doesn't let a program "
        "single-step "
        "itself (x86-64 trap flag)";
    return record;
  }
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Finding> passed;
  const std::optional<Finding> failed = firstFailure(check.cases, "", passed);
  std::vector<Finding> canaries_missed;
  const std::optional<Finding> caught =
      firstFailure(check.canaries, kCanaryPrefix, canaries_missed);
  record.detail["canary"] = canaryDetail(check, caught);
  judge(check, passed, failed, caught.has_value(), record);
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  record.peak_memory_kib = peakMemoryKib();
  return record;
}

bool replayCase(const Suite& suite, const Check& check, const std::string& case_name,
                const std::vector<std::size_t>& boundaries, std::ostream& out) {
  const Finding finding = runCase(*findCase(check, case_name), case_name, Selection(boundaries));
  const std::string name = fullName(suite, check);
  if (finding.result.failure) {
    out << traceText(name, finding);
    return false;
  }
  out << fmt::format(
      "{}, case {}: {} boundaries, the handler acted at {}\n\n{}\nNothing is wrong there.\n", name,
      case_name, finding.result.boundaries,
      boundaries.empty() ? std::string("every one")
                         : fmt::format("{}", fmt::join(boundaries, " and ")),
      finding.result.states);
  return true;
}

}  // namespace sigproof::stepping
