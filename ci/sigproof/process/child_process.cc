#include "ci/sigproof/process/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "ci/sigproof/process/interruption.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

/// How often limits are looked at. A process can touch about 1 GiB a second, so a limit is overrun
/// by some 20 MiB at most.
constexpr int kPollIntervalMs = 20;
/// After the child is gone its pipes are read to their end. A grandchild that left the group could
/// hold them open for ever; nothing that it prints then is ours.
constexpr auto kDrainLimit = std::chrono::seconds(2);
/// exec() failed; only seen if the pipe that says why is broken as well.
constexpr int kExecFailedStatus = 127;

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void closeIfOpen(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

/// A pipe whose ends don't leak into other children.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::generic_category(), "can't make a pipe");
    }
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    closeIfOpen(read_end);
    closeIfOpen(write_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end = -1;
  int write_end = -1;
};

/// Our environment with the command's variables in place of ours.
std::vector<std::string> mergedEnvironment(const ChildCommand& command) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    variables[text.substr(0, text.find('='))] = text;
  }
  for (const auto& [name, value] : command.environment) {
    variables[name] = fmt::format("{}={}", name, value);
  }
  std::vector<std::string> merged;
  merged.reserve(variables.size());
  for (const auto& [name, text] : variables) merged.push_back(text);
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

/// Between fork() and exec() in a program with threads: async-signal-safe calls only.
[[noreturn]] void becomeProgram(pid_t parent, char* const* arguments, char* const* environment,
                                int output, int error, int failure) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A crash is expected here now and then; its core file is not.
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int input = open("/dev/null", O_RDONLY);
  if (getppid() == parent && input >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
      dup2(output, STDOUT_FILENO) >= 0 && dup2(error, STDERR_FILENO) >= 0) {
    execvpe(arguments[0], arguments, environment);
  }
  const int reason = errno;
  // If even this can't be written, the exit status says it.
  const ssize_t written = write(failure, &reason, sizeof reason);
  _exit(written == sizeof reason ? kExecFailedStatus : kExecFailedStatus - 1);
}

/// Resident set of a process that is still there, else nothing.
std::optional<std::uint64_t> residentKib(pid_t pid) {
  std::ifstream statm(fmt::format("/proc/{}/statm", pid));
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> total_pages >> resident_pages)) return std::nullopt;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

std::string signalName(int signal_number) {
  const char* description = sigdescr_np(signal_number);
  return fmt::format("signal {} ({})", signal_number,
                     description == nullptr ? "unknown" : description);
}

}  // namespace

std::string ChildResult::description() const {
  switch (end) {
    case ChildEnd::kExited:
      return fmt::format("left with exit status {}", exit_status);
    case ChildEnd::kSignalled:
      return "crashed: " + signalName(signal_number);
    case ChildEnd::kTimedOut:
      return fmt::format("hung: no end within {:g} s", time_limit_s);
    case ChildEnd::kOutOfMemory:
      return fmt::format("took more than {} MiB of memory", memory_limit_kib / 1024);
    case ChildEnd::kTooMuchOutput:
      return fmt::format("printed more than {} MiB", kOutputLimitBytes >> 20);
    case ChildEnd::kInterrupted:
      return "was interrupted";
  }
  std::abort();
}

ChildProcess::ChildProcess(const ChildCommand& command)
    : command_(command), started_(Clock::now()) {
  Pipe output;
  Pipe error;
  Pipe failure;
  std::vector<std::string> environment = mergedEnvironment(command_);
  const std::vector<char*> argument_pointers = pointers(command_.arguments);
  const std::vector<char*> environment_pointers = pointers(environment);
  const pid_t parent = getpid();

  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "can't start a child");
  if (pid_ == 0) {
    becomeProgram(parent, argument_pointers.data(), environment_pointers.data(), output.write_end,
                  error.write_end, failure.write_end);
  }
  // Both sides set it: whoever comes first, the group exists before anyone signals it.
  setpgid(pid_, pid_);
  closeIfOpen(failure.write_end);
  int reason = 0;
  if (read(failure.read_end, &reason, sizeof reason) == sizeof reason) {
    waitpid(pid_, nullptr, 0);
    throw UserError(fmt::format("can't run {}: {}; is it built? (cmake --build build)",
                                command_.arguments.front(),
                                std::generic_category().message(reason)));
  }
  // glibc 2.36 declares pidfd_open() without C linkage, so C++ can't link it.
  pid_descriptor_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  output_ = std::exchange(output.read_end, -1);
  error_ = std::exchange(error.read_end, -1);
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    ChildResult unused;
    killGroupAndReap(unused);
  }
  closeIfOpen(pid_descriptor_);
  closeIfOpen(output_);
  closeIfOpen(error_);
}

ChildResult ChildProcess::wait() {
  ChildResult result;
  result.time_limit_s = command_.time_limit_s;
  result.memory_limit_kib = command_.memory_limit_kib;
  runUntilEnd(result);
  killGroupAndReap(result);
  result.seconds = secondsSince(started_);
  drain(result);
  result.error = validUtf8(result.error);
  return result;
}

void ChildProcess::runUntilEnd(ChildResult& result) {
  while (!isOverLimit(result)) {
    std::array<pollfd, 3> watched{pollfd{.fd = pid_descriptor_, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = output_, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = error_, .events = POLLIN, .revents = 0}};
    if (poll(watched.data(), watched.size(), kPollIntervalMs) < 0) continue;  // EINTR
    if (watched[1].revents != 0) {
      readAvailable(output_, result.output, std::numeric_limits<std::size_t>::max());
    }
    if (watched[2].revents != 0) readAvailable(error_, result.error, command_.kept_error_bytes);
    if (watched[0].revents != 0) return;
  }
}

/// Appends what one read() gives and drops all but the last `kept_bytes`. Closes at the end.
void ChildProcess::readAvailable(int& descriptor, std::string& text, std::size_t kept_bytes) const {
  std::array<char, 65536> buffer{};
  const ssize_t size = read(descriptor, buffer.data(), buffer.size());
  if (size < 0 && errno == EINTR) return;
  if (size <= 0) return closeIfOpen(descriptor);
  text.append(buffer.data(), static_cast<std::size_t>(size));
  if (text.size() > kept_bytes) text.erase(0, text.size() - kept_bytes);
}

bool ChildProcess::isOverLimit(ChildResult& result) const {
  if (isInterrupted()) {
    result.end = ChildEnd::kInterrupted;
  } else if (secondsSince(started_) > command_.time_limit_s) {
    result.end = ChildEnd::kTimedOut;
  } else if (residentKib(pid_).value_or(0) > command_.memory_limit_kib) {
    result.end = ChildEnd::kOutOfMemory;
  } else if (result.output.size() > kOutputLimitBytes) {
    result.end = ChildEnd::kTooMuchOutput;
  } else {
    return false;
  }
  return true;
}

/// The leader is not reaped before, so its group can't be another's by now.
void ChildProcess::killGroupAndReap(ChildResult& result) {
  kill(-pid_, SIGKILL);
  int status = 0;
  rusage usage{};
  while (wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  result.peak_memory_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
  if (result.end != ChildEnd::kExited) return;
  if (WIFSIGNALED(status)) {
    result.end = ChildEnd::kSignalled;
    result.signal_number = WTERMSIG(status);
  } else {
    result.exit_status = WEXITSTATUS(status);
  }
}

void ChildProcess::drain(ChildResult& result) {
  const Clock::time_point start = Clock::now();
  while ((output_ >= 0 || error_ >= 0) && Clock::now() - start < kDrainLimit &&
         result.output.size() <= kOutputLimitBytes) {
    std::array<pollfd, 2> watched{pollfd{.fd = output_, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = error_, .events = POLLIN, .revents = 0}};
    if (poll(watched.data(), watched.size(), kPollIntervalMs) <= 0) continue;
    if (watched[0].revents != 0) {
      readAvailable(output_, result.output, std::numeric_limits<std::size_t>::max());
    }
    if (watched[1].revents != 0) readAvailable(error_, result.error, command_.kept_error_bytes);
  }
}

ChildResult runChild(const ChildCommand& command) {
  throwIfInterrupted();
  ChildResult result = ChildProcess(command).wait();
  if (result.end == ChildEnd::kInterrupted) throw Interrupted();
  return result;
}

}  // namespace sigproof::tool
