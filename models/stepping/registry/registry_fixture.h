// A registry with modules whose whole memory is watched, and what a handler's delivery does to
// them.
//
//   RegistryFixture<SignalRegistry<>> fixture({.protocol = SignalProtocol::address()});
//   fixture.addModule({.role = Role::kListening, .signal = 8, .terminated = 16});
//   CaseRun<DeliveryState> run(fixture);
//   fixture.registerModules();                        // after the heap was redirected
//   run.step(plan, [&]() noexcept { fixture.registry().dropDead(); });
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

/// The size of a module's memory.
inline constexpr std::uint64_t kMemoryBytes = 64;

/// A module of a case. `role` is its part in the stepped call.
struct ModulePlan {
  Role role = Role::kListening;
  std::optional<std::uint64_t> signal = 8;
  std::optional<std::uint64_t> terminated = 16;
  std::uint32_t terminated_before = 0;
  std::uint32_t terminated_after = 0;
  bool is_registered_before = true;
  bool is_terminated_by_itself = false;  ///< sets its terminated word once it is registered
  bool is_collected = false;             ///< the engine collected its instance
};

/// A linear memory between two guards, filled with a pattern without a zero byte.
class WatchedMemory {
 public:
  explicit WatchedMemory(const ModulePlan& plan);

  /// The registry gets this span, which detects its release and any later use.
  OwnedSpan span();

  std::uint32_t readSignal() const noexcept { return plan_.signal ? read(*plan_.signal) : 0; }
  void writeSignal(std::uint32_t value) noexcept { write(*plan_.signal, value); }
  std::uint32_t readTerminated() const noexcept {
    return plan_.terminated ? read(*plan_.terminated) : 0;
  }
  void writeTerminated(std::uint32_t value) noexcept { write(*plan_.terminated, value); }

  /// Returns whether every byte except the words', guards included, has its first value.
  bool isIntact() const noexcept;
  bool isReleased() const noexcept { return is_released_; }
  bool isTouchedAfterRelease() const noexcept { return is_touched_after_release_; }
  const ModulePlan& plan() const noexcept { return plan_; }

 private:
  static constexpr std::size_t kGuardBytes = 16;
  static constexpr std::size_t kAllBytes = kMemoryBytes + 2 * kGuardBytes;

  static std::size_t byteLength(const void* owner) noexcept;

  // A word outside the memory (of a module that is to be refused) reads as 0.
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
class RegistryFixture final : public Fixture<DeliveryState> {
 public:
  explicit RegistryFixture(const typename Registry::Options& options) {
    new (storage_.data()) Registry(options);
  }
  ~RegistryFixture() override = default;  // see destroyRegistry()
  RegistryFixture(const RegistryFixture&) = delete;
  RegistryFixture& operator=(const RegistryFixture&) = delete;

  Registry& registry() noexcept {
    return *std::launder(reinterpret_cast<Registry*>(storage_.data()));
  }
  WatchedMemory& module(std::size_t index) noexcept { return *modules_[index]; }
  std::size_t moduleCount() const noexcept { return modules_.size(); }

  /// Call it in the order of registration. The memory does not come from the redirected heap.
  void addModule(const ModulePlan& plan) {
    modules_.push_back(std::make_unique<WatchedMemory>(plan));
    const std::uint32_t initial = modules_.back()->readSignal();
    expectation_.modules.push_back(
        {plan.role, initial, plan.terminated_before, plan.terminated_after});
  }
  /// Says how many generations the stepped call ends, and whether by renewals.
  void expectGenerations(std::uint32_t ended, bool is_renewing) noexcept {
    expectation_.ended_generations = ended;
    expectation_.is_renewing = is_renewing;
  }

  /// Brings the registry into the state before the stepped call.
  void registerModules() {
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      WatchedMemory& module = *modules_[i];
      const ModulePlan& plan = module.plan();
      if (!plan.is_registered_before) continue;
      auto* entry = registry().add(module.span(), {plan.signal, plan.terminated}, nullptr).entry;
      if (entry == nullptr) continue;  // the first look reports it
      entries_[i] = entry;
      if (plan.is_terminated_by_itself) module.writeTerminated(plan.terminated_before);
      if (plan.is_collected) entry->markDead();
      if (plan.role == Role::kSilent) expectation_.modules[i].signal_initial = module.readSignal();
    }
  }

  /// Returns the entry of a module that registerModules() registered.
  typename Registry::Entry& entry(std::size_t index) noexcept { return *entries_[index]; }

  /// Like ListFixture::destroyList().
  void destroyRegistry() noexcept {
    is_registry_destroyed_ = true;
    registry().~Registry();
  }
  bool isRegistryDestroyed() const noexcept { return is_registry_destroyed_; }

  /// Does what the handler does near the limit, and stores the result.
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
      // A change of the level by the interrupted look is not due to the call.
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

  // Stores the level, and whether a signal of the first generation still writes in a later one.
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
  // Puts the sentinel where a delivery must write, or must not. Not where the word's own
  // publication is watched.
  static void prepareModule(WatchedMemory& module, ModuleState& state) noexcept {
    const Role role = module.plan().role;
    state.signal_before = module.readSignal();
    if (role == Role::kSilent || !module.plan().signal) return;
    if (role != Role::kJoining || state.signal_before == kWarning) module.writeSignal(kSentinel);
  }

  // A look that interrupts another finds what that one put into the word, or delivered. What counts
  // is the value before both.
  static void forgetPreparation(const ModuleState& interrupted, ModuleState& state) noexcept {
    if (state.signal_before == kSentinel || state.signal_before == kWarning) {
      state.signal_before = interrupted.signal_before;
    }
  }

  // What an inner look delivered is there for the look that it interrupted.
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
    // Not published yet: the call's own write must still be there at the publication.
    if (!is_interrupting && module.plan().role == Role::kSuccessor &&
        state.signal_after == kSentinel) {
      module.writeSignal(state.signal_before);
    }
  }

  DeliveryExpectation expectation_;
  std::vector<std::unique_ptr<WatchedMemory>> modules_;
  std::array<typename Registry::Entry*, kMaxModules> entries_{};
  bool is_registry_destroyed_ = false;
  std::size_t inner_looks_ = 0;           // that interrupted the running look
  DeliveryState* interrupted_ = nullptr;  // the running look, for the one that interrupts it
  alignas(Registry) std::array<std::byte, sizeof(Registry)> storage_;
};

}  // namespace sigproof::stepping
