#include "ci/sigproof/checks/check_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "ci/sigproof/checks/crash_finding.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "reports/record/explain.h"
#include "reports/record/validate.h"

namespace sigproof::tool {
namespace {

using nlohmann::json;
using reports::Kind;
using reports::Record;
using reports::Verdict;

Kind kindOf(const std::string& check) {
  const std::string prefix = check.substr(0, check.find('/'));
  for (const Kind kind : reports::kKinds) {
    if (reports::toString(kind) == prefix) return kind;
  }
  throw std::invalid_argument("'" + check + "' doesn't start with a kind of check");
}

int expectedStatus(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return kPassedStatus;
    case Verdict::kSkipped:
      return kSkippedStatus;
    default:
      return kFailedStatus;
  }
}

/// Why `record` can't be believed, or nothing.
std::string contradiction(const Check& check, const ChildResult& child, const Record& record) {
  if (record.check != check.name || record.kind != check.kind) {
    return fmt::format("printed the record of another check, {}", record.check);
  }
  if (child.exit_status != expectedStatus(record.verdict)) {
    return fmt::format("said {} but left with exit status {}", reports::toString(record.verdict),
                       child.exit_status);
  }
  if (record.verdict == Verdict::kPassed && record.executions == 0) {
    return "said passed after looking at nothing (0 executions)";
  }
  return {};
}

/// The one record that the child printed. Throws std::invalid_argument with one sentence.
Record parseRecord(const std::string& output) {
  if (lastLine(output).empty()) throw std::invalid_argument("printed no record");
  const json value = json::parse(output, nullptr, false);
  if (value.is_discarded()) throw std::invalid_argument("printed something that is not one record");
  const std::vector<std::string> errors = reports::schemaErrors(value);
  if (!errors.empty()) {
    throw std::invalid_argument("printed a record that breaks the schema (" + errors.front() + ")");
  }
  return reports::recordFromJson(value);
}

/// A record about a check that gave none of its own.
Record blankRecord(const Check& check, const ChildResult& child) {
  return {.check = check.name,
          .kind = check.kind,
          .properties = check.properties,
          .verdict = Verdict::kUnfinished,
          .seconds = child.seconds,
          .peak_memory_kib = child.peak_memory_kib,
          .seed = std::nullopt,
          .engine = "",
          .summary = "",
          .covered = check.covered,
          .cannot_see = "",
          .replay = fmt::format(
              "build/bin/sigproof {} run {}",
              check.subcommand.empty() ? subcommandOf(check.kind) : check.subcommand, check.name),
          .detail = json::object()};
}

Record unfinished(const Check& check, const ChildResult& child, const std::string& why) {
  Record record = blankRecord(check, child);
  const Finding finding = findingIn(child.error);
  record.verdict = finding.isEvidence() ? Verdict::kFailed : Verdict::kUnfinished;
  record.summary = finding.isEvidence() ? finding.headline() : why;
  record.detail["output"] = child.error;
  // It was explaining what it had seen, or had died of it.
  if (finding.isEvidence()) reports::addNote(record, "after that the check " + why);
  if (!finding.module_text.empty()) record.detail["module_text"] = finding.module_text;
  return record;
}

Record skipped(const Check& check, const ChildResult& child) {
  Record record = blankRecord(check, child);
  record.verdict = Verdict::kSkipped;
  record.summary = lastLine(child.error);
  if (record.summary.empty()) record.summary = "can't run here";
  return record;
}

}  // namespace

std::string subcommandOf(Kind kind) {
  return kind == Kind::kStepping ? "step" : reports::toString(kind);
}

std::vector<Check> listChecks(const std::filesystem::path& program) {
  const ChildResult child = runChild(
      {.arguments = {program.string(), "--list", "--json"}, .time_limit_s = kListTimeLimitS});
  const std::string name = program.filename().string();
  if (child.end != ChildEnd::kExited || child.exit_status != 0) {
    throw UserError(fmt::format("{} can't list its checks: it {}; {}", name, child.description(),
                                lastLine(child.error)));
  }
  try {
    std::vector<Check> checks;
    for (const json& entry : json::parse(child.output)) {
      checks.push_back({.name = entry.at("check"),
                        .kind = kindOf(entry.at("check")),
                        .properties = reports::propertiesFromJson(entry.at("properties")),
                        .covered = entry.value("covered", ""),
                        .program = program});
    }
    return checks;
  } catch (const std::exception& error) {
    throw UserError(
        fmt::format("{} lists its checks in a form that can't be read ({}); build it "
                    "again: cmake --build build",
                    name, error.what()));
  }
}

std::vector<Check> listAllChecks(const Workspace& workspace, const std::string& program_prefix) {
  const auto programs = workspace.programsWithPrefix(program_prefix);
  if (programs.empty()) {
    throw UserError(fmt::format("no {}* is built in {}; build it first: cmake --build build",
                                program_prefix, workspace.shown(workspace.libexec)));
  }
  std::vector<Check> checks;
  for (const auto& program : programs) {
    const std::vector<Check> of_program = listChecks(program);
    checks.insert(checks.end(), of_program.begin(), of_program.end());
  }
  return checks;
}

Record runCheck(const Check& check, const CheckLimits& limits) {
  ChildCommand command{.arguments = {check.program.string(), "--run", check.name},
                       .time_limit_s = limits.time_s,
                       .memory_limit_kib = limits.memory_kib};
  command.arguments.insert(command.arguments.end(), check.arguments.begin(), check.arguments.end());
  const ChildResult child = runChild(command);
  // A word that the program refuses is the user's, not a check that failed.
  const bool is_refused = child.end == ChildEnd::kExited && child.exit_status == kUsageStatus;
  if (!check.arguments.empty() && is_refused) throw UserError(lastLine(child.error));
  return recordOf(check, child);
}

Record replayCheck(const Check& check, const std::vector<std::string>& arguments) {
  ChildCommand command{.arguments = {check.program.string()}, .time_limit_s = kCheckTimeLimitS};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  const ChildResult child = runChild(command);
  const bool has_exited = child.end == ChildEnd::kExited;
  if (has_exited && child.exit_status == kUsageStatus) throw UserError(lastLine(child.error));
  const bool has_verdict = has_exited && child.exit_status <= kFailedStatus;
  if (!has_verdict) return unfinished(check, child, child.description());

  Record record = blankRecord(check, child);
  record.verdict = child.exit_status == kPassedStatus ? Verdict::kPassed : Verdict::kFailed;
  record.executions = 1;
  record.summary =
      child.exit_status == kPassedStatus ? "this execution passes" : "this execution fails";
  record.replay = fmt::format("build/bin/sigproof {} replay {}", subcommandOf(check.kind),
                              commandLine({arguments.begin() + 1, arguments.end()}));
  record.detail["trace"] = validUtf8(child.output + child.error);
  return record;
}

Record recordOf(const Check& check, const ChildResult& child) {
  if (child.end != ChildEnd::kExited) return unfinished(check, child, child.description());
  try {
    if (child.exit_status == kSkippedStatus && lastLine(child.output).empty()) {
      return skipped(check, child);
    }
    Record record = parseRecord(validUtf8(child.output));
    const std::string why = contradiction(check, child, record);
    if (!why.empty()) return unfinished(check, child, why);
    if (record.peak_memory_kib == 0) record.peak_memory_kib = child.peak_memory_kib;
    if (record.seconds == 0) record.seconds = child.seconds;
    return record;
  } catch (const std::exception& error) {
    const std::string said = lastLine(child.error);
    return unfinished(check, child,
                      fmt::format("{} and {}{}{}", error.what(), child.description(),
                                  said.empty() ? "" : "; last said: ", said));
  }
}

}  // namespace sigproof::tool
