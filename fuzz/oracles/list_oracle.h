// Judges what handlers saw of a list while its owner changed it (L2, L3, L5), and which elements
// are alive afterwards (L1, L4, L6). It knows no list: elements are numbers, in the order in which
// they were made.
//
//   oracle.beginPush(id);                       // or beginFilter(), beginClear(), ...
//   ListVisit visit; visit.see(id); ...         // in a handler
//   if (const auto violation = oracle.judge(visit)) ...
//   if (const auto violation = oracle.end(alive)) ...
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

/// Numbers of elements, dealt out from 0 upwards, never twice.
using ElementId = std::size_t;
inline constexpr std::size_t kMaxElementIds = 128;
using ElementSet = std::bitset<kMaxElementIds>;

/// The elements that a handler's walk visited. It allocates nothing, because the list must not.
class ListVisit {
 public:
  /// `is_alive`: whether the element is between its constructor's end and its destructor's begin.
  /// Returns false if the walk visited more elements than were ever made: it is in a cycle.
  bool see(ElementId id, bool is_alive) noexcept {
    if (count_ >= kMaxElementIds) return false;
    if (!is_alive) dead_ = id;
    if (id < kMaxElementIds) ids_[count_++] = id;
    return id < kMaxElementIds;
  }

 private:
  friend class ListOracle;
  std::array<ElementId, kMaxElementIds> ids_;  // the first count_ of them are set
  std::size_t count_ = 0;
  std::optional<ElementId> dead_;
};

class ListOracle {
 public:
  ListOracle() { std::iota(pushed_.begin(), pushed_.end(), ElementId{0}); }

  /// The list's elements, newest first.
  const std::vector<ElementId>& contents() const noexcept { return contents_; }

  // Each begin says what the operation that follows is to do; end() makes it so.
  void beginPush(ElementId id);
  void beginFailedPush() { beginReclaim(); }
  /// `keep[i]` is what the predicate says of the i-th element; beyond its end, and where the
  /// predicate throws, elements stay. `throws`: the predicate throws after the answers given.
  void beginFilter(const std::vector<bool>& keep, bool throws);
  /// `successors[i]` takes the place of the i-th element, if there is one. `calls`: of how many
  /// elements the list asks.
  void beginReplace(const std::vector<std::optional<ElementId>>& successors, std::size_t calls);
  void beginClear();
  void beginReclaim();
  /// After detachReaders() handlers meet nothing, though the elements are there.
  void beginDetach();
  void beginDestroy();

  /// A handler walked the list during the operation. Also remembers what the walk shows to be
  /// removed or added already, which later walks must agree with.
  std::optional<Violation> judge(const ListVisit& visit);

  /// The predicate, or who is asked for successors, was called with the elements `calls`, in that
  /// order (L5).
  std::optional<Violation> judgePredicateCalls(const std::vector<ElementId>& calls) const;

  /// The operation is over and no handler stands on the list: `alive` must be its elements.
  std::optional<Violation> end(const ElementSet& alive);

 private:
  void begin();

  std::optional<Violation> judgeOrder(const ListVisit& visit, ElementSet& seen) const;

  std::vector<ElementId> contents_;
  std::vector<ElementId> after_;  // what the operation makes of them
  std::size_t predicate_calls_ = 0;
  bool is_detached_ = false;
  // What handlers may and must see, by element.
  ElementSet before_set_, after_set_;
  ElementSet gone_, arrived_;
  // Elements and what takes their places.
  std::vector<std::pair<ElementId, ElementId>> replaced_;
  // The element that was pushed at the place that it has now: where it is newest.
  std::array<ElementId, kMaxElementIds> pushed_;
};

}  // namespace sigproof::fuzz
