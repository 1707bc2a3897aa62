// What a model of a registry knows apart from the code under test: which modules have an entry,
// which entries are dead, and which signal words each delivery must and may write. It is the judge
// of D2.
//
// Plain variables: Relacy runs one thread at a time and switches only *before* an atomic step, so
// that what a thread notes after a step is noted together with it.
#pragma once

#include "models/relacy/relacy_include.h"
// Relacy comes first.
#include "models/relacy/relacy_bridge.h"

namespace sigproof::models {

/// Modules as a set of bits: module n is bit n.
using ModuleSet = std::uint32_t;

constexpr ModuleSet onlyModule(unsigned number) { return ModuleSet{1} << number; }

/// One delivery, from before its first step to after its last.
struct Delivery {
  ModuleSet may = 0;
  ModuleSet must = 0;
};

class RegistryLedger {
 public:
  /// What happened before everything that sees it: an acquire load of a release store.
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

  /// From now on these are dead, or are on the way to be.
  void beginDying(ModuleSet modules) noexcept {
    for (Delivery* delivery : deliveries_) {
      if (delivery != nullptr) delivery->must &= ~modules;
    }
    dying_ |= modules;
  }
  void endDying(ModuleSet modules) noexcept { dead_ |= modules; }
  /// A module revived its memory before anybody had seen it dead.
  void revive(ModuleSet modules) noexcept {
    dying_ &= ~modules;
    dead_ &= ~modules;
  }

  void beginDetach() noexcept {
    is_detaching_ = true;
    beginDying(~ModuleSet{0});
  }
  void endDetach() noexcept {
    is_detached_ = true;
    for (Delivery* delivery : deliveries_) {
      if (delivery != nullptr) delivery->may = 0;
    }
  }

  /// A delivery that strikes the owner's thread knows all that the owner did.
  void beginOnOwnersThread(Delivery& delivery, ModuleSet dead_now) noexcept {
    delivery.may = (before_ | after_) & ~dead_now;
    delivery.must = is_detaching_ ? 0 : before_ & after_ & ~dead_now;
    open(delivery);
  }
  /// One on another thread knows what was handed over to it.
  void beginElsewhere(Delivery& delivery, Handover seen) noexcept {
    delivery.may = (before_ | after_) & ~seen.dead;
    delivery.must = before_ & after_ & seen.listed & ~(dead_ | dying_);
    if (is_detached_) delivery = {};
    open(delivery);
  }
  void end(const Delivery& delivery, ModuleSet written, std::size_t reported) noexcept {
    require((written & ~delivery.may) == 0,
            "D2/D5: delivery wrote to an entry that was dead before it began, or not there");
    require((delivery.must & ~written) == 0,
            "D1: delivery passed over an entry that was alive throughout");
    require(reported == static_cast<std::size_t>(std::popcount(written)),
            "D1: delivery miscounts the words that it wrote");
    for (Delivery*& slot : deliveries_) {
      if (slot == &delivery) slot = nullptr;
    }
  }

 private:
  static constexpr std::size_t kMaxDeliveries = 6;

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
  std::array<Delivery*, kMaxDeliveries> deliveries_{};
};

}  // namespace sigproof::models
