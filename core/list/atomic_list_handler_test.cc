// L3: a handler at every atomic step of every operation, on the owner's thread.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/list/atomic_list.h"
#include "core/testing/parked_reader.h"
#include "core/testing/preempt_policy.h"
#include "core/testing/snapshot_judge.h"
#include "core/testing/tracked_element.h"

namespace sigproof::atomic_list_handler_test {
namespace {

using List = AtomicList<TrackedElement, PreemptPolicy>;

// The parameter is how deep handlers nest: with 2, a second handler runs at each step of the first.
class AtomicListHandler : public testing::TestWithParam<unsigned> {
 protected:
  ~AtomicListHandler() override {
    EXPECT_EQ(ledger_.alive(), 0) << "leaked, or destroyed twice";
    EXPECT_EQ(ledger_.faults(), 0) << "a handler saw a destroyed element";
  }

  void fill(List& list, int count) {
    for (int id = 1; id <= count; ++id) list.pushFront(id, ledger_);
  }

  // Leaves retired elements in the list.
  void retire(List& list, int count) {
    for (int id = 101; id <= 100 + count; ++id) list.pushFront(id, ledger_);
    const ParkedReader reader(list);
    list.filter([](TrackedElement& e) { return e.id() <= 100; });
  }

  // Runs `operation` with a handler at each step. Judges what the handlers saw, and returns it.
  template <class Operation>
  std::vector<Snapshot> expectSound(List& list, const Transition& transition, Operation operation) {
    std::vector<Snapshot> seen;
    auto handler = [&]() noexcept {
      // Snapshots are in the order in which the handlers began: while handlers nest, the owner
      // stands still.
      const std::size_t place = seen.size();
      seen.emplace_back();
      list.iterate([&](TrackedElement& e) noexcept { seen[place].push_back(e.id()); });
    };
    {
      const PreemptPolicy::ScopedHook hook(handler, GetParam());
      operation();
    }
    EXPECT_FALSE(seen.empty());
    SnapshotJudge judge(transition);
    for (const Snapshot& snapshot : seen) judge.add(snapshot);
    EXPECT_EQ(judge.verdict(), "");
    return seen;
  }

  Ledger ledger_;
};

INSTANTIATE_TEST_SUITE_P(Depth, AtomicListHandler, testing::Values(1u, 2u, 3u));

Snapshot newestFirst(int count) {
  Snapshot ids;
  for (int id = count; id >= 1; --id) ids.push_back(id);
  return ids;
}

// Bit i says whether the element with identifier i is kept.
using Subset = unsigned;
bool isIn(Subset subset, int id) { return (subset >> id & 1) != 0; }

Snapshot only(const Snapshot& ids, Subset kept) {
  Snapshot result;
  for (const int id : ids) {
    if (isIn(kept, id)) result.push_back(id);
  }
  return result;
}

TEST_P(AtomicListHandler, L3_APushIsSeenWholeOrNotAtAll) {
  for (int count = 0; count <= 4; ++count) {
    List list;
    fill(list, count);
    const Transition transition{newestFirst(count), newestFirst(count + 1)};
    expectSound(list, transition, [&] { list.pushFront(count + 1, ledger_); });
  }
}

TEST_P(AtomicListHandler, L3_APushThatFreesEarlierRemovalsShowsNoneOfThem) {
  List list;
  fill(list, 3);
  retire(list, 3);
  expectSound(list, {{3, 2, 1}, {4, 3, 2, 1}}, [&] { list.pushFront(4, ledger_); });
  EXPECT_EQ(ledger_.alive(), 4);
}

TEST_P(AtomicListHandler, L3_AFilterOfAnySubsetIsSoundAndComplete) {
  constexpr int kCount = 5;
  for (Subset kept = 0; kept < 1u << (kCount + 1); kept += 2) {
    List list;
    fill(list, kCount);
    const Transition transition{newestFirst(kCount), only(newestFirst(kCount), kept)};
    expectSound(list, transition, [&] {
      list.filter([&](TrackedElement& e) {
        PreemptPolicy::preempt();
        return isIn(kept, e.id());
      });
    });
  }
}

TEST_P(AtomicListHandler, L3_AFilterThatFreesEarlierRemovalsShowsNoneOfThem) {
  List list;
  fill(list, 4);
  retire(list, 2);
  expectSound(list, {{4, 3, 2, 1}, {4, 2}},
              [&] { list.filter([](TrackedElement& e) { return e.id() % 2 == 0; }); });
  EXPECT_EQ(ledger_.alive(), 2);
}

TEST_P(AtomicListHandler, L3_AFilterThatIsLeftByAnExceptionIsSoundAndComplete) {
  constexpr int kCount = 4;
  for (int throws_at = 1; throws_at <= kCount; ++throws_at) {
    List list;
    fill(list, kCount);
    const auto reject_until = [&](TrackedElement& e) -> bool {
      if (e.id() == throws_at) throw std::runtime_error("predicate");
      return false;
    };
    expectSound(list, {newestFirst(kCount), newestFirst(throws_at)},
                [&] { EXPECT_THROW(list.filter(reject_until), std::runtime_error); });
  }
}

TEST_P(AtomicListHandler, L3_AReplacementIsSeenInPlaceOfTheOldElementNeverBothNeverNeither) {
  constexpr int kCount = 3;
  for (Subset moved = 0; moved < 1u << (kCount + 1); moved += 2) {
    List list;
    for (int place = 1; place <= kCount; ++place) list.pushFront(10 * place, ledger_);
    Transition transition;
    for (int place = kCount; place >= 1; --place) {
      transition.before.push_back(10 * place);
      transition.after.push_back(10 * place + (isIn(moved, place) ? 1 : 0));
    }
    int successor_id = 0;
    const std::vector<Snapshot> seen = expectSound(list, transition, [&] {
      list.replace([&](TrackedElement& e) {
        successor_id = e.id() + 1;
        return isIn(moved, e.id() / 10) ? &successor_id : nullptr;
      });
    });
    for (const Snapshot& snapshot : seen) {
      Snapshot places;
      for (const int id : snapshot) places.push_back(id / 10);
      EXPECT_EQ(places, newestFirst(kCount));
    }
    EXPECT_EQ(ledger_.alive(), kCount);
  }
}

TEST_P(AtomicListHandler, L3_AClearIsSoundAndComplete) {
  for (int count = 0; count <= 4; ++count) {
    List list;
    fill(list, count);
    expectSound(list, {newestFirst(count), {}}, [&] { list.clear(); });
  }
}

TEST_P(AtomicListHandler, L3_AReclaimShowsNothingOfWhatItFrees) {
  List list;
  fill(list, 2);
  retire(list, 3);
  expectSound(list, {{2, 1}, {2, 1}}, [&] { EXPECT_TRUE(list.reclaim()); });
  EXPECT_EQ(ledger_.alive(), 2);
}

TEST_P(AtomicListHandler, L6_TheDestructorShowsNoDestroyedElement) {
  auto owner = std::make_unique<List>();
  List& list = *owner;
  // Handlers also run inside the elements' own destructors.
  for (int id = 1; id <= 4; ++id) list.pushFront(id, ledger_, &PreemptPolicy::preempt);
  retire(list, 2);
  expectSound(list, {newestFirst(4), {}}, [&] { owner.reset(); });
}

TEST_P(AtomicListHandler, L3_HandlersLeaveNothingThatHindersReclamation) {
  List list;
  fill(list, 4);
  expectSound(list, {newestFirst(4), {}}, [&] { list.clear(); });
  EXPECT_EQ(ledger_.alive(), 0) << "freed by the clear itself";
}

TEST_P(AtomicListHandler, L3_WhatAHandlerAtOneStepAloneSeesIsTheSame) {
  // Only one handler runs in the whole operation, so no step relies on a handler at an earlier one.
  for (int step = 1;; ++step) {
    List list;
    fill(list, 4);
    Snapshot seen;
    int steps = 0;
    auto handler = [&]() noexcept {
      if (++steps != step) return;
      list.iterate([&](TrackedElement& e) noexcept { seen.push_back(e.id()); });
    };
    {
      const PreemptPolicy::ScopedHook hook(handler);
      list.filter([](TrackedElement& e) { return e.id() % 2 == 0; });
    }
    if (steps < step) break;
    SnapshotJudge judge({{4, 3, 2, 1}, {4, 2}});
    judge.add(seen);
    EXPECT_EQ(judge.verdict(), "") << "step " << step;
  }
}

// --- a real signal ------------------------------------------------------------------------------

// Calls a function in the handler of SIGALRM, at short intervals, while it lives.
class AlarmBarrage {
 public:
  explicit AlarmBarrage(void (*handler)()) {
    handler_ = handler;
    struct sigaction action{};
    action.sa_handler = [](int) {
      const int kept_errno = errno;
      handler_();
      errno = kept_errno;
    };
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, &former_action_);
    const itimerval often{.it_interval = {0, 100}, .it_value = {0, 100}};
    setitimer(ITIMER_REAL, &often, nullptr);
  }
  ~AlarmBarrage() {
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &former_action_, nullptr);
  }
  AlarmBarrage(const AlarmBarrage&) = delete;
  AlarmBarrage& operator=(const AlarmBarrage&) = delete;

 private:
  static inline void (*handler_)() = nullptr;
  struct sigaction former_action_{};
};

TEST(AtomicListSignal, L3_ARealHandlerThatStrikesAnywhereSeesAnOrderedListOfLivingElements) {
  static AtomicList<TrackedElement>* list = nullptr;
  static volatile sig_atomic_t preemptions = 0;
  static volatile sig_atomic_t disorders = 0;
  Ledger ledger;
  AtomicList<TrackedElement> the_list;
  list = &the_list;
  {
    const AlarmBarrage barrage([] {
      preemptions = preemptions + 1;
      int former = 1 << 30;
      list->iterate([&](TrackedElement& e) noexcept {
        if (e.id() >= former) disorders = disorders + 1;
        former = e.id();
      });
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    for (int id = 1; std::chrono::steady_clock::now() < end; ++id) {
      list->pushFront(id, ledger);
      if (id % 8 == 0) list->filter([](TrackedElement& e) { return e.id() % 3 != 0; });
      if (id % 64 == 0) list->clear();
    }
  }
  list->clear();
  EXPECT_GT(preemptions, 10);
  EXPECT_EQ(disorders, 0);
  EXPECT_EQ(ledger.faults(), 0);
  EXPECT_EQ(ledger.alive(), 0);
}

// --- the judge itself ---------------------------------------------------------------------------

std::string judged(const std::vector<Snapshot>& seen) {
  SnapshotJudge judge({.before = {5, 4, 3, 2}, .after = {6, 5, 3}});
  for (const Snapshot& snapshot : seen) judge.add(snapshot);
  return judge.verdict();
}

TEST(SnapshotJudge, L3_SoundAndCompleteSightsPass) {
  EXPECT_EQ(judged({{5, 4, 3, 2}, {5, 3, 2}, {6, 5, 3, 2}, {6, 5, 3}}), "");
  EXPECT_EQ(judged({{6, 5, 4, 3}}), "");
}

TEST(SnapshotJudge, L3_EveryKindOfWrongSightIsNamed) {
  EXPECT_EQ(judged({{5, 4, 3, 2, 1}}), "not in the list: 1");
  EXPECT_EQ(judged({{5, 4, 2}}), "missed: 3");
  EXPECT_EQ(judged({{}}), "missed: 3");
  EXPECT_EQ(judged({{5, 3, 4}}), "out of order: 4");
  EXPECT_EQ(judged({{5, 5, 3}}), "out of order: 5");
  EXPECT_EQ(judged({{5, 3}, {5, 4, 3}}), "back again: 4");
  EXPECT_EQ(judged({{6, 5, 3}, {5, 3}}), "lost again: 6");
}

}  // namespace
}  // namespace sigproof::atomic_list_handler_test
