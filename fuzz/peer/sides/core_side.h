// Our side: V8 10.2 with `core`, in a process of its own, so that a crash is a verdict too.
//
//   CoreSide core({.driver = defaultDriver()});
//   const std::vector<Verdict> verdicts = core.run(cases);
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fuzz/peer/sides/child.h"
#include "fuzz/peer/sides/side.h"

namespace sigproof::peer {

std::filesystem::path defaultDriver();

class CoreSide : public Side {
 public:
  struct Options {
    std::filesystem::path driver;
    /// Off: the engine alone, for what the oracle takes to be the engine's own.
    bool is_core_on = true;
  };

  /// Precondition: this process has started neither the engine nor a thread. Throws
  /// std::runtime_error.
  explicit CoreSide(Options options);
  ~CoreSide() override;

  std::string version() const override;
  /// The process of now.
  pid_t pid() const { return child_->pid(); }

 protected:
  void send(const Batch& batch) override;
  std::string receive(std::chrono::milliseconds time_limit) override;
  void restart() override;

 private:
  void start();
  [[noreturn]] void throwDeath(const std::string& lost);

  const Options options_;
  std::optional<Child> child_;
  int socket_ = -1;
};

}  // namespace sigproof::peer
