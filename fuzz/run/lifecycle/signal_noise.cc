#include "fuzz/run/lifecycle/signal_noise.h"

#include <chrono>

#include "core/testing/real_signals.h"

namespace sigproof::fuzz {

SignalNoise::SignalNoise(int signal_number, const NoiseOptions& options)
    : signal_number_(signal_number), options_(options) {
  if (options.has_sender || options.has_watchdog) thread_ = std::thread([this] { run(); });
}

void SignalNoise::aimAtThread(std::size_t target, pid_t thread_id) {
  Aim& aim = aims_.at(target);
  const std::lock_guard lock(aim.mutex);
  aim.thread_id = thread_id;
}

void SignalNoise::aimAtRegistry(std::size_t target, SignalRegistry<>* registry) {
  Aim& aim = aims_.at(target);
  const std::lock_guard lock(aim.mutex);
  aim.registry = registry;
  aim.delivered.reset();
}

void SignalNoise::stop() {
  is_over_ = true;
  if (thread_.joinable()) thread_.join();
}

std::optional<SignalNoise::Generation> SignalNoise::delivered(std::size_t target) {
  Aim& aim = aims_.at(target);
  const std::lock_guard lock(aim.mutex);
  return aim.delivered;
}

void SignalNoise::strike(Aim& aim) {
  const std::lock_guard lock(aim.mutex);
  if (options_.has_sender && aim.thread_id != 0) sendAsTimer(aim.thread_id, signal_number_);
  if (options_.has_watchdog && aim.registry != nullptr) {
    const Generation generation = aim.registry->generation();
    aim.registry->deliver(generation);
    aim.delivered = generation;
  }
}

void SignalNoise::run() {
  for (unsigned strikes = 0; strikes < NoiseOptions::kMostStrikes && !is_over_; ++strikes) {
    for (Aim& aim : aims_) strike(aim);
    std::this_thread::sleep_for(std::chrono::microseconds(options_.pause_us));
  }
}

}  // namespace sigproof::fuzz
