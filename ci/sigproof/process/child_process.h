// Runs one program as a child, with limits, and says how it ended.
//
//   const ChildResult result = runChild({.arguments = {"build/libexec/sigproof-models", "--list"},
//                                        .time_limit_s = 10});
//   if (result.end != ChildEnd::kExited) complain(result.description());
//
// The child leads a process group of its own, reads nothing (/dev/null), and dies with the tool
// whatever ends the tool. On a limit or an interruption the whole group is killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sigproof::tool {

/// OSS-Fuzz's own limit for one process: what passes here passes there.
inline constexpr std::uint64_t kDefaultMemoryLimitKib = std::uint64_t{2560} * 1024;
/// Enough for a sanitizer's whole report, and small enough for results.json.
inline constexpr std::size_t kDefaultKeptErrorBytes = std::size_t{64} * 1024;
/// A record with a long interleaving is far below it; a child that prints without end is not.
inline constexpr std::size_t kOutputLimitBytes = std::size_t{16} * 1024 * 1024;

struct ChildCommand {
  std::vector<std::string> arguments;  ///< the first is the program: a path, or a name in PATH
  /// Set on top of our own. (Without an initializer clang warns wherever it is left out.)
  std::vector<std::pair<std::string, std::string>> environment = {};
  double time_limit_s = 0;                                  ///< wall clock
  std::uint64_t memory_limit_kib = kDefaultMemoryLimitKib;  ///< resident set
  std::size_t kept_error_bytes = kDefaultKeptErrorBytes;    ///< the last of stderr
};

enum class ChildEnd : std::uint8_t {
  kExited,         ///< by itself: exit_status says how
  kSignalled,      ///< by a signal that we didn't send
  kTimedOut,       ///< killed: over time_limit_s
  kOutOfMemory,    ///< killed: over memory_limit_kib
  kTooMuchOutput,  ///< killed: over kOutputLimitBytes
  kInterrupted,    ///< killed: the tool itself is asked to stop
};

struct ChildResult {
  ChildEnd end = ChildEnd::kExited;
  int exit_status = 0;    ///< where end is kExited
  int signal_number = 0;  ///< where end is kSignalled
  double seconds = 0;     ///< wall clock
  /// As the kernel counted it. It counts what stood before exec() too, so it is never below the
  /// tool's own few MiB.
  std::uint64_t peak_memory_kib = 0;
  std::string output;  ///< all of stdout
  std::string error;   ///< the last of stderr, valid UTF-8

  /// "crashed: signal 6 (Aborted)", "hung: no end within 60 s", "left with exit status 4".
  std::string description() const;

  double time_limit_s = 0;
  std::uint64_t memory_limit_kib = 0;
};

class ChildProcess {
 public:
  /// Starts it. Throws UserError if the program can't be run.
  explicit ChildProcess(const ChildCommand& command);
  /// Kills the group if wait() was not called or threw.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Collects what it prints until it ends or reaches a limit. Once.
  ChildResult wait();

 private:
  void runUntilEnd(ChildResult& result);
  void readAvailable(int& descriptor, std::string& text, std::size_t kept_bytes) const;
  bool isOverLimit(ChildResult& result) const;
  void killGroupAndReap(ChildResult& result);
  void drain(ChildResult& result);

  ChildCommand command_;
  std::chrono::steady_clock::time_point started_;
  pid_t pid_ = -1;
  int pid_descriptor_ = -1;
  int output_ = -1;
  int error_ = -1;
};

/// ChildProcess(command).wait(); throws Interrupted if the tool was asked to stop meanwhile.
ChildResult runChild(const ChildCommand& command);

}  // namespace sigproof::tool
