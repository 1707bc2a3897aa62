// V8 refuses every call, however small, while execution is being terminated. What has to be done
// all the same, and runs no JavaScript, is done in the scope of one of these:
//
//   {
//     const PausedTermination paused(isolate);
//     object->GetPrivate(context, key);
//   }
#pragma once

#include <v8.h>

namespace sigproof {

/// Lets a termination that has taken effect rest, and requests it again in the end. One that is
/// only requested is left alone, and so is everything where none is. Isolate's thread.
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
