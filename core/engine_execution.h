// What the CPU limit asks of an engine: to stop what an isolate executes, and to let it go on
// later. For V8: core/v8/isolate_execution.h.
#pragma once

namespace sigproof {

class EngineExecution {
 public:
  virtual ~EngineExecution() = default;

  /// Stops execution as soon as the engine can: it unwinds, uncatchably for the program. Where
  /// nothing executes, the next execution is stopped. Called on the watchdog's thread, while the
  /// isolate's thread may be anywhere; may be called several times. Not signal-safe.
  virtual void terminate() noexcept = 0;

  /// Takes terminate() back, so that the isolate can execute again. Called on the isolate's thread,
  /// when execution has unwound.
  virtual void recover() noexcept = 0;
};

}  // namespace sigproof
