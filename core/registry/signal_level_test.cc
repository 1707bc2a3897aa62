// D6: a warning is a level with a generation. Tests how late signals, renewals and registrations
// combine, also where one preempts another.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/registry/signal_registry.h"
#include "core/testing/allocation_count.h"
#include "core/testing/preempt_policy.h"
#include "core/testing/test_memory.h"

namespace sigproof::signal_level_test {
namespace {

constexpr std::size_t kLength = 64;
constexpr std::uint64_t kStride = 16;  // from one entry's words to the next one's
constexpr int kEntries = 3;

// Entries in one memory, each with an aligned signal word and a terminated word after it.
template <class Policy>
struct Warned {
  using Registry = SignalRegistry<Policy>;

  Warned() {
    for (std::uint64_t offset = 0; offset < kLength; offset += 4) memory.setWord(offset, 0);
    for (int i = 0; i < kEntries; ++i) entries.push_back(add(i));
  }

  SignalEntry<Policy>* add(int i) {
    const std::uint64_t offset = kStride * static_cast<std::uint64_t>(i);
    return registry.add(memory.span(), {offset, offset + 4}, nullptr).entry;
  }

  std::vector<std::uint32_t> words(int count = kEntries) const {
    std::vector<std::uint32_t> values;
    for (int i = 0; i < count; ++i) {
      values.push_back(memory.word(kStride * static_cast<std::uint64_t>(i)));
    }
    return values;
  }

  TestMemory memory{kLength};
  Registry registry{typename Registry::Options{}};
  std::vector<SignalEntry<Policy>*> entries;
};

std::vector<std::uint32_t> all(std::uint32_t value, int count = kEntries) {
  return std::vector<std::uint32_t>(static_cast<std::size_t>(count), value);
}

// --- one thing after the other ------------------------------------------------------------------

TEST(SignalLevel, D6_ItIsRaisedByADeliveryAndClearedByARenewal) {
  Warned<StdPolicy> it;
  EXPECT_FALSE(it.registry.isWarned());
  EXPECT_EQ(it.registry.deliver(), 3U);
  EXPECT_TRUE(it.registry.isWarned());
  EXPECT_EQ(it.registry.renew(), 3U);
  EXPECT_FALSE(it.registry.isWarned());
  EXPECT_EQ(it.words(), all(0));
}

TEST(SignalLevel, D6_EachRenewalBeginsAGenerationAndADeliveryDoesNot) {
  SignalRegistry<> registry({});
  for (std::uint64_t generation = 0; generation < 5; ++generation) {
    EXPECT_EQ(registry.generation(), generation);
    if (generation % 2 == 0) registry.deliver();
    EXPECT_EQ(registry.generation(), generation);
    registry.renew();
  }
}

TEST(SignalLevel, D6_AnIsolateWithoutEntriesIsWarnedToo) {
  SignalRegistry<> registry({});
  EXPECT_EQ(registry.deliver(), 0U);
  EXPECT_TRUE(registry.isWarned());
}

TEST(SignalLevel, D6_AnEntryPublishedUnderAWarningHearsIt) {
  Warned<StdPolicy> it;
  it.registry.deliver();
  it.memory.setWord(3 * kStride, 7);
  ASSERT_NE(it.add(3), nullptr);
  EXPECT_EQ(it.words(4), all(kSignalValue, 4));
  it.registry.renew();
  EXPECT_EQ(it.words(4), all(0, 4));
}

TEST(SignalLevel, R6_AnEntryPublishedUnderAWarningChangesNoByteButItsSignalWord) {
  TestMemory memory(kLength);
  memory.setWord(8, 0);
  const TestMemory::Bytes before = memory.bytes();
  SignalRegistry<> registry({});
  registry.deliver();
  registry.add(memory.span(), {1, 8}, nullptr);
  EXPECT_EQ(memory.bytes(), withWord(before, 1, kSignalValue));
}

TEST(SignalLevel, R7_ARefusedRegistrationUnderAWarningChangesNoByte) {
  TestMemory memory(kLength);
  const TestMemory::Bytes before = memory.bytes();
  SignalRegistry<> registry({});
  registry.deliver();
  registry.add(memory.span(), {1, 8}, nullptr);  // its terminated word is not 0
  registry.add(memory.span(), {1, kLength}, nullptr);
  EXPECT_EQ(memory.bytes(), before);
}

TEST(SignalLevel, D6_ASignalOfAnOlderGenerationWritesNothing) {
  Warned<StdPolicy> it;
  const auto generation = it.registry.generation();
  it.registry.renew();
  EXPECT_EQ(it.registry.deliver(generation), 0U);
  EXPECT_FALSE(it.registry.isWarned());
  EXPECT_EQ(it.words(), all(0));
  it.registry.deliver();
  it.memory.setWord(0, 5);  // written by the module itself
  EXPECT_EQ(it.registry.deliver(generation), 0U);
  EXPECT_EQ(it.memory.word(0), 5U);
}

TEST(SignalLevel, D6_ASignalOfAGenerationThatHasNotBegunWritesNothing) {
  Warned<StdPolicy> it;
  EXPECT_EQ(it.registry.deliver(it.registry.generation() + 1), 0U);
  EXPECT_FALSE(it.registry.isWarned());
  EXPECT_EQ(it.words(), all(0));
}

TEST(SignalLevel, D6_ASignalOfTheCurrentGenerationIsDeliveredAgain) {
  Warned<StdPolicy> it;
  it.registry.renew();
  const auto generation = it.registry.generation();
  EXPECT_EQ(it.registry.deliver(generation), 3U);
  it.memory.setWord(0, 0);
  EXPECT_EQ(it.registry.deliver(generation), 3U);
  EXPECT_EQ(it.words(), all(kSignalValue));
}

TEST(SignalLevel, D6_ARetiredGenerationKeepsTheWarningAndHearsNoLateSignal) {
  Warned<StdPolicy> it;
  const auto first = it.registry.generation();
  it.registry.retireGeneration();
  EXPECT_EQ(it.registry.deliver(first), 0U);
  EXPECT_EQ(it.words(), all(0));
  const auto second = it.registry.generation();
  EXPECT_NE(first, second);
  it.registry.deliver(second);
  it.registry.retireGeneration();
  EXPECT_TRUE(it.registry.isWarned()) << "the budget is as spent as before";
  EXPECT_EQ(it.words(), all(kSignalValue));
  EXPECT_EQ(it.registry.deliver(second), 0U);
  it.add(3);
  EXPECT_EQ(it.words(4), all(kSignalValue, 4));
}

TEST(SignalLevel, D6_AfterAClearALateSignalFindsNothing) {
  Warned<StdPolicy> it;
  const auto generation = it.registry.generation();
  it.registry.clear();
  EXPECT_EQ(it.registry.deliver(generation), 0U);
  EXPECT_EQ(it.words(), all(0));
}

TEST(SignalLevel, D6_ALateSignalAllocatesNothing) {
  Warned<StdPolicy> it;
  const auto generation = it.registry.generation();
  it.registry.renew();
  const AllocationCount allocations;
  it.registry.deliver(generation);
  EXPECT_EQ(allocations.soFar(), 0U);
}

// --- a handler at each step ---------------------------------------------------------------------

using Preempted = Warned<PreemptPolicy>;

// Runs `operation` on a fresh registry once for each of its steps, with `handler` before that step.
// Calls `prepare` before and `judge` after each run.
void preemptEachStep(const std::function<void(Preempted&)>& prepare,
                     const std::function<void(Preempted&)>& operation,
                     const std::function<void(Preempted&)>& handler,
                     const std::function<void(Preempted&)>& judge) {
  for (int step = 1;; ++step) {
    Preempted preempted;
    prepare(preempted);
    int steps = 0;
    auto hook = [&]() noexcept {
      if (++steps == step) handler(preempted);
    };
    {
      const PreemptPolicy::ScopedHook scope(hook);
      operation(preempted);
    }
    if (steps < step) {
      EXPECT_GT(step, 3) << "the operation was preempted";
      return;
    }
    SCOPED_TRACE("before step " + std::to_string(step));
    judge(preempted);
    if (testing::Test::HasFailure()) return;
  }
}

void renew(Preempted& it) { EXPECT_EQ(it.registry.renew(), 3U); }

TEST(SignalLevelStruck, D6_ARenewalNeverErasesTheWarningOfAHandlerThatStrikesIt) {
  for (const bool was_warned : {false, true}) {
    // A handler that runs before the level changes warns the old generation. The renewal clears
    // that.
    bool is_of_new_generation = false;
    preemptEachStep([&](Preempted& it) { was_warned ? it.registry.deliver() : 0; }, renew,
                    [&](Preempted& it) {
                      is_of_new_generation = it.registry.generation() == 1;
                      it.registry.deliver();
                    },
                    [&](Preempted& it) {
                      EXPECT_EQ(it.registry.isWarned(), is_of_new_generation);
                      EXPECT_EQ(it.words(), all(is_of_new_generation ? kSignalValue : 0));
                    });
  }
}

TEST(SignalLevelStruck, D6_ARenewalIsCompleteDespiteALateSignalAtAnyStep) {
  std::optional<std::uint64_t> late;
  preemptEachStep([&](Preempted& it) { late = it.registry.generation(); }, renew,
                  [&](Preempted& it) { it.registry.deliver(*late); },
                  [&](Preempted& it) {
                    EXPECT_FALSE(it.registry.isWarned());
                    EXPECT_EQ(it.words(), all(0));
                  });
}

TEST(SignalLevelStruck, D6_AnEntryHearsAHandlerThatStrikesItsRegistrationAtAnyStep) {
  const auto nothing = [](Preempted&) {};
  preemptEachStep(
      nothing, [](Preempted& it) { it.add(3); }, [](Preempted& it) { it.registry.deliver(); },
      [](Preempted& it) { EXPECT_EQ(it.words(4), all(kSignalValue, 4)); });
}

TEST(SignalLevelStruck, D6_AnEntryPublishedUnderAWarningIsNeverSeenClearByALaterHandler) {
  // Either the handler's own delivery writes the word, or the entry is published after it and add()
  // does.
  const auto warn = [](Preempted& it) { it.registry.deliver(); };
  preemptEachStep(
      warn, [](Preempted& it) { it.add(3); }, [](Preempted& it) { it.registry.deliver(); },
      [](Preempted& it) { EXPECT_EQ(it.words(4), all(kSignalValue, 4)); });
}

TEST(SignalLevelStruck, D6_ADeliveryStruckByAnotherWarnsOnce) {
  const auto nothing = [](Preempted&) {};
  preemptEachStep(
      nothing, [](Preempted& it) { EXPECT_EQ(it.registry.deliver(), 3U); },
      [](Preempted& it) { EXPECT_EQ(it.registry.deliver(), 3U); },
      [](Preempted& it) {
        EXPECT_TRUE(it.registry.isWarned());
        EXPECT_EQ(it.words(), all(kSignalValue));
      });
}

TEST(SignalLevelStruck, L2_ADeliveryInAHandlerThatStrikesARenewalWalksOnce) {
  // A handler on the owner's thread can't see the level change while it runs, so its steps are
  // bounded.
  Preempted it;
  int steps = 0;
  auto count = [&]() noexcept { ++steps; };
  {
    const PreemptPolicy::ScopedHook hook(count);
    it.registry.deliver();
  }
  const int expected = steps;
  preemptEachStep([](Preempted&) {}, renew,
                  [&](Preempted& preempted) {
                    steps = 0;
                    const PreemptPolicy::ScopedHook hook(count);
                    preempted.registry.deliver();
                  },
                  [&](Preempted&) { EXPECT_EQ(steps, expected); });
}

// --- other threads ------------------------------------------------------------------------------

// The worst moment for a renewal: a delivery of the old generation waits in the middle of its walk,
// on another thread, and continues when the renewal has ended.
TEST(SignalLevelThreads, D6_ADeliveryThatARenewalOvertookTakesItsWritesBack) {
  for (const bool is_warned_anew : {false, true}) {
    Warned<PreemptPolicy> it;  // its deliveries ask for the length
    std::atomic<bool> is_armed{true};
    std::latch inside(1);
    std::latch may_leave(1);
    it.memory.onLength([&] {
      if (!is_armed.exchange(false)) return;
      inside.count_down();
      may_leave.wait();
    });
    std::size_t delivered = 99;
    std::thread watchdog([&] { delivered = it.registry.deliver(0); });
    inside.wait();
    EXPECT_EQ(it.registry.renew(), 3U);
    if (is_warned_anew) it.registry.deliver();
    may_leave.count_down();
    watchdog.join();
    EXPECT_EQ(it.words(), all(is_warned_anew ? kSignalValue : 0));
    EXPECT_EQ(delivered, is_warned_anew ? 3U : 0U);
  }
}

TEST(SignalLevelThreads, D6_TheWordsFollowTheNewestLevelWhateverTheWatchdogsSend) {
  constexpr int kRounds = 3000;
  Warned<StdPolicy> it;
  for (int round = 0; round < kRounds; ++round) {
    const auto generation = it.registry.generation();
    std::latch start(3);
    std::thread late([&] {
      start.arrive_and_wait();
      it.registry.deliver(generation);
    });
    std::thread current([&] {
      start.arrive_and_wait();
      it.registry.deliver();
    });
    start.arrive_and_wait();
    it.registry.renew();
    late.join();
    current.join();
    ASSERT_EQ(it.words(), all(it.registry.isWarned() ? kSignalValue : 0)) << "round " << round;
    ASSERT_EQ(it.registry.deliver(generation), 0U);
  }
}

}  // namespace
}  // namespace sigproof::signal_level_test
