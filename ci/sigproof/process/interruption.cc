#include "ci/sigproof/process/interruption.h"

#include <atomic>
#include <csignal>

#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler stores to it");

void noteInterruption(int) { interrupted.store(true); }

}  // namespace

void installInterruptionHandlers() {
  struct sigaction action{};
  action.sa_handler = noteInterruption;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // Who started us with a signal ignored (nohup, a shell's background job) wants it to stay so.
    struct sigaction former{};
    sigaction(signal, nullptr, &former);
    if (former.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

bool isInterrupted() { return interrupted.load(); }

void setInterrupted(bool is_interrupted) { interrupted.store(is_interrupted); }

void throwIfInterrupted() {
  if (isInterrupted()) throw Interrupted();
}

}  // namespace sigproof::tool
