#include "ci/sigproof/mutants/mutant_build.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

using reports::Record;
using reports::Verdict;

constexpr std::string_view kCompilePrefix = "compile/";
constexpr double kConfigureTimeLimitS = 300;
constexpr double kCompileTimeLimitS = 300;
/// Compilers and linkers, several at a time.
constexpr std::uint64_t kBuildMemoryLimitKib = std::uint64_t{16} * 1024 * 1024;
constexpr const char* kNoLongerApplies = "no longer applies to core";

/// The build folder: that of catalogue.json.
std::string buildFolderOf(const Workspace& workspace) {
  return workspace.mutants.parent_path().string();
}

/// cmake with what the presets set for ccache.
ChildResult runCmake(const Workspace& workspace, std::vector<std::string> arguments,
                     double time_limit_s) {
  arguments.insert(arguments.begin(), "cmake");
  return runChild({.arguments = std::move(arguments),
                   .environment = {{"CCACHE_BASEDIR", workspace.source_root.string()},
                                   {"CCACHE_NOHASHDIR", "1"}},
                   .time_limit_s = time_limit_s,
                   .memory_limit_kib = kBuildMemoryLimitKib});
}

ChildResult buildTargets(const Workspace& workspace, const std::vector<std::string>& targets,
                         const BuildOptions& options) {
  // Two builds at a time in one folder would disturb each other.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::vector<std::string> arguments{"--build", buildFolderOf(workspace), "-j",
                                     std::to_string(options.concurrency), "--target"};
  arguments.insert(arguments.end(), targets.begin(), targets.end());
  // So that the others are built although one mutant doesn't build.
  arguments.insert(arguments.end(), {"--", "-k", "0"});
  return runCmake(workspace, std::move(arguments), options.time_limit_s);
}

bool isBuilt(const ChildResult& child) {
  return child.end == ChildEnd::kExited && child.exit_status == 0;
}

/// The part of the build's output that says what went wrong.
std::string messageOfFault(const std::string& output) {
  for (const char* mark : {kNoLongerApplies, "error:", "FAILED:", "ninja: error"}) {
    const std::size_t found = output.find(mark);
    if (found == std::string::npos) continue;
    const std::size_t line = output.rfind('\n', found) + 1;
    return validUtf8(output.substr(line, 2000));
  }
  return validUtf8(lastLine(output));
}

BuildFault buildFaultOf(const ChildResult& child) {
  if (child.end == ChildEnd::kTimedOut) {
    return {BuildFault::Reason::kOutOfTime, "not built for lack of time"};
  }
  const std::string output = child.output + child.error;
  const bool is_stale = output.find(kNoLongerApplies) != std::string::npos;
  return {is_stale ? BuildFault::Reason::kDoesNotApply : BuildFault::Reason::kDoesNotBuild,
          messageOfFault(output)};
}

std::string mutantTarget(const Mutant& mutant) { return "mutant_" + mutant.name; }

}  // namespace

bool isCompileCheck(const std::string& check) { return check.starts_with(kCompilePrefix); }

std::map<std::string, BuildFault> buildMutants(const Workspace& workspace,
                                               const std::vector<Mutant>& mutants,
                                               const BuildOptions& options,
                                               const std::vector<std::string>& extra_targets) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  std::vector<std::string> targets = extra_targets;
  for (const Mutant& mutant : mutants) targets.push_back(mutantTarget(mutant));
  std::map<std::string, BuildFault> faults;
  if (targets.empty() || isBuilt(buildTargets(workspace, targets, options))) return faults;
  // Each by itself, to know which failed. What is built already costs nothing.
  for (const Mutant& mutant : mutants) {
    BuildOptions rest = options;
    rest.time_limit_s -= std::chrono::duration<double>(Clock::now() - start).count();
    rest.time_limit_s = std::max(rest.time_limit_s, 1.0);
    const ChildResult child = buildTargets(workspace, {mutantTarget(mutant)}, rest);
    if (!isBuilt(child)) faults.emplace(mutant.name, buildFaultOf(child));
  }
  return faults;
}

void configureMutants(const Workspace& workspace, bool has_every_checker) {
  const ChildResult child =
      runCmake(workspace,
               {"-S", workspace.source_root.string(), "-B", buildFolderOf(workspace), "-D",
                fmt::format("SIGPROOF_EVERY_MUTANT_CHECKER={}", has_every_checker ? "ON" : "OFF")},
               kConfigureTimeLimitS);
  if (isBuilt(child)) return;
  throw UserError(fmt::format("{} can't be configured: {}",
                              workspace.shown(buildFolderOf(workspace)),
                              messageOfFault(child.error + child.output)));
}

Record runCompileCheck(const Workspace& workspace, const Mutant& mutant, const std::string& check) {
  std::string flat = check.substr(kCompilePrefix.size());
  std::replace(flat.begin(), flat.end(), '/', '-');
  const std::string target = fmt::format("compile-{}_mutant_{}", flat, mutant.name);
  const ChildResult child =
      buildTargets(workspace, {target}, {.concurrency = 1, .time_limit_s = kCompileTimeLimitS});
  Record record{.check = check,
                .kind = reports::Kind::kUnit,
                .properties = mutant.breaks,
                .verdict = Verdict::kUnfinished,
                .executions = 1,
                .seconds = child.seconds,
                .seed = std::nullopt,
                .engine = "clang",
                .summary = "",
                .covered = "",
                .cannot_see = "",
                .replay = fmt::format("cmake --build {} --target {}",
                                      workspace.shown(buildFolderOf(workspace)), target)};
  const std::string output = child.output + child.error;
  if (isBuilt(child)) {
    record.verdict = Verdict::kPassed;
    record.summary = "it compiles";
  } else if (output.find("static assertion failed") != std::string::npos) {
    record.verdict = Verdict::kFailed;
    record.summary = validUtf8(lineWith(output, "static assertion failed"));
  } else {
    record.summary = buildFaultOf(child).said;
  }
  return record;
}

}  // namespace sigproof::tool
