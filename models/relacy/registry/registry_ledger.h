// The oracle of the registry's models, for D2 and, with the words' final values, for D6. It keeps a
// record of its own, apart from the code under test: which modules have an entry, which entries are
// dead, which generation it is, and which signal words each delivery must and may write.
//
// Its variables are not atomic. Relacy runs one thread at a time and switches threads only *before*
// an atomic step, so a step and the ledger's record of it are never separated.
#pragma once

#include "models/relacy/engine/relacy_include.h"
// Relacy comes first.
#include "models/relacy/engine/relacy_bridge.h"

namespace sigproof::models {

/// A set of modules. Bit n is module n.
using ModuleSet = std::uint32_t;

constexpr ModuleSet onlyModule(unsigned number) { return ModuleSet{1} << number; }

/// One delivery, from before its first step to after its last.
struct Delivery {
  /// The generation that it is sent for. None: the one that it finds.
  std::optional<unsigned> generation{};
  ModuleSet may = 0;
  ModuleSet must = 0;
  /// Whether a generation began or ended during the delivery, on another thread. The delivery may
  /// then be too late, and may write words again.
  bool is_overtaken = false;
  /// Whether it warns the newest generation for certain.
  bool is_in_time = false;
  /// Who writes, for ModelWord; 0 until the first step.
  unsigned writer = 0;
};

class RegistryLedger {
 public:
  /// What the owner did before a release store. It happened before all that follows an acquire load
  /// of that store.
  struct Handover {
    ModuleSet listed = 0;
    ModuleSet dead = 0;
  };

  ModuleSet listed() const noexcept { return after_; }
  ModuleSet dead() const noexcept { return dead_; }

  void beginChange(ModuleSet after) noexcept {
    after_ = after;
    for (Delivery* delivery : deliveries_) {
      if (delivery == nullptr) continue;
      delivery->may |= before_ | after_;
      delivery->must &= before_ & after_;
    }
  }
  void endChange() noexcept { before_ = after_; }

  /// These begin to die: from now on they are dead or not yet.
  void beginDying(ModuleSet modules) noexcept {
    for (Delivery* delivery : deliveries_) {
      if (delivery != nullptr) delivery->must &= ~modules;
    }
    dying_ |= modules;
  }
  void endDying(ModuleSet modules) noexcept { dead_ |= modules; }
  /// A module revived its memory before its owner's thread had seen it dead. If other threads may
  /// still see it as dead (`is_plain` is false), none of their deliveries has to write to it.
  void revive(ModuleSet modules, bool is_plain) noexcept {
    if (is_plain) dying_ &= ~modules;
    dead_ &= ~modules;
  }

  /// A generation ends and the next one begins, which a renewal leaves unwarned. Deliveries under
  /// way may belong to either.
  void beginGeneration(bool is_renewal) noexcept {
    ++generation_;
    is_generation_changing_ = true;
    is_warning_kept_ = !is_renewal;
    if (is_renewal) is_warned_for_certain_ = is_warned_perhaps_ = false;
    for (Delivery* delivery : deliveries_) {
      if (delivery == nullptr) continue;
      delivery->must = 0;
      delivery->is_overtaken = true;
      delivery->is_in_time = false;
      if (!delivery->generation) is_warned_perhaps_ = true;
    }
  }
  void endGeneration() noexcept { is_generation_changing_ = false; }
  unsigned generation() const noexcept { return generation_; }

  /// D6: checks isWarned() when all threads have ended.
  void judgeLevel(bool is_warned) const noexcept {
    require(is_warned || !is_warned_for_certain_, "D6: a warning of this generation got lost");
    require(!is_warned || is_warned_perhaps_,
            "D6: the isolate is warned, but nobody warned this generation of it");
  }

  void beginDetach() noexcept {
    is_detaching_ = true;
    beginDying(~ModuleSet{0});
  }
  /// `written_by(writer)` is the set that a delivery has written so far. It may write no more.
  template <class WrittenBy>
  void endDetach(WrittenBy&& written_by) noexcept {
    is_detached_ = true;
    for (Delivery* delivery : deliveries_) {
      if (delivery != nullptr) delivery->may = written_by(delivery->writer);
    }
  }
  bool isDetached() const noexcept { return is_detached_; }

  /// A delivery on the owner's thread, perhaps in the middle of a call, sees all that the owner
  /// did. `has_begun` says whether the newest generation has begun. That is in question only during
  /// a change of generations.
  void beginOnOwnersThread(Delivery& delivery, ModuleSet dead_now, bool has_begun) noexcept {
    delivery.may = (before_ | after_) & ~dead_now;
    delivery.must = is_detaching_ ? 0 : before_ & after_ & ~dead_now;
    const unsigned current = has_begun ? generation_ : generation_ - 1;
    if (delivery.generation.value_or(current) != current) {
      delivery.may = delivery.must = 0;
    } else if (has_begun || is_warning_kept_) {
      is_warned_perhaps_ = delivery.is_in_time = true;
    }
    open(delivery);
  }
  /// A delivery on another thread must see what the owner handed over to it.
  void beginElsewhere(Delivery& delivery, Handover seen) noexcept {
    delivery.may = (before_ | after_) & ~seen.dead;
    delivery.must = before_ & after_ & seen.listed & ~(dead_ | dying_);
    if (is_detached_) delivery.may = delivery.must = 0;
    beginForGeneration(delivery);
    open(delivery);
  }
  void end(const Delivery& delivery, ModuleSet written, std::size_t reported) noexcept {
    require((written & ~delivery.may) == 0,
            "D2/D5: delivery wrote to an entry that was dead before it began, or not there");
    require((delivery.must & ~written) == 0,
            "D1: delivery passed over an entry that was alive throughout");
    require(delivery.is_overtaken || reported == static_cast<std::size_t>(std::popcount(written)),
            "D1: delivery miscounts the words that it wrote");
    if (delivery.is_in_time) is_warned_for_certain_ = true;
    for (Delivery*& slot : deliveries_) {
      if (slot == &delivery) slot = nullptr;
    }
  }

 private:
  static constexpr std::size_t kMaxDeliveries = 6;

  // D6: a delivery that begins after its generation has ended writes nothing; one that begins while
  // generations change may come just before or just after.
  void beginForGeneration(Delivery& delivery) noexcept {
    const bool is_of_this_generation = delivery.generation.value_or(generation_) == generation_;
    if (is_generation_changing_) {
      delivery.must = 0;
      delivery.is_overtaken = true;
    } else if (is_of_this_generation) {
      delivery.is_in_time = true;
    } else {
      delivery.may = delivery.must = 0;
    }
    const bool is_just_before = is_generation_changing_ && is_warning_kept_ &&
                                delivery.generation.value_or(generation_) + 1 == generation_;
    if (is_of_this_generation || is_just_before) is_warned_perhaps_ = true;
  }

  void open(Delivery& delivery) noexcept {
    for (Delivery*& slot : deliveries_) {
      if (slot != nullptr) continue;
      slot = &delivery;
      return;
    }
    fail("the model has more deliveries at a time than the ledger has room for");
  }

  ModuleSet before_ = 0;  // listed before the change that is under way
  ModuleSet after_ = 0;   // listed after it; the same if none is
  ModuleSet dying_ = 0;   // dead, or on the way
  ModuleSet dead_ = 0;
  bool is_detaching_ = false;
  bool is_detached_ = false;
  unsigned generation_ = 0;  // the newest, from when it begins to begin
  bool is_generation_changing_ = false;
  bool is_warning_kept_ = false;        // by the change that is under way, or was the last
  bool is_warned_perhaps_ = false;      // by a delivery that may have come in time
  bool is_warned_for_certain_ = false;  // by one that came in time
  std::array<Delivery*, kMaxDeliveries> deliveries_{};
};

}  // namespace sigproof::models
