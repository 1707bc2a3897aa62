// The other runtime: workerd of npm, listening on a socket of the abstract unix namespace.
//
//   WorkerdSide workerd({.program = defaultWorkerd(), .config = defaultWorkerdConfig()});
//   const std::vector<Verdict> verdicts = workerd.run(cases);
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fuzz/peer/sides/child.h"
#include "fuzz/peer/sides/side.h"

namespace sigproof::peer {

/// Where npm put the program, and the configuration that it is started with. The environment
/// variable SIGPROOF_WORKERD names another program.
std::filesystem::path defaultWorkerd();
std::filesystem::path defaultWorkerdConfig();

class WorkerdSide final : public Side {
 public:
  struct Options {
    std::filesystem::path program;
    std::filesystem::path config;
    /// How long it may take until it listens.
    std::chrono::milliseconds start_time_limit{20000};
  };

  /// Starts it. Throws std::runtime_error with one sentence if it doesn't listen in time.
  explicit WorkerdSide(Options options);
  ~WorkerdSide() override;

  std::string version() const override { return version_; }
  /// The process of now.
  pid_t pid() const { return child_->pid(); }

 protected:
  /// Only keeps it: the request is made when the answer is waited for.
  void send(const Batch& batch) override;
  std::string receive(std::chrono::milliseconds time_limit) override;
  void restart() override;

 private:
  void start();
  bool isListening() const;

  const Options options_;
  std::string version_;
  std::string socket_name_;
  std::string request_;
  std::optional<Child> child_;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_{nullptr,
                                                                       &curl_slist_free_all};
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_{nullptr, &curl_easy_cleanup};
};

}  // namespace sigproof::peer
