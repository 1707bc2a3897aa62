#include "ci/sigproof/runs/run_info.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

constexpr double kGitTimeLimitS = 10;

std::string gitOutput(const Workspace& workspace, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"git", "-C", workspace.source_root.string()});
  try {
    const ChildResult git = runChild({.arguments = arguments, .time_limit_s = kGitTimeLimitS});
    return git.end == ChildEnd::kExited && git.exit_status == 0 ? git.output : "";
  } catch (const UserError&) {
    return {};  // no git here
  }
}

std::string commitOf(const Workspace& workspace) {
  const std::string commit = lastLine(gitOutput(workspace, {"rev-parse", "--short=12", "HEAD"}));
  if (commit.empty()) return "unknown";
  const std::string changes = gitOutput(workspace, {"status", "--porcelain"});
  return commit + (changes.empty() ? "" : "-dirty");
}

/// The value behind the first "<name><separator>" in a file of /proc or /etc.
std::string valueIn(const char* path, const std::string& name, char separator) {
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t found = line.find(separator);
    if (!line.starts_with(name) || found == std::string::npos) continue;
    const std::size_t start = line.find_first_not_of(" \t\"", found + 1);
    return start == std::string::npos ? "" : line.substr(start, line.find('"', start) - start);
  }
  return {};
}

std::string machine() {
  utsname kernel{};
  uname(&kernel);
  std::string processor = valueIn("/proc/cpuinfo", "model name", ':');
  if (processor.empty()) processor = kernel.machine;
  return fmt::format("{}, {} cores, {}, Linux {}", processor, std::thread::hardware_concurrency(),
                     valueIn("/etc/os-release", "PRETTY_NAME", '='), kernel.release);
}

}  // namespace

reports::RunInfo describeRun(const Workspace& workspace, const std::string& command,
                             std::uint32_t seed) {
  const auto now = std::chrono::system_clock::now();
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* typed = std::getenv("SIGPROOF_COMMAND");
  return {.commit = commitOf(workspace),
          .started_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                                    fmt::gmtime(std::chrono::system_clock::to_time_t(now))),
          .command = typed == nullptr ? command : typed,
          .machine = machine(),
          .seed = std::to_string(seed),
          .seconds = 0};
}

}  // namespace sigproof::tool
