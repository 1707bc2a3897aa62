// L4: readers on other threads. Run under ThreadSanitizer (preset tsan) these tests also look for
// data races.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <optional>
#include <thread>
#include <vector>

#include "core/list/atomic_list.h"
#include "core/testing/parked_reader.h"
#include "core/testing/tracked_element.h"

namespace sigproof::atomic_list_threads_test {
namespace {

using List = AtomicList<TrackedElement>;
using namespace std::chrono_literals;

constexpr int kReaders = 3;
constexpr auto kDuration = 300ms;

// Walks the list until it is stopped, and counts elements that are out of order.
class WalkingReaders {
 public:
  explicit WalkingReaders(List& list) {
    for (int i = 0; i < kReaders; ++i) threads_.emplace_back([&] { walkUntilStopped(list); });
  }
  ~WalkingReaders() { stop(); }
  WalkingReaders(const WalkingReaders&) = delete;
  WalkingReaders& operator=(const WalkingReaders&) = delete;

  void stop() {
    is_stopped_ = true;
    threads_.clear();
  }
  long visits() const { return visits_; }
  int disorders() const { return disorders_; }

 private:
  void walkUntilStopped(List& list) {
    while (!is_stopped_) {
      int former = INT_MAX;
      list.iterate([&](TrackedElement& e) noexcept {
        if (e.id() >= former) ++disorders_;
        former = e.id();
        ++visits_;
      });
    }
  }

  std::atomic<bool> is_stopped_{false};
  std::atomic<long> visits_{0};
  std::atomic<int> disorders_{0};
  std::vector<std::jthread> threads_;
};

// Makes every kind of mutation, for a while, on a short list, so that readers are often next to it.
void mutateForAWhile(List& list, Ledger& ledger) {
  const auto end = std::chrono::steady_clock::now() + kDuration;
  for (int id = 1; std::chrono::steady_clock::now() < end; ++id) {
    list.pushFront(id, ledger);
    if (id % 5 == 0) list.filter([](TrackedElement& e) { return e.id() % 2 == 0; });
    if (id % 17 == 0) list.clear();
    if (id % 3 == 0) list.reclaim();
  }
}

TEST(AtomicListThreads, L4_ReadersSeeOnlyLivingElementsInOrderWhileTheOwnerMutates) {
  Ledger ledger;
  {
    List list;
    list.pushFront(0, ledger);
    WalkingReaders readers(list);
    mutateForAWhile(list, ledger);
    list.detachReaders();
    readers.stop();
    EXPECT_GT(readers.visits(), 0);
    EXPECT_EQ(readers.disorders(), 0);
    list.clear();
    EXPECT_EQ(ledger.alive(), 0) << "no reader is left, so everything is freed";
  }
  EXPECT_EQ(ledger.faults(), 0);
  EXPECT_GT(ledger.made(), 0);
}

TEST(AtomicListThreads, L4_DetachedReadersMayStillCallWhileTheListIsDestroyedOf) {
  // Readers that call iterate() after detachReaders() are turned away while the owner destroys the
  // elements. (The list object itself must outlive the last call.)
  Ledger ledger;
  {
    List list;
    for (int id = 0; id < 100; ++id) list.pushFront(id, ledger);
    const WalkingReaders readers(list);
    std::this_thread::sleep_for(10ms);
    list.detachReaders();
    list.clear();
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(ledger.alive(), 0);
  EXPECT_EQ(ledger.faults(), 0);
}

TEST(AtomicListThreads, L4_DetachReadersWaitsForTheReaderInside) {
  Ledger ledger;
  List list;
  list.pushFront(1, ledger);
  ParkedReader reader(list);
  std::atomic<bool> is_detached{false};
  std::thread owner([&] {
    list.detachReaders();
    is_detached = true;
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(is_detached) << "a reader is inside";
  reader.leave();
  owner.join();
  EXPECT_TRUE(is_detached);
}

TEST(AtomicListThreads, L4_AfterDetachReadersNothingIsVisited) {
  Ledger ledger;
  List list;
  list.pushFront(1, ledger);
  list.detachReaders();
  list.detachReaders();  // a second call is allowed
  int visits = 0;
  list.iterate([&](TrackedElement&) noexcept { ++visits; });
  EXPECT_EQ(visits, 0);
  EXPECT_FALSE(list.isEmpty());
}

TEST(AtomicListThreads, L4_TheOwnerMayGoOnAfterDetachReadersAndFreesAtOnce) {
  Ledger ledger;
  List list;
  list.pushFront(1, ledger);
  list.detachReaders();
  list.pushFront(2, ledger);
  int kept = 0;
  list.filter([&](TrackedElement& e) {
    kept = e.id();
    return e.id() == 1;
  });
  EXPECT_EQ(kept, 1);
  EXPECT_EQ(ledger.alive(), 1);
  list.clear();
  EXPECT_EQ(ledger.alive(), 0);
}

TEST(AtomicListThreads, L4_SeveralReadersInsideAllHoldReclamationBack) {
  Ledger ledger;
  List list;
  list.pushFront(1, ledger);
  std::optional<ParkedReader<List>> first(std::in_place, list);
  std::optional<ParkedReader<List>> second(std::in_place, list);
  list.clear();
  first.reset();
  EXPECT_FALSE(list.reclaim());
  EXPECT_EQ(ledger.alive(), 1);
  second.reset();
  EXPECT_TRUE(list.reclaim());
  EXPECT_EQ(ledger.alive(), 0);
}

}  // namespace
}  // namespace sigproof::atomic_list_threads_test
