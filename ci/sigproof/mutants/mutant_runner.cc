#include "ci/sigproof/mutants/mutant_runner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "ci/sigproof/checks/check_program.h"
#include "ci/sigproof/checks/peer_checks.h"
#include "ci/sigproof/checks/unit_check.h"
#include "ci/sigproof/mutants/mutant_build.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "reports/record/explain.h"

namespace sigproof::tool {
namespace {

using nlohmann::json;
using reports::Record;
using reports::Verdict;

constexpr std::string_view kFuzzPrefix = "fuzz/";
constexpr std::string_view kPeerChecker = "fuzz/peer";

Mutant mutantFromJson(const json& entry) {
  return {.name = entry.at("name"),
          .breaks = reports::propertiesFromJson(entry.at("breaks")),
          .origin = entry.at("origin"),
          .description = entry.at("description"),
          .checkers = entry.at("checkers"),
          .missed_by = entry.at("missed_by"),
          .accepted_because = entry.at("accepted_because"),
          .files = entry.at("files"),
          .is_in_gate = entry.at("gate"),
          .libexec = entry.at("libexec").get<std::string>()};
}

constexpr std::array<std::string_view, 6> kOutcomeNames{
    "caught", "missed", "no verdict", "does not apply", "does not build", "not run"};

Record unfinishedRecord(const std::string& checker, const std::string& why) {
  return {.check = checker,
          .properties = {},
          .verdict = Verdict::kUnfinished,
          .seed = std::nullopt,
          .engine = "",
          .summary = why,
          .covered = "",
          .cannot_see = "",
          .replay = ""};
}

/// The mutant's programs with the production corpus.
Workspace workspaceOf(const Workspace& production, const Mutant& mutant) {
  Workspace workspace = production;
  workspace.libexec = mutant.libexec;
  return workspace;
}

Record runFuzzChecker(const Workspace& workspace, const Mutant& mutant, const std::string& checker,
                      const MutantOptions& options) {
  return runFuzzTrials(workspace,
                       {.target = checker.substr(kFuzzPrefix.size()),
                        .seed = options.seed,
                        .is_corpus_empty = options.is_corpus_empty,
                        .crash_directory = options.crash_directory / mutant.name},
                       options.trials);
}

Record runPeerChecker(const Workspace& workspace, const Mutant& mutant, const std::string& checker,
                      const MutantOptions& options) {
  return runTrials(options.seed, options.trials, [&](std::uint32_t seed) {
    const PeerOptions peer{.seed = seed,
                           .seconds = options.trials.seconds_each,
                           .is_first_enough = true,
                           .new_findings = options.crash_directory / mutant.name};
    for (const Check& check : peerChecks(workspace, peer)) {
      if (check.name == checker) return runCheck(check, limitsOf(peer));
    }
    return unfinishedRecord(checker, "no check program of this mutant has " + checker);
  });
}

Record runListedChecker(const Workspace& workspace, const std::string& checker) {
  for (const auto& program : workspace.programsWithPrefix("sigproof-")) {
    if (program.filename() == "sigproof-shell") continue;
    for (const Check& check : listChecks(program)) {
      if (check.name == checker) return runCheck(check);
    }
  }
  return unfinishedRecord(checker, "no check program of this mutant has " + checker);
}

Record runAnyChecker(const Workspace& production, const Mutant& mutant, const std::string& checker,
                     const MutantOptions& options) {
  const Workspace workspace = workspaceOf(production, mutant);
  try {
    if (checker == kPeerChecker) return runPeerChecker(workspace, mutant, checker, options);
    if (checker.starts_with(kFuzzPrefix))
      return runFuzzChecker(workspace, mutant, checker, options);
    if (isUnitCheck(checker)) return runUnitCheck(workspace, checker);
    if (isCompileCheck(checker)) return runCompileCheck(production, mutant, checker);
    return runListedChecker(workspace, checker);
  } catch (const UserError& error) {
    return unfinishedRecord(checker, error.what());
  }
}

/// `command` with the mutant's programs.
std::string withPrograms(const std::string& command, const std::string& libexec) {
  static const std::string kTool = "build/bin/sigproof";
  if (!command.starts_with(kTool)) return command;
  return fmt::format("{} --libexec {}{}", kTool, shellQuoted(libexec),
                     command.substr(kTool.size()));
}

json toJson(const Attempt& attempt) {
  json result{{"check", attempt.checker},
              {"verdict", reports::toString(attempt.record.verdict)},
              {"outcome", toString(attempt.outcome)},
              {"seconds", attempt.record.seconds},
              {"executions", attempt.record.executions}};
  if (attempt.record.verdict != Verdict::kPassed) result["said"] = attempt.record.summary;
  for (const char* member : {"seeds", "median_s", "least_s", "most_s"}) {
    if (attempt.record.detail.contains(member)) result[member] = attempt.record.detail[member];
  }
  return result;
}

void addAttempts(Record& record, const std::vector<Attempt>& attempts) {
  record.detail["caught_by"] = json::array();
  for (const Attempt& attempt : attempts) {
    if (attempt.outcome != Outcome::kNotRun) ++record.executions;
    record.seconds += attempt.record.seconds;
    record.peak_memory_kib = std::max(record.peak_memory_kib, attempt.record.peak_memory_kib);
    record.detail["caught_by"].push_back(toJson(attempt));
  }
}

/// The attempts with one of these outcomes among those of `checkers`.
std::vector<const Attempt*> select(const std::vector<Attempt>& attempts,
                                   const std::vector<std::string>& checkers,
                                   std::initializer_list<Outcome> outcomes) {
  std::vector<const Attempt*> selected;
  for (const Attempt& attempt : attempts) {
    if (std::ranges::find(checkers, attempt.checker) != checkers.end() &&
        std::ranges::find(outcomes, attempt.outcome) != outcomes.end()) {
      selected.push_back(&attempt);
    }
  }
  return selected;
}

std::string namesOf(const std::vector<const Attempt*>& attempts) {
  std::vector<std::string> names;
  names.reserve(attempts.size());
  for (const Attempt* attempt : attempts) names.push_back(attempt->checker);
  return fmt::format("{}", fmt::join(names, ", "));
}

void describeCatch(Record& record, const Attempt& caught, std::size_t count,
                   const std::string& libexec) {
  record.verdict = Verdict::kPassed;
  const std::string others = count > 1 ? fmt::format(" and {} more", count - 1) : "";
  record.summary = fmt::format("caught by {}{} in {:.1f} s: {}", caught.checker, others,
                               caught.record.seconds, caught.record.summary);
  reports::explain(record, "seconds_to_catch",
                   [&] { return caught.record.detail.value("median_s", caught.record.seconds); });
  record.detail["executions_to_catch"] = caught.record.executions;
  record.detail["replay_of_the_catch"] = withPrograms(caught.record.replay, libexec);
  for (const char* member : {"trace", "interleaving", "module_text", "not_explained"}) {
    if (caught.record.detail.contains(member)) record.detail[member] = caught.record.detail[member];
  }
}

/// A mutant of the gate is the canary of its checkers.
void describeSurvival(Record& record, const Mutant& mutant,
                      const std::vector<const Attempt*>& missed) {
  record.verdict = Verdict::kFailed;
  record.summary =
      mutant.is_in_gate
          ? fmt::format(
                "the canary lives: {} must see this bug in every run, and did not; what "
                "passed there shows nothing",
                namesOf(missed))
          : fmt::format("survived: not caught by {}, which must catch it", namesOf(missed));
}

bool isSkipped(const Attempt* attempt) { return attempt->record.verdict == Verdict::kSkipped; }

/// A checker that can't run on this machine neither sees the bug nor misses it.
void describeNoVerdict(Record& record, const std::vector<const Attempt*>& without_verdict) {
  std::vector<std::string> reasons;
  for (const Attempt* attempt : without_verdict) {
    const bool has_run = attempt->outcome == Outcome::kNoVerdict;
    reasons.push_back(fmt::format("{} ({})", attempt->checker,
                                  has_run ? attempt->record.summary : toString(attempt->outcome)));
    if (attempt->record.detail.contains("output")) {
      record.detail["output"] = attempt->record.detail["output"];
    }
  }
  const bool are_all_skipped = !reasons.empty() && std::ranges::all_of(without_verdict, isSkipped);
  record.verdict = are_all_skipped ? Verdict::kSkipped : Verdict::kUnfinished;
  record.summary = reasons.empty() ? "has no checker in the catalogue"
                                   : fmt::format("without a verdict: {}", fmt::join(reasons, ", "));
}

const Attempt* findOutcome(const std::vector<Attempt>& attempts, Outcome outcome) {
  const auto found = std::ranges::find(attempts, outcome, &Attempt::outcome);
  return found == attempts.end() ? nullptr : &*found;
}

/// No check is said to catch it, and none may.
void settleAccepted(Record& record, const Mutant& mutant, const std::vector<Attempt>& attempts) {
  if (const Attempt* caught = findOutcome(attempts, Outcome::kCaught)) {
    record.verdict = Verdict::kFailed;
    record.summary = fmt::format(
        "accepted because no check catches it, but {} does ({}); name that under Checkers: in its "
        "patch",
        caught->checker, caught->record.summary);
    return;
  }
  const auto without_verdict = select(
      attempts, mutant.missed_by, {Outcome::kNoVerdict, Outcome::kDoesNotBuild, Outcome::kNotRun});
  if (!without_verdict.empty()) {
    describeNoVerdict(record, without_verdict);
    return;
  }
  record.verdict = Verdict::kPassed;
  record.summary = "accepted: " + mutant.accepted_because;
}

}  // namespace

std::vector<Mutant> readCatalogue(const Workspace& workspace) {
  const std::filesystem::path path = workspace.mutants / "catalogue.json";
  std::ifstream stream(path);
  if (!stream) {
    throw UserError(workspace.shown(path) + " is missing; build it first: cmake --build build");
  }
  try {
    std::vector<Mutant> mutants;
    for (const json& entry : json::parse(stream)) mutants.push_back(mutantFromJson(entry));
    return mutants;
  } catch (const json::exception& error) {
    throw UserError(fmt::format("{} can't be read ({}); configure again: cmake --preset gate",
                                workspace.shown(path), error.what()));
  }
}

std::string toString(Outcome outcome) {
  return std::string(kOutcomeNames.at(static_cast<std::size_t>(outcome)));
}

Attempt runChecker(const Workspace& workspace, const Mutant& mutant, const std::string& checker,
                   const MutantOptions& options) {
  Attempt attempt{checker, Outcome::kNoVerdict, runAnyChecker(workspace, mutant, checker, options)};
  if (attempt.record.verdict == Verdict::kFailed) attempt.outcome = Outcome::kCaught;
  if (attempt.record.verdict == Verdict::kPassed) attempt.outcome = Outcome::kMissed;
  return attempt;
}

Record blankMutantRecord(const Mutant& mutant, std::uint32_t seed) {
  Record record{.check = "mutant/" + mutant.name,
                .kind = reports::Kind::kMutant,
                .properties = mutant.breaks,
                .verdict = Verdict::kUnfinished,
                .seed = std::to_string(seed),
                .engine = "the check programs, built from core with the bug in it",
                .summary = "",
                .covered = mutant.description,
                .cannot_see = "bugs of other shapes than this one",
                .replay = fmt::format("build/bin/sigproof mutants {} --seed {}", mutant.name, seed),
                .detail = {{"description", mutant.description}, {"origin", mutant.origin}}};
  if (!mutant.files.empty()) record.detail["changes"] = mutant.files;
  if (!mutant.accepted_because.empty()) record.detail["accepted_because"] = mutant.accepted_because;
  if (mutant.is_in_gate) record.detail["canary_of"] = mutant.checkers;
  return record;
}

void settleMutant(Record& record, const Mutant& mutant, const std::vector<Attempt>& attempts,
                  const std::string& libexec) {
  addAttempts(record, attempts);
  if (const Attempt* stale = findOutcome(attempts, Outcome::kDoesNotApply)) {
    record.verdict = Verdict::kFailed;
    record.summary = "does not apply: " + stale->record.summary;
    return;
  }
  if (mutant.isAccepted() && !mutant.accepted_because.empty()) {
    settleAccepted(record, mutant, attempts);
    return;
  }
  const auto caught = select(attempts, mutant.checkers, {Outcome::kCaught});
  const auto missed = select(attempts, mutant.checkers, {Outcome::kMissed});
  if (!missed.empty()) {
    describeSurvival(record, mutant, missed);
  } else if (!caught.empty() && caught.size() == mutant.checkers.size()) {
    describeCatch(record, *caught.front(), caught.size(), libexec);
  } else {
    describeNoVerdict(record,
                      select(attempts, mutant.checkers,
                             {Outcome::kNoVerdict, Outcome::kDoesNotBuild, Outcome::kNotRun}));
  }
}

Record runMutant(const Workspace& production, const Mutant& mutant, const MutantOptions& options) {
  std::vector<Attempt> attempts;
  attempts.reserve(mutant.checkers.size());
  for (const std::string& checker : mutant.checkers) {
    attempts.push_back(runChecker(production, mutant, checker, options));
  }
  Record record = blankMutantRecord(mutant, options.seed);
  settleMutant(record, mutant, attempts, production.shown(mutant.libexec));
  return record;
}

void distrustCatchesByFailingChecks(std::vector<Record>& records) {
  std::set<std::string> failing;
  for (const Record& record : records) {
    const bool is_problem =
        record.verdict == Verdict::kFailed || record.verdict == Verdict::kUnfinished;
    if (is_problem) failing.insert(record.check);
  }
  for (Record& record : records) {
    if (record.kind != reports::Kind::kMutant || record.verdict != Verdict::kPassed) continue;
    for (const json& attempt : record.detail.at("caught_by")) {
      const std::string check = attempt.at("check");
      if (attempt.value("verdict", "failed") != "failed" || !failing.contains(check)) continue;
      record.verdict = Verdict::kUnfinished;
      record.summary = "shows nothing: " + check + " doesn't pass on the production code either";
    }
  }
}

}  // namespace sigproof::tool
