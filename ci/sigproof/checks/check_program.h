// A check program (sigproof-models, sigproof-stepping-O2, sigproof-real-modules) and its checks.
//
//   for (const Check& check : listChecks("build/libexec/sigproof-models")) {
//     const Record record = runCheck(check);
//   }
//
// A check runs in a child process with limits. Whatever the child does, there is a record: the one
// it printed, or one that says how it failed to print one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

/// The longest check takes seconds; ten times that on a busy machine is still well below this.
inline constexpr double kCheckTimeLimitS = 180;
/// Where more than the usual was asked for.
inline constexpr double kLongCheckTimeLimitS = 24 * 3600.0;
/// Listing does no work.
inline constexpr double kListTimeLimitS = 20;

struct Check {
  std::string name;  ///< "model/reader_against_filter"
  reports::Kind kind = reports::Kind::kModel;
  std::vector<reports::Property> properties;
  std::string covered;
  std::filesystem::path program;
  std::vector<std::string> arguments{};  ///< more for the program: {"--seed", "7"}
  std::string subcommand{};              ///< the tool's word for it, if not that of its kind
};

struct CheckLimits {
  double time_s = kCheckTimeLimitS;
  std::uint64_t memory_kib = kDefaultMemoryLimitKib;
};

/// The tool's word for checks of a kind: "model", "step", "fuzz", "real-module", "mutant".
std::string subcommandOf(reports::Kind kind);

/// Asks the program which checks it has. Throws UserError if it can't say.
std::vector<Check> listChecks(const std::filesystem::path& program);

/// The checks of all programs whose name starts so ("sigproof-models", "sigproof-stepping-").
/// Throws UserError if there is no such program or one can't say what it has.
std::vector<Check> listAllChecks(const Workspace& workspace, const std::string& program_prefix);

/// Runs it. Throws Interrupted, and UserError if the program can't be started or refuses the
/// check's arguments.
reports::Record runCheck(const Check& check, const CheckLimits& limits = {});

/// Repeats one execution: `arguments` are the program's own, {"--replay", name, "--state", state}.
/// What it prints for people becomes the record's detail "trace". Throws as runCheck(), and
/// UserError with the program's own words if the arguments name no execution.
reports::Record replayCheck(const Check& check, const std::vector<std::string>& arguments);

/// What a child that ran `check` has shown. No valid record, a verdict that contradicts the exit
/// status, or "passed" after looking at nothing make it unfinished; a sanitizer's report or a
/// violation line in the output of a child that crashed makes it failed.
reports::Record recordOf(const Check& check, const ChildResult& child);

}  // namespace sigproof::tool
