// Runs a lifecycle program: isolates of V8 with core and a CPU limit, on threads of their own, with
// real signals, timers and a watchdog; judges every word whenever all is quiet.
//
//   LifecycleRunner(makeLifecycleProgram(source)).run();     // aborts on a violation
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>

#include "core/limit/cpu_limit.h"
#include "core/v8/testing/moving_isolate.h"
#include "fuzz/generate/lifecycle_program.h"
#include "fuzz/oracles/lifecycle_oracle.h"
#include "fuzz/run/lifecycle/signal_noise.h"

namespace sigproof::fuzz {

class LifecycleRunner {
 public:
  /// Starts the engine with the first one of a process.
  explicit LifecycleRunner(const LifecycleProgram& program);

  /// Reports the first violation and aborts. The verdict doesn't depend on the moments of signals:
  /// the same program gives the same verdict, but not the same interleaving.
  void run();

 private:
  struct World {
    std::unique_ptr<MovingIsolate> isolate;
    LifecycleOracle oracle;
  };
  class Turn;

  void takeTurn(std::size_t index, const LifecyclePhase& phase, SignalNoise& noise,
                const std::function<void()>& wait_until_quiet);
  void runPhase(const LifecyclePhase& phase);
  void count() const;

  const LifecycleProgram& program_;
  CpuLimiter& limiter_;
  std::array<World, 2> worlds_;
};

}  // namespace sigproof::fuzz
