// For tests: a list element that reports if it is used after its destruction, destroyed twice or
// never destroyed.
//
//   Ledger ledger;
//   AtomicList<TrackedElement> list;
//   list.pushFront(1, ledger);
//   ...
//   EXPECT_EQ(ledger.alive(), 0);
//   EXPECT_EQ(ledger.faults(), 0);
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace sigproof {

/// Counts what became of the elements that were made with it. Any thread.
class Ledger {
 public:
  int made() const noexcept { return made_; }
  int destroyed() const noexcept { return destroyed_; }
  int alive() const noexcept { return made_ - destroyed_; }
  /// Uses after destruction and second destructions.
  int faults() const noexcept { return faults_; }

 private:
  friend class TrackedElement;
  std::atomic<int> made_{0};
  std::atomic<int> destroyed_{0};
  std::atomic<int> faults_{0};
};

/// Not default-constructible, not copyable, not movable, because the list must allow that. Its mark
/// is plain memory that readers read and the destructor writes, so ThreadSanitizer reports a
/// destruction that races with a reader.
class TrackedElement {
 public:
  TrackedElement(int id, Ledger& ledger) : id_(id), ledger_(ledger) { ++ledger_.made_; }
  /// The same, with a function that the destructor calls.
  TrackedElement(int id, Ledger& ledger, std::function<void()> at_end)
      : id_(id), ledger_(ledger), at_end_(std::move(at_end)) {
    ++ledger_.made_;
  }
  /// The successor of `old`, for AtomicList::replace().
  TrackedElement(TrackedElement& old, int id) : TrackedElement(id, old.ledger_) { old.checkMark(); }
  ~TrackedElement() {
    checkMark();
    if (at_end_) at_end_();
    mark_ = kDestroyed;
    ++ledger_.destroyed_;
  }
  TrackedElement(const TrackedElement&) = delete;
  TrackedElement& operator=(const TrackedElement&) = delete;

  int id() const noexcept {
    checkMark();
    return id_;
  }

 private:
  static constexpr std::uint32_t kAlive = 0x600DF00D;
  static constexpr std::uint32_t kDestroyed = 0xDEADDEAD;

  void checkMark() const noexcept {
    if (mark_ != kAlive) ++ledger_.faults_;
  }

  // Volatile, so that the compiler keeps the write in the destructor.
  volatile std::uint32_t mark_ = kAlive;
  const int id_;
  Ledger& ledger_;
  std::function<void()> at_end_;
};

}  // namespace sigproof
