// What the CPU limit asks of an engine: to stop what an isolate executes, to let it go on later,
// and to say where memories are that it moved. For V8: core/v8/isolate_execution.h.
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

  /// Lets the entries of the isolate's registry follow memories that the engine moved (D3). Called
  /// on the isolate's thread, before the words of the terminated are marked.
  virtual void followMemories() noexcept = 0;

  /// Has the same done as soon as the isolate's thread can, in the middle of what it executes too.
  /// Called on the watchdog's thread, after a warning. Not signal-safe.
  virtual void requestFollowMemories() noexcept = 0;
};

}  // namespace sigproof
