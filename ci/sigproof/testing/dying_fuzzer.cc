// A fuzz target that ends as its input says, for the tests of what the tool makes of each end.
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "fuzz/support/record/report_violation.h"
#include "fuzz/support/record/statistics.h"
#include "fuzz/support/record/target_description.h"

namespace sigproof::fuzz {
namespace {

// Of functions of their own, so that reports have names to show. Volatile, so that the optimiser
// doesn't see what is wrong.
[[gnu::noinline]] int touchWhatIsFreed() {
  int* volatile number = new int(1);
  delete number;
  return *number;
}

[[gnu::noinline]] int overflow() {
  volatile int number = 2147483647;
  return number + 1;
}

[[gnu::noinline]] void leak() {
  [[maybe_unused]] static volatile std::uintptr_t hidden = 0;
  hidden = ~reinterpret_cast<std::uintptr_t>(new int[7]);
}

[[gnu::noinline]] void useMuchMemory() {
  constexpr std::size_t kChunk = std::size_t{64} * 1024 * 1024;
  std::vector<std::vector<char>> chunks;
  while (chunks.size() < 64) chunks.emplace_back(kChunk, 'x');
}

[[gnu::noinline]] void hang() {
  for (volatile bool is_over = false; !is_over;) usleep(1000);
}

}  // namespace

const TargetDescription kTargetDescription{.properties = {"L1", "L2"},
                                           .covered = "ways to end",
                                           .cannot_see = "what nobody thought of",
                                           .engine = "no engine"};

int runInput(std::span<const std::uint8_t> input) {
  ++Statistics::counter("runs");
  ++Statistics::counter("rules/L1");
  switch (input.empty() ? 0 : input[0]) {
    case 'v':
      reportViolation({"R6/D1", "expected\nnothing, saw \"a write\""}, [] { return "(module)\n"; });
    case 'n':
      reportFault("the harness", "can't go on");
    case 'a':
      return touchWhatIsFreed() == 2 ? -1 : 0;
    case 'u':
      return overflow() == 2 ? -1 : 0;
    case 'l':
      leak();
      return 0;
    case 's':
      raise(SIGSEGV);
      return 0;
    case 'b':
      std::abort();
    case 'h':
      hang();
      return 0;
    case 'o':
      useMuchMemory();
      return 0;
    case 'k':
      raise(SIGKILL);
      return 0;
    case 'e':
      std::exit(3);  // NOLINT(concurrency-mt-unsafe): there is one thread
    case 'q':
      _exit(0);
    default:
      return 0;
  }
}

}  // namespace sigproof::fuzz
