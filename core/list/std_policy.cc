#include "core/list/std_policy.h"

#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace sigproof {

void StdPolicy::yield() noexcept { sched_yield(); }

void StdPolicy::reportMisuse(const char* message) noexcept {
  char line[256] = "sigproof: ";
  std::strncat(line, message, sizeof line - std::strlen(line) - 2);
  std::strcat(line, "\n");
  // The process aborts next, so a failed write can't be reported.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, std::strlen(line));
  std::abort();
}

}  // namespace sigproof
