#include "fuzz/peer/sides/child.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace sigproof::peer {
namespace {

constexpr std::size_t kKeptErrorBytes = 2048;

std::string lastLineOf(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Child::Child(const std::function<int()>& body) : error_(memfd_create("stderr", MFD_CLOEXEC)) {
  const pid_t parent = getpid();
  pid_ = error_ < 0 ? -1 : fork();
  if (pid_ < 0) {
    const std::string reason = std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): one thread
    if (error_ >= 0) close(error_);
    throw std::runtime_error("no child process can be started: " + reason);
  }
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Crashes are expected here now and then; their core files are not.
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (getppid() != parent || dup2(error_, STDERR_FILENO) < 0) _exit(1);
  int status = 1;
  try {
    status = body();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  // Not exit(): what is to be done at the end, and what stands in buffers, is the parent's.
  _exit(status);
}

Child::~Child() {
  if (!has_ended_) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  close(error_);
}

bool Child::hasEnded() {
  if (!has_ended_) has_ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
  return has_ended_;
}

std::string Child::lastError() const {
  const off_t size = lseek(error_, 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(kKeptErrorBytes));
  std::string text(static_cast<std::size_t>(size - begin), '\0');
  const ssize_t count = pread(error_, text.data(), text.size(), begin);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return lastLineOf(std::move(text));
}

std::string Child::endText() {
  std::string text;
  if (!hasEnded()) {
    text = "hung";
  } else if (WIFSIGNALED(status_)) {
    const char* description = sigdescr_np(WTERMSIG(status_));
    text = fmt::format("crashed: signal {} ({})", WTERMSIG(status_),
                       description == nullptr ? "unknown" : description);
  } else {
    text = fmt::format("left with exit status {}", WEXITSTATUS(status_));
  }
  const std::string said = lastError();
  return said.empty() ? text : fmt::format("{}; last said: {}", text, said);
}

}  // namespace sigproof::peer
