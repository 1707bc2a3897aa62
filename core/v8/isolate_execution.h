// Lets the CPU limit terminate a V8 isolate and follow its memories.
//
//   IsolateExecution execution(isolate);
//   CpuLimit limit(limiter, execution, signals->registry(), {.soft_limit_ms = 50, ...});
#pragma once

#include <v8.h>

#include "core/limit/engine_execution.h"
#include "core/v8/isolate_signals.h"

namespace sigproof {

/// Threads: as EngineExecution says. V8's TerminateExecution and RequestInterrupt take a lock, so a
/// watchdog may call them and a signal handler must not. Where the embedder uses v8::Locker, it
/// must hold the isolate's lock when it leaves a scope that settles a kill. Otherwise entries whose
/// memory moved in that budget follow later, and their terminated words stay 0.
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
