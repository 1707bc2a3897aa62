#include "core/list/atomic_list.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "core/testing/allocation_count.h"
#include "core/testing/parked_reader.h"
#include "core/testing/preempt_policy.h"
#include "core/testing/snapshot_judge.h"
#include "core/testing/tracked_element.h"

namespace sigproof::atomic_list_test {
namespace {

using List = AtomicList<TrackedElement>;

template <class AnyList>
Snapshot idsOf(AnyList& list) {
  Snapshot ids;
  list.iterate([&](TrackedElement& element) noexcept { ids.push_back(element.id()); });
  return ids;
}

// Pushes 1, 2, ... `count`; the list then reads {count, ..., 2, 1}.
template <class AnyList>
void fill(AnyList& list, Ledger& ledger, int count) {
  for (int id = 1; id <= count; ++id) list.pushFront(id, ledger);
}

class AtomicListTest : public testing::Test {
 protected:
  ~AtomicListTest() override {
    EXPECT_EQ(ledger_.alive(), 0) << "leaked, or destroyed twice";
    EXPECT_EQ(ledger_.faults(), 0) << "used after its destruction, or destroyed twice";
  }

  Ledger ledger_;  // outlives the lists of the tests
};

using AtomicListPush = AtomicListTest;
using AtomicListIterate = AtomicListTest;
using AtomicListFilter = AtomicListTest;
using AtomicListReplace = AtomicListTest;
using AtomicListReclaim = AtomicListTest;
using AtomicListDestructor = AtomicListTest;

// --- L1: pushFront ------------------------------------------------------------------------------

TEST_F(AtomicListPush, L1_ThePushedElementIsTheFirst) {
  List list;
  EXPECT_TRUE(list.isEmpty());
  fill(list, ledger_, 3);
  EXPECT_FALSE(list.isEmpty());
  EXPECT_EQ(idsOf(list), (Snapshot{3, 2, 1}));
}

TEST_F(AtomicListPush, L1_TheElementStaysWhereItIs) {
  List list;
  TrackedElement& first = list.pushFront(1, ledger_);
  fill(list, ledger_, 3);
  list.filter([&](TrackedElement& e) { return &e == &first; });
  EXPECT_EQ(first.id(), 1);
  list.iterate([&](TrackedElement& e) noexcept { EXPECT_EQ(&e, &first); });
}

TEST_F(AtomicListPush, L1_ArgumentsAreForwardedToTheConstructor) {
  struct Holder {
    Holder(std::unique_ptr<int> moved, int& referred) : owned(std::move(moved)), other(referred) {}
    std::unique_ptr<int> owned;
    int& other;
  };
  AtomicList<Holder> list;
  int number = 1;
  Holder& holder = list.pushFront(std::make_unique<int>(5), number);
  EXPECT_EQ(*holder.owned, 5);
  EXPECT_EQ(&holder.other, &number);
}

TEST_F(AtomicListPush, L1_APushTakesAsManyStepsIntoALongListAsIntoAnEmptyOne) {
  AtomicList<TrackedElement, PreemptPolicy> list;
  const auto steps_of_one_push = [&] {
    int steps = 0;
    auto count = [&]() noexcept { ++steps; };
    const PreemptPolicy::ScopedHook hook(count);
    list.pushFront(0, ledger_);
    return steps;
  };
  const int into_empty = steps_of_one_push();
  EXPECT_GT(into_empty, 0);
  fill(list, ledger_, 1000);
  EXPECT_EQ(steps_of_one_push(), into_empty);
}

struct ThrowsAtConstruction : TrackedElement {
  explicit ThrowsAtConstruction(int id, Ledger& ledger) : TrackedElement(id, ledger) {
    if (id == 0) throw std::runtime_error("construction");
  }
};

TEST_F(AtomicListPush, L1_AThrowingConstructorLeavesTheListUnchanged) {
  AtomicList<ThrowsAtConstruction> list;
  EXPECT_THROW(list.pushFront(0, ledger_), std::runtime_error);
  EXPECT_TRUE(list.isEmpty());
  fill(list, ledger_, 2);
  EXPECT_THROW(list.pushFront(0, ledger_), std::runtime_error);
  EXPECT_EQ(idsOf(list), (Snapshot{2, 1}));
  list.pushFront(3, ledger_);
  EXPECT_EQ(idsOf(list), (Snapshot{3, 2, 1}));
}

// Throws std::bad_alloc while `is_exhausted`.
struct ExhaustiblePolicy : StdPolicy {
  static inline bool is_exhausted = false;

  template <class T, class... Args>
  static T* create(Args&&... args) {
    if (is_exhausted) throw std::bad_alloc();
    return StdPolicy::create<T>(std::forward<Args>(args)...);
  }
};

TEST_F(AtomicListPush, L1_AFailedAllocationLeavesTheListUnchanged) {
  AtomicList<TrackedElement, ExhaustiblePolicy> list;
  fill(list, ledger_, 2);
  ExhaustiblePolicy::is_exhausted = true;
  EXPECT_THROW(list.pushFront(3, ledger_), std::bad_alloc);
  ExhaustiblePolicy::is_exhausted = false;
  EXPECT_EQ(idsOf(list), (Snapshot{2, 1}));
  EXPECT_EQ(ledger_.made(), 2);
  list.pushFront(3, ledger_);
  EXPECT_EQ(idsOf(list), (Snapshot{3, 2, 1}));
}

// --- L2: iterate --------------------------------------------------------------------------------

TEST_F(AtomicListIterate, L2_AnEmptyListIsVisitedNowhere) {
  List list;
  EXPECT_EQ(idsOf(list), Snapshot{});
}

TEST_F(AtomicListIterate, L2_ReadersNest) {
  List list;
  fill(list, ledger_, 3);
  std::vector<Snapshot> inner;
  list.iterate([&](TrackedElement&) noexcept { inner.push_back(idsOf(list)); });
  EXPECT_EQ(inner, std::vector<Snapshot>(3, {3, 2, 1}));
}

TEST_F(AtomicListIterate, L2_ItAllocatesNothingAndKeepsErrno) {
  List list;
  fill(list, ledger_, 100);
  errno = EXDEV;
  int visited = 0;
  const AllocationCount allocations;
  list.iterate([&](TrackedElement&) noexcept { ++visited; });
  EXPECT_EQ(allocations.soFar(), 0u);
  EXPECT_EQ(errno, EXDEV);
  EXPECT_EQ(visited, 100);
}

TEST_F(AtomicListIterate, L2_ItTakesOneStepAnElementAndAFewMore) {
  constexpr int kStepsBesides = 3;  // the announcement, the head, the departure
  AtomicList<TrackedElement, PreemptPolicy> list;
  for (const int count : {0, 1, 10, 100}) {
    list.clear();
    fill(list, ledger_, count);
    int steps = 0;
    auto hook_function = [&]() noexcept { ++steps; };
    const PreemptPolicy::ScopedHook hook(hook_function);
    list.iterate([](TrackedElement&) noexcept {});
    EXPECT_EQ(steps, count + kStepsBesides);
  }
}

TEST_F(AtomicListIterate, L2_OnlyAVisitorThatCannotThrowIsTaken) {
  const auto can_iterate = []<class Visitor>(Visitor) {
    return requires(List& list, Visitor visitor) { list.iterate(visitor); };
  };
  static_assert(can_iterate([](TrackedElement&) noexcept {}));
  static_assert(!can_iterate([](TrackedElement&) {}));
}

// --- L5: filter ---------------------------------------------------------------------------------

TEST_F(AtomicListFilter, L5_EverySubsetIsRemovedAndTheRestKeepsItsOrder) {
  constexpr int kCount = 5;
  for (unsigned kept = 0; kept < 1u << kCount; ++kept) {
    List list;
    fill(list, ledger_, kCount);
    list.filter([&](TrackedElement& e) { return (kept >> e.id() & 2) != 0; });
    Snapshot expected;
    for (int id = kCount; id >= 1; --id) {
      if ((kept >> id & 2) != 0) expected.push_back(id);
    }
    EXPECT_EQ(idsOf(list), expected);
    EXPECT_EQ(ledger_.alive(), static_cast<int>(expected.size()));
  }
}

TEST_F(AtomicListFilter, L5_ThePredicateIsCalledInOrderOnceAnElement) {
  List list;
  fill(list, ledger_, 4);
  Snapshot asked;
  list.filter([&](TrackedElement& e) {
    asked.push_back(e.id());
    return e.id() % 2 == 0;
  });
  EXPECT_EQ(asked, (Snapshot{4, 3, 2, 1}));
  asked.clear();
  list.filter([&](TrackedElement& e) {
    asked.push_back(e.id());
    return true;
  });
  EXPECT_EQ(asked, (Snapshot{4, 2}));
}

TEST_F(AtomicListFilter, L5_WhatAThrowingPredicateRejectedBeforeStaysRemoved) {
  constexpr int kCount = 4;
  for (int throws_at = 1; throws_at <= kCount; ++throws_at) {
    List list;
    fill(list, ledger_, kCount);
    const auto reject_until = [&](TrackedElement& e) -> bool {
      if (e.id() == throws_at) throw std::runtime_error("predicate");
      return false;
    };
    EXPECT_THROW(list.filter(reject_until), std::runtime_error);
    Snapshot expected;
    for (int id = throws_at; id >= 1; --id) expected.push_back(id);
    EXPECT_EQ(idsOf(list), expected);
    EXPECT_EQ(ledger_.alive(), throws_at) << "what was rejected is freed";
    list.pushFront(9, ledger_);  // not mistaken for a change inside the filter
    EXPECT_EQ(idsOf(list).front(), 9);
  }
}

TEST_F(AtomicListFilter, L5_ThePredicateMayReadTheListAndStillSeesTheElementItJudges) {
  List list;
  fill(list, ledger_, 3);
  std::vector<Snapshot> seen;
  list.filter([&](TrackedElement&) {
    seen.push_back(idsOf(list));
    return false;
  });
  EXPECT_EQ(seen, (std::vector<Snapshot>{{3, 2, 1}, {2, 1}, {1}}));
}

TEST_F(AtomicListFilter, L5_AnElementsDestructorFindsTheListAtRest) {
  AtomicList<TrackedElement, PreemptPolicy> list;  // reports misuse
  int next_id = 10;
  const auto change_the_list = [&] {
    list.pushFront(next_id++, ledger_);
    list.filter([](TrackedElement& e) { return e.id() != 1; });
  };
  list.pushFront(1, ledger_);
  list.pushFront(2, ledger_, change_the_list);
  list.pushFront(3, ledger_, change_the_list);
  list.filter([](TrackedElement& e) { return e.id() == 1; });
  EXPECT_EQ(idsOf(list), (Snapshot{11, 10}));
}

TEST_F(AtomicListFilter, L5_ClearRemovesEverything) {
  List list;
  list.clear();
  fill(list, ledger_, 3);
  list.clear();
  EXPECT_TRUE(list.isEmpty());
  EXPECT_EQ(ledger_.alive(), 0);
  list.pushFront(4, ledger_);
  EXPECT_EQ(idsOf(list), Snapshot{4});
}

// --- replace ------------------------------------------------------------------------------------

TEST_F(AtomicListReplace, L3_EverySubsetIsReplacedInPlace) {
  constexpr int kCount = 4;
  for (unsigned moved = 0; moved < 1u << kCount; ++moved) {
    List list;
    fill(list, ledger_, kCount);
    Snapshot asked;
    int successor_id = 0;
    list.replace([&](TrackedElement& e) -> int* {
      asked.push_back(e.id());
      successor_id = e.id() + 10;
      return (moved >> e.id() & 2) != 0 ? &successor_id : nullptr;
    });
    EXPECT_EQ(asked, (Snapshot{4, 3, 2, 1})) << "in order, once an element";
    Snapshot expected;
    for (int id = kCount; id >= 1; --id) {
      expected.push_back((moved >> id & 2) != 0 ? id + 10 : id);
    }
    EXPECT_EQ(idsOf(list), expected);
    EXPECT_EQ(ledger_.alive(), kCount) << "what was replaced is freed";
  }
}

TEST_F(AtomicListReplace, L4_AReaderOnAReplacedElementWalksOnFromThere) {
  List list;
  fill(list, ledger_, 3);
  Snapshot seen;
  int successor_id = 9;
  list.iterate([&](TrackedElement& e) noexcept {
    if (e.id() == 2) {
      list.replace([&](TrackedElement& old) { return old.id() == 2 ? &successor_id : nullptr; });
    }
    seen.push_back(e.id());
  });
  EXPECT_EQ(seen, (Snapshot{3, 2, 1}));
  EXPECT_EQ(idsOf(list), (Snapshot{3, 9, 1}));
  EXPECT_EQ(ledger_.alive(), 4) << "the reader could still be on it";
  EXPECT_TRUE(list.reclaim());
  EXPECT_EQ(ledger_.alive(), 3);
}

struct ScarcePolicy : StdPolicy {
  static inline int allocations_left = 0;

  template <class T, class... Args>
  static T* create(Args&&... args) {
    if (allocations_left-- == 0) throw std::bad_alloc();
    return StdPolicy::create<T>(std::forward<Args>(args)...);
  }
};

TEST_F(AtomicListReplace, L1_AFailedAllocationKeepsWhatWasReplacedBefore) {
  AtomicList<TrackedElement, ScarcePolicy> list;
  ScarcePolicy::allocations_left = 3;
  fill(list, ledger_, 3);
  ScarcePolicy::allocations_left = 1;
  int successor_id = 10;
  const auto replace_all = [&](TrackedElement&) { return &++successor_id; };
  EXPECT_THROW(list.replace(replace_all), std::bad_alloc);
  EXPECT_EQ(idsOf(list), (Snapshot{11, 2, 1}));
  EXPECT_EQ(ledger_.alive(), 3);
  ScarcePolicy::allocations_left = 1;
  list.pushFront(9, ledger_);  // not mistaken for a change inside the replacement
}

// --- L4: freeing while a reader is inside -------------------------------------------------------

TEST_F(AtomicListReclaim, L4_NothingIsFreedWhileAReaderIsInside) {
  List list;
  fill(list, ledger_, 4);
  ParkedReader reader(list);
  list.filter([](TrackedElement& e) { return e.id() % 2 == 0; });
  EXPECT_FALSE(list.reclaim());
  list.pushFront(5, ledger_);
  list.clear();
  EXPECT_FALSE(list.reclaim());
  EXPECT_TRUE(list.isEmpty());
  EXPECT_EQ(ledger_.destroyed(), 0);
  reader.leave();
  EXPECT_TRUE(list.reclaim());
  EXPECT_EQ(ledger_.alive(), 0);
}

TEST_F(AtomicListReclaim, L4_EveryMutationWithoutAReaderFreesAllThatIsUnlinked) {
  using Mutation = void (*)(List&, Ledger&);
  const std::vector<Mutation> mutations{
      [](List& list, Ledger& ledger) { list.pushFront(9, ledger); },
      [](List& list, Ledger&) { list.filter([](TrackedElement&) { return true; }); },
      [](List& list, Ledger&) { list.clear(); },
      [](List& list, Ledger&) { list.reclaim(); },
      [](List& list, Ledger&) {
        const auto fail = [](TrackedElement&) -> bool { throw 1; };
        EXPECT_THROW(list.filter(fail), int);
      },
  };
  for (const Mutation mutate : mutations) {
    List list;
    fill(list, ledger_, 4);
    {
      ParkedReader reader(list);
      list.filter([](TrackedElement& e) { return e.id() == 1; });
    }
    EXPECT_EQ(ledger_.alive(), 4);
    mutate(list, ledger_);
    EXPECT_EQ(ledger_.alive(), static_cast<int>(idsOf(list).size()));
  }
}

TEST_F(AtomicListReclaim, L4_WithNothingToFreeReclaimSaysSoWithAReaderInside) {
  List list;
  EXPECT_TRUE(list.reclaim());
  fill(list, ledger_, 1);
  const ParkedReader reader(list);
  EXPECT_TRUE(list.reclaim());
}

TEST_F(AtomicListReclaim, L4_AReaderWalksOnFromARemovedElement) {
  List list;
  fill(list, ledger_, 4);
  Snapshot seen;
  // The visitor waits on element 4 while another thread, the owner meanwhile, removes 4 and 3.
  list.iterate([&](TrackedElement& e) noexcept {
    if (e.id() == 4) {
      std::thread([&] { list.filter([](TrackedElement& x) { return x.id() < 3; }); }).join();
    }
    seen.push_back(e.id());
  });
  EXPECT_EQ(seen.front(), 4);
  EXPECT_EQ(seen.back(), 1);
  list.reclaim();
  EXPECT_EQ(idsOf(list), (Snapshot{2, 1}));
}

// --- L6: the destructor -------------------------------------------------------------------------

TEST_F(AtomicListDestructor, L6_TheListIsEmptiedBeforeAnythingIsFreed) {
  int destructors = 0;
  {
    List list;
    const auto look = [&] {
      ++destructors;
      EXPECT_TRUE(list.isEmpty());
      EXPECT_EQ(idsOf(list), Snapshot{});
    };
    for (int id = 0; id < 3; ++id) list.pushFront(id, ledger_, look);
  }
  EXPECT_EQ(destructors, 3);
}

TEST_F(AtomicListDestructor, L6_WhatWaitsToBeFreedIsFreedToo) {
  {
    List list;
    fill(list, ledger_, 3);
    ParkedReader reader(list);
    list.clear();
    EXPECT_EQ(ledger_.destroyed(), 0);
    reader.leave();
  }
  EXPECT_EQ(ledger_.alive(), 0);
}

// --- L7: static facts ---------------------------------------------------------------------------

TEST(AtomicListType, L7_ItIsNeitherCopiedNorMoved) {
  static_assert(!std::is_copy_constructible_v<List> && !std::is_copy_assignable_v<List>);
  static_assert(!std::is_move_constructible_v<List> && !std::is_move_assignable_v<List>);
  static_assert(std::is_nothrow_default_constructible_v<List>);
}

TEST(AtomicListType, L7_ElementsNeedNotBeDefaultConstructibleCopyableOrMovable) {
  static_assert(!std::is_default_constructible_v<TrackedElement>);
  static_assert(!std::is_copy_constructible_v<TrackedElement>);
  static_assert(!std::is_move_constructible_v<TrackedElement>);
  AtomicList<int> plain;  // which is allowed
  EXPECT_EQ(plain.pushFront(), 0);
  EXPECT_EQ(plain.pushFront(7), 7);
}

TEST(AtomicListType, L7_AnOveralignedElementIsAligned) {
  struct alignas(128) Aligned {
    char byte = 0;
  };
  AtomicList<Aligned> list;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&list.pushFront()) % 128, 0u);
}

}  // namespace
}  // namespace sigproof::atomic_list_test
