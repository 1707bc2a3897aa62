#include "models/stepping/engine/helper_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

namespace sigproof::stepping {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

enum class End : std::uint8_t { kOfOutput, kOfTime, kTooMuch };

int millisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
}

End readUntil(Clock::time_point deadline, int descriptor, std::string& output) {
  std::array<char, 65536> buffer{};
  while (true) {
    pollfd watched{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = poll(&watched, 1, millisecondsUntil(deadline));
    if (ready == 0) return End::kOfTime;
    if (ready < 0) continue;  // EINTR: the deadline ends it
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return End::kOfOutput;
    output.append(buffer.data(), static_cast<std::size_t>(count));
    if (output.size() > kMostBytes) return End::kTooMuch;
  }
}

// A program that has closed its output may still never end.
bool hasEndedBy(Clock::time_point deadline, pid_t child, int& status) {
  while (true) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return true;
    if (ended < 0 && errno != EINTR) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void killAndReap(pid_t child) {
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Starts the program with `output` as standard output. Returns an error number or 0.
int start(std::vector<std::string>& command, int output, pid_t& child) {
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const int error =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

std::string endInWords(int status) {
  if (WIFSIGNALED(status)) return fmt::format("crashed: signal {}", WTERMSIG(status));
  return fmt::format("left with exit status {}", WEXITSTATUS(status));
}

}  // namespace

HelperAnswer askHelper(std::vector<std::string> command, std::chrono::milliseconds time_limit) {
  const auto fault = [&](const std::string& why, bool has_hung = false) {
    return HelperAnswer{{}, fmt::format("{} {}", command.front(), why), has_hung};
  };
  const Clock::time_point deadline = Clock::now() + time_limit;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fault("can't be given a pipe");
  pid_t child = 0;
  const int error = start(command, ends[1], child);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return fault("can't be run: " + std::generic_category().message(error));
  }
  HelperAnswer answer;
  const End end = readUntil(deadline, ends[0], answer.output);
  close(ends[0]);
  int status = 0;
  const bool has_ended = end == End::kOfOutput && hasEndedBy(deadline, child, status);
  if (!has_ended) killAndReap(child);
  if (end == End::kTooMuch) return fault("prints without end: killed");
  if (!has_ended) {
    const double seconds = std::chrono::duration<double>(time_limit).count();
    return fault(fmt::format("hung: killed after {:g} s", seconds), true);
  }
  return status == 0 ? answer : fault(endInWords(status));
}

}  // namespace sigproof::stepping
