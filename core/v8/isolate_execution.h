// The CPU limit's hold on a V8 isolate.
//
//   IsolateExecution execution(isolate);
//   CpuLimit limit(limiter, execution, signals->registry(), {.soft_limit_ms = 50, ...});
#pragma once

#include <v8.h>

#include "core/engine_execution.h"

namespace sigproof {

/// Threads: as EngineExecution says. V8's TerminateExecution takes a lock, which is why a watchdog
/// calls it and a signal handler never does.
class IsolateExecution final : public EngineExecution {
 public:
  /// `isolate` outlives this object.
  explicit IsolateExecution(v8::Isolate* isolate) noexcept : isolate_(isolate) {}

  void terminate() noexcept override { isolate_->TerminateExecution(); }
  void recover() noexcept override { isolate_->CancelTerminateExecution(); }

 private:
  v8::Isolate* const isolate_;
};

}  // namespace sigproof
