// The oracle of the list's models, for L2 to L5. It keeps a record of its own, apart from the code
// under test: which elements are in the list, which exist, and which of them each walk may and must
// visit.
//
//   ledger.beginChange(after);  list.clear();  ledger.endChange();
//   ListWalk walk = ledger.beginWalk(kOnOwnersThread);
//   list.iterate([&](Element& e) noexcept { ledger.visit(walk, e.number()); });
//   ledger.endWalk(walk);
//
// Its variables are not atomic. Relacy runs one thread at a time and switches threads only *before*
// an atomic step, so a step and the ledger's record of it are never separated.
#pragma once

#include "models/relacy/engine/relacy_include.h"
// Relacy comes first.
#include "models/relacy/engine/relacy_bridge.h"

namespace sigproof::models {

/// A set of elements. Bit n is element n.
using ElementSet = std::uint32_t;

constexpr ElementSet only(unsigned number) { return ElementSet{1} << number; }

/// An element has an even number. Its successor, which replaces it in its place, has the odd number
/// after it. At most one of the two is in the list.
constexpr unsigned successorOf(unsigned number) { return number | 1U; }
constexpr bool isSuccessor(unsigned number) { return (number & 1U) != 0; }

/// The places of the elements of `set`. A place has the number of its first element.
constexpr ElementSet placesOf(ElementSet set) {
  constexpr ElementSet kEven = 0x55555555;
  return (set | set >> 1) & kEven;
}
constexpr ElementSet placeOf(unsigned number) { return placesOf(only(number)); }

constexpr unsigned newestOf(ElementSet set) { return 31 - std::countl_zero(set); }
constexpr unsigned oldestOf(ElementSet set) { return std::countr_zero(set); }

/// As sets: of an empty set, the empty set.
constexpr ElementSet newest(ElementSet set) { return set == 0 ? 0 : only(newestOf(set)); }
constexpr ElementSet oldest(ElementSet set) { return set == 0 ? 0 : only(oldestOf(set)); }

// What the owner's program of a model picks out of the elements that are in the list.
constexpr ElementSet all(ElementSet list) { return list; }
constexpr ElementSet none(ElementSet) { return 0; }
constexpr ElementSet secondNewest(ElementSet list) { return newest(list & ~newest(list)); }
constexpr ElementSet twoOldest(ElementSet list) {
  return oldest(list) | oldest(list & ~oldest(list));
}
/// The newest, the third newest and so on.
constexpr ElementSet everyOther(ElementSet list) {
  ElementSet picked = 0;
  for (bool is_picked = true; list != 0; is_picked = !is_picked, list &= ~newest(list)) {
    if (is_picked) picked |= newest(list);
  }
  return picked;
}

enum class WalkKind : std::uint8_t {
  kHandler,  ///< interrupts the owner's thread: must see all that is there before and after (L3)
  kReader,   ///< on another thread: must see what was there when it started and stays
};

/// One walk through the list, from before its first step to after its last.
struct ListWalk {
  ElementSet may = 0;   // elements
  ElementSet must = 0;  // places, whichever element is there
  ElementSet visited = 0;
  // The same as if no reader was detached. After detachReaders(), iterate() visits nothing, but
  // isEmpty() still says whether the list has elements.
  ElementSet may_be_there = 0;
  ElementSet must_be_there = 0;
  unsigned last = 32;  // newest first: numbers go down
};

class ListLedger {
 public:
  // --- the owner

  ElementSet inList() const noexcept { return after_; }

  void beginChange(ElementSet after) noexcept {
    after_ = after;
    for (ListWalk* walk : walks_) {
      if (walk == nullptr) continue;
      walk->may |= before_ | after_;
      walk->must &= placesOf(before_) & placesOf(after_);
      walk->may_be_there |= before_ | after_;
      walk->must_be_there &= placesOf(before_) & placesOf(after_);
    }
  }
  void endChange() noexcept {
    before_ = after_;
    if (walks_begun_by_readers_ == 0) requireNothingRetired();
  }

  /// Readers that start from now on must see what is in the list now, while it stays there.
  void pin() noexcept { pinned_ = before_; }

  void beginDetach() noexcept {
    is_detaching_ = true;
    for (ListWalk* walk : walks_) {
      if (walk != nullptr) walk->must = 0;
    }
  }
  void endDetach() noexcept {
    is_detached_ = true;
    for (ListWalk* walk : walks_) {
      if (walk == nullptr) continue;
      require(walk->visited == 0, "L4: detachReaders() returned while a reader was inside");
      walk->may = 0;
    }
  }

  /// L4: no retired element is left. Called after reclaim() has returned true.
  void requireNothingRetired() const noexcept {
    require(existing_ == after_,
            "L4: a removed element was not freed by a change that found no reader active");
  }

  // --- elements

  void born(unsigned number) noexcept { existing_ |= only(number); }
  void died(unsigned number) noexcept {
    require((existing_ & only(number)) != 0, "L4: an element was destroyed twice");
    existing_ &= ~only(number);
  }

  // --- walks

  void beginWalk(ListWalk& walk, WalkKind kind) noexcept {
    walk = {};
    walk.may_be_there = before_ | after_;
    walk.must_be_there = placesOf(before_) & placesOf(after_) &
                         (kind == WalkKind::kHandler ? ~ElementSet{0} : placesOf(pinned_));
    if (!is_detached_) walk.may = walk.may_be_there;
    if (!is_detached_ && !is_detaching_) walk.must = walk.must_be_there;
    if (kind == WalkKind::kReader) ++walks_begun_by_readers_;
    for (ListWalk*& slot : walks_) {
      if (slot != nullptr) continue;
      slot = &walk;
      return;
    }
    fail("the model has more walks at a time than the ledger has room for");
  }

  void visit(ListWalk& walk, unsigned number) noexcept {
    note("visits element ", number);
    require(number < 32 && (existing_ & only(number)) != 0,
            "L3/L4: iterate() visited a destroyed element");
    require((walk.visited & only(number)) == 0, "L2: iterate() visited an element twice");
    require((placesOf(walk.visited) & placeOf(number)) == 0,
            "L3: iterate() visited an element and its successor");
    require(number < walk.last, "L2: iterate() didn't visit the newest element first");
    require((walk.may & only(number)) != 0,
            "L3/L4: iterate() visited an element that was not in the list during the call");
    walk.visited |= only(number);
    walk.last = number;
  }

  void endWalk(ListWalk& walk) noexcept {
    require((walk.must & ~placesOf(walk.visited)) == 0,
            "L3: iterate() missed an element that was in the list before and after");
    for (ListWalk*& slot : walks_) {
      if (slot == &walk) slot = nullptr;
    }
  }

  void judgeIsEmpty(const ListWalk& walk, bool is_empty) const noexcept {
    require(!is_empty || walk.must_be_there == 0, "isEmpty() of a list with an element in it");
    require(is_empty || walk.may_be_there != 0,
            "isEmpty() is false for a list that was empty throughout");
  }

 private:
  static constexpr std::size_t kMaxWalks = 6;

  ElementSet before_ = 0;  // in the list before the change that is under way
  ElementSet after_ = 0;   // in the list after it; the same if none is
  ElementSet existing_ = 0;
  ElementSet pinned_ = 0;
  bool is_detaching_ = false;
  bool is_detached_ = false;
  unsigned walks_begun_by_readers_ = 0;
  std::array<ListWalk*, kMaxWalks> walks_{};
};

}  // namespace sigproof::models
