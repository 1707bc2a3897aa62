// A child process that lives as long as its object: killed with it, and with this program.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace sigproof::peer {

class Child {
 public:
  /// Forks. `body` runs in the child, with stdin and stdout as they are and stderr in a file of
  /// memory; the child leaves with what it returns, and flushes no buffer. It may call exec. Throws
  /// std::runtime_error.
  explicit Child(const std::function<int()>& body);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  /// Whether it has ended by itself; then endText() says how.
  bool hasEnded();
  /// How it ended: "crashed: signal 11 (Segmentation fault)", "left with exit status 1", and the
  /// last line that it wrote to stderr. Of one that hasn't ended: "hung", and that line.
  std::string endText();

 private:
  std::string lastError() const;

  pid_t pid_ = -1;
  int error_ = -1;
  bool has_ended_ = false;
  int status_ = 0;
};

}  // namespace sigproof::peer
