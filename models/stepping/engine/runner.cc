#include "models/stepping/engine/runner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <sstream>
#include <utility>

#include "models/stepping/engine/locate.h"
#include "models/stepping/engine/state_trace.h"
#include "models/stepping/engine/stepper.h"
#include "models/stepping/engine/trap_flag.h"
#include "reports/check/peak_memory.h"
#include "reports/record/explain.h"

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

// The results of the cases of a check.
struct Singles {
  std::vector<Finding> passed;
  std::optional<Finding> failed;
};

bool isCanary(std::string_view case_name) { return case_name.starts_with(kCanaryPrefix); }

// Runs the case without interruption first. What the machine does only once (the first exception,
// say) is then done, so boundaries have the same numbers in a replay. A case that fails in that run
// is stepped as well, to find the place. Only a bug between two instructions counts for a canary.
Finding runCase(const Case& one, const std::string& name, const CasePlan& plan) {
  std::optional<CaseResult> rehearsal;
  if (!isCanary(name)) {
    rehearsal = one.run({
        .is_stepped = false,
    });
  }
  CaseResult result = one.run(plan);
  if (rehearsal && rehearsal->failure && !result.failure) return {name, std::move(*rehearsal)};
  return {name, std::move(result)};
}

Singles runCases(const std::vector<Case>& cases, std::string_view prefix) {
  Singles singles;
  for (const Case& one : cases) {
    Finding finding = runCase(one, std::string(prefix) + one.name, {});
    if (finding.result.failure) {
      singles.failed = std::move(finding);
      break;
    }
    singles.passed.push_back(std::move(finding));
  }
  return singles;
}

std::string boundaryArgument(const CaseFailure& failure) {
  if (!failure.boundary) return " --boundary all";
  std::string text = " --boundary ";
  const bool is_pair =
      failure.since_boundary && failure.since_boundary->number != failure.boundary->number;
  if (is_pair) text += fmt::format("{},", failure.since_boundary->number);
  text += std::to_string(failure.boundary->number);
  if (failure.boundary->inner) text += fmt::format(" --inner {}", *failure.boundary->inner);
  return text;
}

std::string replayCommand(const std::string& check, const Finding& finding,
                          const std::string& arguments) {
  return fmt::format("build/bin/sigproof step replay {} --case {}{}", check, finding.case_name,
                     arguments);
}

std::string whereInWords(const CaseFailure& failure) {
  if (!failure.boundary) return "before or after the call";
  std::string text = fmt::format("boundary {}", failure.boundary->number);
  if (failure.boundary->inner) {
    text += fmt::format(", boundary {} of the handler there", *failure.boundary->inner);
  }
  return text;
}

std::string summarize(const std::string& operation, const Finding& finding) {
  const CaseFailure& failure = *finding.result.failure;
  return fmt::format("{}, case {}, {}: expected {}; the handler saw {}", operation,
                     finding.case_name, whereInWords(failure), failure.expected, failure.seen);
}

std::string indent(const std::string& text, std::string_view margin) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    result += fmt::format("{}{}\n", margin, line);
  }
  return result;
}

// The text for a person who has to find the bug.
std::string traceText(const Suite& suite, const Check& check, const Finding& finding) {
  const CaseFailure& failure = *finding.result.failure;
  std::string text =
      fmt::format("operation: {}, case {}\nbuild:     {} ({})\nwhere:     {} of {}\n", check.name,
                  finding.case_name, suite.level, suite.compiler, whereInWords(failure),
                  finding.result.boundaries);
  if (failure.since_boundary) {
    text += fmt::format("against what was seen at boundary {}\n",
                        describeNumber(*failure.since_boundary));
  }
  text += fmt::format("expected:  {}\nseen:      {}\n", failure.expected, failure.seen);
  if (failure.boundary) {
    const Location where = locate(failure.boundary->address);
    text += fmt::format("\nthe handler ran before this instruction:\n{}{}",
                        indent(where.place, "  "), indent(where.disassembly, "  "));
  }
  return text + fmt::format("\nwhat the handler saw, in order:\n{}", finding.result.states);
}

json canaryDetail(const Canary& canary, const std::optional<Finding>& caught) {
  json detail = {{"is_caught", caught.has_value()}};
  if (!canary.name.empty()) detail["elements"] = canary.name;
  if (!caught) return detail;
  const CaseFailure& failure = *caught->result.failure;
  detail["case"] = caught->case_name;
  detail["expected"] = failure.expected;
  detail["seen"] = failure.seen;
  if (failure.boundary) detail["boundary"] = failure.boundary->number;
  if (failure.since_boundary) detail["since_boundary"] = failure.since_boundary->number;
  return detail;
}

// Returns whether each canary was caught.
bool runCanaries(const Check& check, Record& record) {
  bool is_each_caught = !check.canaries.empty();
  json details = json::array();
  for (const Canary& canary : check.canaries) {
    const Singles singles = runCases(canary.cases, kCanaryPrefix);
    is_each_caught = is_each_caught && singles.failed.has_value();
    details.push_back(canaryDetail(canary, singles.failed));
  }
  record.detail["canary_flaw"] = check.flaw;
  record.detail["canaries"] = details;
  return is_each_caught;
}

void addCases(const Singles& singles, Record& record) {
  std::vector<Finding> findings = singles.passed;
  if (singles.failed) findings.push_back(*singles.failed);
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
  record.exhausted = is_complete && !singles.failed;
  record.detail["cases"] = cases;
  record.detail["boundaries"] = record.executions;
  record.detail["boundaries_in_program"] = in_program;
  record.detail["states"] = states;
}

Record blankRecord(const Suite& suite, const Check& check) {
  Record record;
  record.check = fullName(suite, check);
  record.kind = reports::Kind::kStepping;
  record.properties = check.properties;
  record.engine = fmt::format(
      "{}, {}", suite.compiler,
      internal::flag_to_set == internal::kTrapFlag ? "x86-64 trap flag" : "PTRACE_SINGLESTEP");
  record.covered = fmt::format(
      "A signal handler on the same thread between any two machine instructions of: {}. "
      "Compiled by {}, debug checks {}; freed memory in quarantine and with malloc. Two "
      "preemptions "
      "are sampled: a handler at each of two boundaries, and a handler at every boundary of "
      "another's walk.",
      check.covered, suite.compiler, suite.has_debug_checks ? "on" : "off");
  record.cannot_see =
      "Other threads between two instructions, processors with a weaker memory order than x86-64, "
      "what other compilers, levels and flags make of the code, most pairs of preemptions.";
  record.replay = fmt::format("build/bin/sigproof step run {}", record.check);
  record.detail["level"] = suite.level;
  return record;
}

void judgeFailure(const Suite& suite, const Check& check, const Finding& failed,
                  const std::string& replay_arguments, Record& record) {
  record.verdict = Verdict::kFailed;
  record.summary = summarize(check.name, failed);
  record.replay = replayCommand(record.check, failed, replay_arguments);
  record.exhausted = false;  // the cases after it did not run
  const std::string property =
      check.properties.empty() ? check.name : std::string(check.properties.front().id());
  reports::tellVerdict(property, record.summary);
  reports::explain(record, "trace", [&] { return traceText(suite, check, failed); });
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (part == whole) return "all";
  return fmt::format("{:.3g} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void addPairs(const PairsResult& result, const PairsPlan& plan, Record& record) {
  record.executions += result.pairs + result.inner_boundaries;
  record.detail["two_preemptions"] = {
      {"pairs_tried", result.pairs},
      {"pairs_possible", result.possible_pairs},
      {"pairs_share", share(result.pairs, result.possible_pairs)},
      {"handlers_stepped_inside", result.nested},
      {"handlers_possible", result.possible_nested},
      {"handlers_share", share(result.nested, result.possible_nested)},
      {"boundaries_inside_handlers", result.inner_boundaries},
      {"counted", "boundaries in the program's own text"}};
  if (!plan.is_all) record.seed = std::to_string(plan.seed);
}

std::string planArguments(const CasePlan& plan) {
  std::string text = fmt::format(" --boundary {}", fmt::join(plan.selection.boundaries(), ","));
  if (!plan.inner) return text;
  return text + (plan.inner->isAll()
                     ? " --inner all"
                     : fmt::format(" --inner {}", fmt::join(plan.inner->boundaries(), ",")));
}

// Returns whether pairs of preemptions hold, for cases that hold with single ones.
bool runPairs(const Suite& suite, const Check& check, const Singles& singles, const PairsPlan& plan,
              Record& record) {
  std::vector<std::vector<std::uint32_t>> boundaries;
  for (const Finding& finding : singles.passed) {
    boundaries.push_back(finding.result.program_boundaries);
  }
  const PairsResult result = tryPairs(check.cases, boundaries, plan);
  addPairs(result, plan, record);
  if (!result.failed_case) return true;
  const Finding failed{check.cases[*result.failed_case].name, result.failed};
  judgeFailure(suite, check, failed, planArguments(result.failed_plan), record);
  return false;
}

// Runs the cases, the pairs and the canaries, and sets the verdict.
void runAll(const Suite& suite, const Check& check, const PairsPlan& plan, Record& record) {
  const Singles singles = runCases(check.cases, "");
  addCases(singles, record);
  if (singles.failed) {
    judgeFailure(suite, check, *singles.failed, boundaryArgument(*singles.failed->result.failure),
                 record);
    return;
  }
  const std::uint64_t boundaries = record.executions;
  if (!runPairs(suite, check, singles, plan, record)) return;
  if (!runCanaries(check, record)) {
    record.verdict = Verdict::kFailed;
    record.summary =
        fmt::format("this check can't fail: it did not notice a stand-in that {}", check.flaw);
    return;
  }
  record.verdict = record.exhausted ? Verdict::kPassed : Verdict::kFailed;
  record.summary = fmt::format(
      "{} cases, {} boundaries between instructions, {} pairs of them, no state that "
      "must not be",
      singles.passed.size(), boundaries,
      record.detail["two_preemptions"]["pairs_tried"].get<std::uint64_t>());
  if (!record.exhausted) record.summary = "the handler did not act wherever it was asked to";
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
  const auto find = [](const std::vector<Case>& cases, std::string_view wanted) -> const Case* {
    const auto found = std::find_if(cases.begin(), cases.end(),
                                    [&](const Case& one) { return one.name == wanted; });
    return found == cases.end() ? nullptr : &*found;
  };
  if (!isCanary(name)) return find(check.cases, name);
  for (const Canary& canary : check.canaries) {
    const Case* one = find(canary.cases, std::string_view(name).substr(kCanaryPrefix.size()));
    if (one != nullptr) return one;
  }
  return nullptr;
}

Record runCheck(const Suite& suite, const Check& check, const PairsPlan& pairs) {
  Record record = blankRecord(suite, check);
  if (!isSteppingSupported()) {
    record.verdict = Verdict::kSkipped;
    record.summary =
        "not supported here: a program can't single-step itself (x86-64 trap flag), nor may a "
        "parent step it (ptrace)";
    return record;
  }
  const auto begin = std::chrono::steady_clock::now();
  runAll(suite, check, pairs, record);
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  record.peak_memory_kib = reports::peakMemoryKib();
  return record;
}

bool replayCase(const Suite& suite, const Check& check, const std::string& case_name,
                const CasePlan& plan, std::ostream& out) {
  const Finding finding = runCase(*findCase(check, case_name), case_name, plan);
  if (finding.result.failure) {
    out << reports::explained("the trace", [&] { return traceText(suite, check, finding); });
    return false;
  }
  const std::vector<std::size_t>& boundaries = plan.selection.boundaries();
  out << fmt::format(
      "{}, case {}: {} boundaries, the handler acted at {}\n\n{}\nNothing is wrong there.\n",
      fullName(suite, check), case_name, finding.result.boundaries,
      boundaries.empty() ? std::string("every one")
                         : fmt::format("{}", fmt::join(boundaries, " and ")),
      finding.result.states);
  return true;
}

}  // namespace sigproof::stepping
