// For tests: an engine whose execution is a loop in the test.
//
//   RecordedExecution execution;
//   CpuLimit limit(limiter, execution, registry, {.soft_limit_ms = 10, .hard_limit_ms = 60});
//   EXPECT_TRUE(burnUntil([&] { return execution.isTerminated(); }));
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "core/limit/engine_execution.h"

namespace sigproof {

/// Execution counts as terminated from terminate() until recover(), as in an engine.
class RecordedExecution final : public EngineExecution {
 public:
  void terminate() noexcept override {
    ++terminations_;
    is_terminated_ = true;
  }
  void recover() noexcept override {
    ++recoveries_;
    is_terminated_ = false;
    if (on_recover_) on_recover_();
  }

  void followMemories() noexcept override { ++follows_; }
  void requestFollowMemories() noexcept override { ++follow_requests_; }

  bool isTerminated() const noexcept { return is_terminated_; }
  int terminations() const noexcept { return terminations_; }
  int recoveries() const noexcept { return recoveries_; }
  int follows() const noexcept { return follows_; }
  int followRequests() const noexcept { return follow_requests_; }
  void onRecover(std::function<void()> action) { on_recover_ = std::move(action); }

 private:
  std::atomic<bool> is_terminated_{false};
  std::atomic<int> terminations_{0};
  std::atomic<int> recoveries_{0};
  std::atomic<int> follows_{0};
  std::atomic<int> follow_requests_{0};
  std::function<void()> on_recover_;
};

}  // namespace sigproof
