#include "ci/sigproof/mutant_runner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "ci/sigproof/check_program.h"
#include "ci/sigproof/fuzz_runner.h"
#include "ci/sigproof/text.h"
#include "ci/sigproof/user_error.h"

namespace sigproof::tool {
namespace {

using nlohmann::json;
using reports::Record;
using reports::Verdict;

constexpr std::string_view kFuzzPrefix = "fuzz/";

Mutant mutantFromJson(const json& entry) {
  return {.name = entry.at("name"),
          .breaks = entry.at("breaks"),
          .origin = entry.value("origin", ""),
          .description = entry.value("description", ""),
          .checkers = entry.at("checkers"),
          .libexec = entry.at("libexec").get<std::string>()};
}

/// A verdict of one checker on one mutant.
struct Attempt {
  std::string checker;
  Record record;
};

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
  FuzzOptions fuzz{.target = checker.substr(kFuzzPrefix.size()),
                   .seconds = std::max(1U, options.fuzz_seconds / kMutantFuzzSeeds),
                   .seed = options.seed,
                   .crash_directory = options.crash_directory / mutant.name};
  double seconds = 0;
  std::uint64_t executions = 0;
  for (unsigned round = 0;; ++round) {
    Record record = runFuzz(workspace, fuzz);
    seconds += record.seconds;
    executions += record.executions;
    if (record.verdict != Verdict::kPassed || round + 1 == kMutantFuzzSeeds) {
      record.seconds = seconds;
      record.executions = executions;
      return record;
    }
    ++fuzz.seed;
  }
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

Record runChecker(const Workspace& workspace, const Mutant& mutant, const std::string& checker,
                  const MutantOptions& options) {
  try {
    return checker.starts_with(kFuzzPrefix) ? runFuzzChecker(workspace, mutant, checker, options)
                                            : runListedChecker(workspace, checker);
  } catch (const UserError& error) {
    return unfinishedRecord(checker, error.what());
  }
}

/// The same command with the mutant's programs.
std::string withPrograms(const std::string& command, const std::string& libexec) {
  static const std::string kTool = "build/bin/sigproof";
  if (!command.starts_with(kTool)) return command;
  return fmt::format("{} --libexec {}{}", kTool, shellQuoted(libexec),
                     command.substr(kTool.size()));
}

json toJson(const Attempt& attempt) {
  json result{{"check", attempt.checker},
              {"verdict", reports::toString(attempt.record.verdict)},
              {"seconds", attempt.record.seconds},
              {"executions", attempt.record.executions}};
  if (attempt.record.verdict != Verdict::kPassed) result["said"] = attempt.record.summary;
  return result;
}

void describeCatch(Record& record, const Attempt& caught, const std::string& libexec) {
  record.verdict = Verdict::kPassed;
  record.summary = fmt::format("caught by {} in {:.1f} s: {}", caught.checker,
                               caught.record.seconds, caught.record.summary);
  record.detail["seconds_to_catch"] = caught.record.seconds;
  record.detail["executions_to_catch"] = caught.record.executions;
  record.detail["replay_of_the_catch"] = withPrograms(caught.record.replay, libexec);
  for (const char* member : {"trace", "interleaving", "module_text"}) {
    if (caught.record.detail.contains(member)) record.detail[member] = caught.record.detail[member];
  }
}

void describeSurvival(Record& record, const std::vector<Attempt>& attempts) {
  std::vector<std::string> without_verdict;
  for (const Attempt& attempt : attempts) {
    if (attempt.record.verdict == Verdict::kPassed) continue;
    without_verdict.push_back(attempt.checker + " (" + attempt.record.summary + ")");
    if (attempt.record.detail.contains("output")) {
      record.detail["output"] = attempt.record.detail["output"];
    }
  }
  if (without_verdict.empty() && !attempts.empty()) {
    record.verdict = Verdict::kFailed;
    record.summary = fmt::format("survived: none of its {} checkers saw this bug", attempts.size());
  } else {
    record.verdict = Verdict::kUnfinished;
    record.summary = attempts.empty() ? "has no checker in the catalogue"
                                      : fmt::format("not caught, and without a verdict: {}",
                                                    fmt::join(without_verdict, ", "));
  }
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

Record runMutant(const Workspace& production, const Mutant& mutant, const MutantOptions& options) {
  const Workspace workspace = workspaceOf(production, mutant);
  Record record{.check = "mutant/" + mutant.name,
                .kind = reports::Kind::kMutant,
                .properties = mutant.breaks,
                .verdict = Verdict::kUnfinished,
                .seed = std::to_string(options.seed),
                .engine = "the check programs, built from a patched copy of core",
                .summary = "",
                .covered = mutant.description,
                .cannot_see = "bugs of other shapes than this one",
                .replay = fmt::format("build/bin/sigproof mutant run {} --seed {}", mutant.name,
                                      options.seed),
                .detail = {{"description", mutant.description}, {"origin", mutant.origin}}};
  std::vector<Attempt> attempts;
  for (const std::string& checker : mutant.checkers) {
    attempts.push_back({checker, runChecker(workspace, mutant, checker, options)});
    const Record& attempt = attempts.back().record;
    ++record.executions;
    record.seconds += attempt.seconds;
    record.peak_memory_kib = std::max(record.peak_memory_kib, attempt.peak_memory_kib);
    if (attempt.verdict == Verdict::kFailed) break;
  }
  record.detail["caught_by"] = json::array();
  for (const Attempt& attempt : attempts) record.detail["caught_by"].push_back(toJson(attempt));
  if (!attempts.empty() && attempts.back().record.verdict == Verdict::kFailed) {
    describeCatch(record, attempts.back(), production.shown(mutant.libexec));
  } else {
    describeSurvival(record, attempts);
  }
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
    const std::string catcher = record.detail.at("caught_by").back().at("check");
    if (!failing.contains(catcher)) continue;
    record.verdict = Verdict::kUnfinished;
    record.summary = "shows nothing: " + catcher + " doesn't pass on the production code either";
  }
}

}  // namespace sigproof::tool
