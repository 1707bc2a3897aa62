// A registry with modules whose whole memory is watched, and what a handler's delivery does to
// them.
//
//   RegistryWorld<SignalRegistry<>> world({.protocol = SignalProtocol::address()});
//   world.addModule({.role = Role::kListening, .signal = 8, .terminated = 16});
//   CaseRun<DeliveryState> run(world);
//   world.registerModules();                        // after the heap was redirected
//   run.step(plan, [&]() noexcept { world.registry().dropDead(); });
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/registry/signal_registry.h"
#include "models/stepping/judge/case_run.h"
#include "models/stepping/judge/delivery_judge.h"
#include "models/stepping/judge/look_fault.h"

namespace sigproof::stepping {

/// Bytes of a module's memory.
inline constexpr std::uint64_t kMemoryBytes = 64;

/// A module as a case describes it. `role` is its part in the stepped call.
struct ModulePlan {
  Role role = Role::kListening;
  std::optional<std::uint64_t> signal = 8;
  std::optional<std::uint64_t> terminated = 16;
  std::uint32_t terminated_before = 0;
  std::uint32_t terminated_after = 0;
  bool is_registered_before = true;
  bool is_terminated_by_itself = false;  ///< sets its terminated word once it is registered
  bool is_collected = false;             ///< the engine told so
};

/// A linear memory between two guards, filled with a pattern that has no zero byte.
class WatchedMemory {
 public:
  explicit WatchedMemory(const ModulePlan& plan);

  /// For the registry: keeps count of its life, and of uses after it.
  OwnedSpan span();

  std::uint32_t readSignal() const noexcept { return plan_.signal ? read(*plan_.signal) : 0; }
  void writeSignal(std::uint32_t value) noexcept { write(*plan_.signal, value); }
  std::uint32_t readTerminated() const noexcept {
    return plan_.terminated ? read(*plan_.terminated) : 0;
  }
  void writeTerminated(std::uint32_t value) noexcept { write(*plan_.terminated, value); }

  /// Whether every byte but the words', guards included, is as it was at first.
  bool isIntact() const noexcept;
  bool isReleased() const noexcept { return is_released_; }
  bool isTouchedAfterRelease() const noexcept { return is_touched_after_release_; }
  const ModulePlan& plan() const noexcept { return plan_; }

 private:
  static constexpr std::size_t kGuardBytes = 16;
  static constexpr std::size_t kAllBytes = kMemoryBytes + 2 * kGuardBytes;

  static std::size_t byteLength(const void* owner) noexcept;

  // A word that lies outside (a module that is to be refused) reads as 0.
  static bool isInside(std::uint64_t offset) noexcept { return offset <= kMemoryBytes - 4; }
  std::uint32_t read(std::uint64_t offset) const noexcept;
  void write(std::uint64_t offset, std::uint32_t value) noexcept;
  void excludeWord(std::optional<std::uint64_t> offset);

  ModulePlan plan_;
  alignas(8) std::array<std::byte, kAllBytes> bytes_{};
  std::array<std::byte, kAllBytes> initial_{};
  std::array<bool, kAllBytes> is_watched_{};
  bool is_released_ = false;
  mutable bool is_touched_after_release_ = false;
};

template <class Registry>
class RegistryWorld final : public World<DeliveryState> {
 public:
  explicit RegistryWorld(const typename Registry::Options& options) {
    new (storage_.data()) Registry(options);
  }
  ~RegistryWorld() override = default;  // see destroyRegistry()
  RegistryWorld(const RegistryWorld&) = delete;
  RegistryWorld& operator=(const RegistryWorld&) = delete;

  Registry& registry() noexcept {
    return *std::launder(reinterpret_cast<Registry*>(storage_.data()));
  }
  WatchedMemory& module(std::size_t index) noexcept { return *modules_[index]; }
  std::size_t moduleCount() const noexcept { return modules_.size(); }

  /// In the order of registration. The memory is not the redirected heap's.
  void addModule(const ModulePlan& plan) {
    modules_.push_back(std::make_unique<WatchedMemory>(plan));
    const std::uint32_t initial = modules_.back()->readSignal();
    expectation_.modules.push_back(
        {plan.role, initial, plan.terminated_before, plan.terminated_after});
  }
  /// The stepped call ends so many generations, by renewals or without.
  void expectGenerations(std::uint32_t ended, bool is_renewing) noexcept {
    expectation_.ended_generations = ended;
    expectation_.is_renewing = is_renewing;
  }

  /// Brings the registry to where the stepped call finds it.
  void registerModules() {
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      WatchedMemory& module = *modules_[i];
      const ModulePlan& plan = module.plan();
      if (!plan.is_registered_before) continue;
      auto* entry = registry().add(module.span(), {plan.signal, plan.terminated}, nullptr).entry;
      if (entry == nullptr) continue;  // the first look will tell
      entries_[i] = entry;
      if (plan.is_terminated_by_itself) module.writeTerminated(plan.terminated_before);
      if (plan.is_collected) entry->markDead();
      if (plan.role == Role::kSilent) expectation_.modules[i].signal_initial = module.readSignal();
    }
  }

  /// The entry of a module that registerModules() registered.
  typename Registry::Entry& entry(std::size_t index) noexcept { return *entries_[index]; }

  /// As ListWorld::destroyList().
  void destroyRegistry() noexcept {
    is_registry_destroyed_ = true;
    registry().~Registry();
  }
  bool isRegistryDestroyed() const noexcept { return is_registry_destroyed_; }

  /// What the handler does near the limit, and what came of it.
  void look(DeliveryState& state, Action& action) noexcept override {
    constexpr int kErrnoMark = 77;
    state.module_count = static_cast<std::uint32_t>(modules_.size());
    DeliveryState* interrupted = std::exchange(interrupted_, &state);
    const std::size_t earlier_inner = std::exchange(inner_looks_, 0);
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      prepareModule(*modules_[i], state.modules[i]);
      if (interrupted != nullptr) forgetPreparation(interrupted->modules[i], state.modules[i]);
    }
    errno = kErrnoMark;
    lookAtLevel(state);
    if (interrupted != nullptr) {
      // What the interrupted look has made of the level is not the call's doing.
      state.was_warned = state.was_warned && (earlier_inner > 0 || interrupted->was_warned);
    }
    action.run(
        [&]() noexcept { state.written = static_cast<std::uint32_t>(registry().deliver()); });
    if (inner_looks_ > 0) state.was_warned = registry().isWarned();
    if (errno != kErrnoMark) state.fault = LookFault::kErrnoChanged;
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      inspectModule(*modules_[i], state.modules[i], interrupted != nullptr);
      if (interrupted != nullptr) noteDelivery(state.modules[i], interrupted->modules[i]);
    }
    interrupted_ = interrupted;
    inner_looks_ = earlier_inner + 1;
  }

  // What the level is, and that a signal of the first generation is heard in no later one.
  void lookAtLevel(DeliveryState& state) noexcept {
    state.generation = static_cast<std::uint32_t>(registry().generation());
    state.was_warned = registry().isWarned();
    if (state.generation == 0) return;
    state.is_late_signal_heard = registry().deliver(0) != 0;
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      if (modules_[i]->plan().role != Role::kListening || !modules_[i]->plan().signal) continue;
      if (modules_[i]->readSignal() != kSentinel) state.is_late_signal_heard = true;
    }
  }

  std::optional<Violation> judge(std::span<const DeliveryState> states) const override {
    return judgeDeliveries(states, expectation_);
  }

 private:
  // Puts the sentinel where a delivery must leave its mark, or must not; not where the word's own
  // way to publication is watched.
  static void prepareModule(WatchedMemory& module, ModuleState& state) noexcept {
    const Role role = module.plan().role;
    state.signal_before = module.readSignal();
    if (role == Role::kSilent || !module.plan().signal) return;
    if (role != Role::kJoining || state.signal_before == kWarning) module.writeSignal(kSentinel);
  }

  // A look that interrupts another finds what that one put into the word, or delivered; what counts
  // is what was there before both.
  static void forgetPreparation(const ModuleState& interrupted, ModuleState& state) noexcept {
    if (state.signal_before == kSentinel || state.signal_before == kWarning) {
      state.signal_before = interrupted.signal_before;
    }
  }

  // What a look has delivered is there for the look that it interrupted.
  static void noteDelivery(const ModuleState& state, ModuleState& interrupted) noexcept {
    if (state.signal_after == kWarning) interrupted.signal_before = kWarning;
  }

  static void inspectModule(WatchedMemory& module, ModuleState& state,
                            bool is_interrupting) noexcept {
    state.signal_after = module.readSignal();
    state.terminated = module.readTerminated();
    state.is_intact = module.isIntact();
    state.is_touched_after_release =
        module.isTouchedAfterRelease() || (module.isReleased() && state.signal_after == kWarning);
    // Not published yet: what the call wrote there must still be there when it is.
    if (!is_interrupting && module.plan().role == Role::kSuccessor &&
        state.signal_after == kSentinel) {
      module.writeSignal(state.signal_before);
    }
  }

  DeliveryExpectation expectation_;
  std::vector<std::unique_ptr<WatchedMemory>> modules_;
  std::array<typename Registry::Entry*, kMaxModules> entries_{};
  bool is_registry_destroyed_ = false;
  std::size_t inner_looks_ = 0;           // that have interrupted the look that runs
  DeliveryState* interrupted_ = nullptr;  // the look that runs, for the one that interrupts it
  alignas(Registry) std::array<std::byte, sizeof(Registry)> storage_;
};

}  // namespace sigproof::stepping
