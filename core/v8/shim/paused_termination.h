// V8 refuses every call, however small, while execution is being terminated. Work that must be done
// even then, and that runs no JavaScript, is done in this scope:
//   {
//     const PausedTermination paused(isolate);
//     object->GetPrivate(context, key);
//   }
#pragma once

#include <v8.h>

namespace sigproof {

/// Suspends an active termination for this scope and requests it again at the end. Changes nothing
/// if a termination is only requested, or if there is none. Isolate's thread.
class PausedTermination {
 public:
  explicit PausedTermination(v8::Isolate* isolate)
      : isolate_(isolate), is_terminating_(isolate->IsExecutionTerminating()) {
    if (is_terminating_) isolate_->CancelTerminateExecution();
  }
  ~PausedTermination() {
    if (is_terminating_) isolate_->TerminateExecution();
  }
  PausedTermination(const PausedTermination&) = delete;
  PausedTermination& operator=(const PausedTermination&) = delete;

 private:
  v8::Isolate* isolate_;
  const bool is_terminating_;
};

}  // namespace sigproof
