// The CPU limit's hold on a V8 isolate.
//
//   IsolateExecution execution(isolate);
//   CpuLimit limit(limiter, execution, signals->registry(), {.soft_limit_ms = 50, ...});
#pragma once

#include <v8.h>

#include "core/limit/engine_execution.h"
#include "core/v8/isolate_signals.h"

namespace sigproof {

/// Threads: as EngineExecution says. V8's TerminateExecution and RequestInterrupt take a lock,
/// which is why a watchdog calls them and a signal handler never does. Where the embedder uses
/// v8::Locker, a scope that settles a kill is left with the isolate locked: otherwise memories that
/// moved in that budget are followed later, and their terminated words are not marked.
class IsolateExecution final : public EngineExecution {
 public:
  /// `isolate` outlives this object.
  explicit IsolateExecution(v8::Isolate* isolate) noexcept : isolate_(isolate) {}

  void terminate() noexcept override { isolate_->TerminateExecution(); }
  void recover() noexcept override { isolate_->CancelTerminateExecution(); }

  void followMemories() noexcept override {
    IsolateSignals* signals = IsolateSignals::of(isolate_);
    if (signals == nullptr) return;
    if (v8::Locker::IsActive() && !v8::Locker::IsLocked(isolate_)) {
      requestFollowMemories();
    } else {
      signals->followMemories();
    }
  }

  void requestFollowMemories() noexcept override {
    IsolateSignals::requestFollowMemories(isolate_);
  }

 private:
  v8::Isolate* const isolate_;
};

}  // namespace sigproof
