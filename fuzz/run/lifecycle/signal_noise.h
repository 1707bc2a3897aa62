// Real signals from elsewhere: a thread that sends the limit's signal to threads that run isolates,
// and delivers to their registries as a watchdog does.
//
//   SignalNoise noise(limiter.signalNumber(), {.has_sender = true, .pause_us = 60});
//   noise.aimAtThread(0, gettid());
//   noise.aimAtRegistry(0, &isolate.registry());
//   ...
//   noise.aimAtRegistry(0, nullptr);       // before the registry is destroyed
//   noise.stop();                          // from here on nothing is on its way but to handlers
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>

#include "core/registry/signal_registry.h"
#include "fuzz/generate/lifecycle_program.h"

namespace sigproof::fuzz {

class SignalNoise {
 public:
  static constexpr std::size_t kTargets = 2;
  using Generation = SignalRegistry<>::Generation;

  SignalNoise(int signal_number, const NoiseOptions& options);
  ~SignalNoise() { stop(); }
  SignalNoise(const SignalNoise&) = delete;
  SignalNoise& operator=(const SignalNoise&) = delete;

  /// 0: no thread. A thread aims at itself, and away again before it ends.
  void aimAtThread(std::size_t target, pid_t thread_id);
  /// Null: no registry. When it returns, no delivery to the one before is under way. Forgets what
  /// was delivered to that.
  void aimAtRegistry(std::size_t target, SignalRegistry<>* registry);

  /// Waits for the last signal to be sent.
  void stop();

  /// The generation of the last delivery to the registry that has ended.
  std::optional<Generation> delivered(std::size_t target);

 private:
  struct Aim {
    std::mutex mutex;
    pid_t thread_id = 0;
    SignalRegistry<>* registry = nullptr;
    std::optional<Generation> delivered;
  };

  void run();
  void strike(Aim& aim);

  const int signal_number_;
  const NoiseOptions options_;
  std::array<Aim, kTargets> aims_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

}  // namespace sigproof::fuzz
