// What the CPU limit needs from an engine: to stop execution, to allow it again, and to follow
// memories that the engine moved. For V8: core/v8/isolate_execution.h.
#pragma once

namespace sigproof {

class EngineExecution {
 public:
  virtual ~EngineExecution() = default;

  /// Stops execution as soon as the engine can. Execution unwinds, and the program can't catch
  /// that. If nothing executes, the next execution is stopped. Called on the watchdog's thread, at
  /// any moment of the isolate's thread; may be called several times. Not signal-safe.
  virtual void terminate() noexcept = 0;

  /// Undoes terminate(), so that the isolate can execute again. Called on the isolate's thread when
  /// execution has unwound.
  virtual void recover() noexcept = 0;

  /// Moves the entries of the isolate's registry to memories that the engine moved (D3). Called on
  /// the isolate's thread before the terminated words are written.
  virtual void followMemories() noexcept = 0;

  /// Requests followMemories() for as soon as the isolate's thread can, also in the middle of
  /// execution. Called on the watchdog's thread, after a warning. Not signal-safe.
  virtual void requestFollowMemories() noexcept = 0;
};

}  // namespace sigproof
