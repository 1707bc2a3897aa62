// D6: a warning is a level with a generation. What late signals, renewals and registrations make of
// each other, also where one strikes in the middle of another.
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
  it.memory.setWord(0, 5);  // the module's own
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

using Struck = Warned<PreemptPolicy>;

// Runs `operation` on a fresh registry once for each of its steps, with `handler` before that step,
// then `judge`. `prepare` comes first.
void strikeEachStep(const std::function<void(Struck&)>& prepare,
                    const std::function<void(Struck&)>& operation,
                    const std::function<void(Struck&)>& handler,
                    const std::function<void(Struck&)>& judge) {
  for (int step = 1;; ++step) {
    Struck struck;
    prepare(struck);
    int steps = 0;
    auto hook = [&]() noexcept {
      if (++steps == step) handler(struck);
    };
    {
      const PreemptPolicy::ScopedHook scope(hook);
      operation(struck);
    }
    if (steps < step) {
      EXPECT_GT(step, 3) << "the operation was struck";
      return;
    }
    SCOPED_TRACE("before step " + std::to_string(step));
    judge(struck);
    if (testing::Test::HasFailure()) return;
  }
}

void renew(Struck& it) { EXPECT_EQ(it.registry.renew(), 3U); }

TEST(SignalLevelStruck, D6_ARenewalNeverErasesTheWarningOfAHandlerThatStrikesIt) {
  for (const bool was_warned : {false, true}) {
    // A handler before the level changes warns the old generation, which the renewal clears.
    bool is_of_new_generation = false;
    strikeEachStep([&](Struck& it) { was_warned ? it.registry.deliver() : 0; }, renew,
                   [&](Struck& it) {
                     is_of_new_generation = it.registry.generation() == 1;
                     it.registry.deliver();
                   },
                   [&](Struck& it) {
                     EXPECT_EQ(it.registry.isWarned(), is_of_new_generation);
                     EXPECT_EQ(it.words(), all(is_of_new_generation ? kSignalValue : 0));
                   });
  }
}

TEST(SignalLevelStruck, D6_ARenewalIsCompleteDespiteALateSignalAtAnyStep) {
  std::optional<std::uint64_t> late;
  strikeEachStep([&](Struck& it) { late = it.registry.generation(); }, renew,
                 [&](Struck& it) { it.registry.deliver(*late); },
                 [&](Struck& it) {
                   EXPECT_FALSE(it.registry.isWarned());
                   EXPECT_EQ(it.words(), all(0));
                 });
}

TEST(SignalLevelStruck, D6_AnEntryHearsAHandlerThatStrikesItsRegistrationAtAnyStep) {
  const auto nothing = [](Struck&) {};
  strikeEachStep(
      nothing, [](Struck& it) { it.add(3); }, [](Struck& it) { it.registry.deliver(); },
      [](Struck& it) { EXPECT_EQ(it.words(4), all(kSignalValue, 4)); });
}

TEST(SignalLevelStruck, D6_AnEntryPublishedUnderAWarningIsNeverSeenClearByALaterHandler) {
  // The handler's own delivery has written it, or it is not yet there.
  const auto warn = [](Struck& it) { it.registry.deliver(); };
  strikeEachStep(
      warn, [](Struck& it) { it.add(3); }, [](Struck& it) { it.registry.deliver(); },
      [](Struck& it) { EXPECT_EQ(it.words(4), all(kSignalValue, 4)); });
}

TEST(SignalLevelStruck, D6_ADeliveryStruckByAnotherWarnsOnce) {
  const auto nothing = [](Struck&) {};
  strikeEachStep(
      nothing, [](Struck& it) { EXPECT_EQ(it.registry.deliver(), 3U); },
      [](Struck& it) { EXPECT_EQ(it.registry.deliver(), 3U); },
      [](Struck& it) {
        EXPECT_TRUE(it.registry.isWarned());
        EXPECT_EQ(it.words(), all(kSignalValue));
      });
}

TEST(SignalLevelStruck, L2_ADeliveryInAHandlerThatStrikesARenewalWalksOnce) {
  // What strikes the owner's thread can't see the level change under it, so its steps are bounded.
  Struck it;
  int steps = 0;
  auto count = [&]() noexcept { ++steps; };
  {
    const PreemptPolicy::ScopedHook hook(count);
    it.registry.deliver();
  }
  const int expected = steps;
  strikeEachStep([](Struck&) {}, renew,
                 [&](Struck& struck) {
                   steps = 0;
                   const PreemptPolicy::ScopedHook hook(count);
                   struck.registry.deliver();
                 },
                 [&](Struck&) { EXPECT_EQ(steps, expected); });
}

// --- other threads ------------------------------------------------------------------------------

// The worst moment for a renewal: a delivery of the old generation stands in the middle of its
// walk, on another thread, and goes on when the renewal is through.
TEST(SignalLevelThreads, D6_ADeliveryThatARenewalOvertookTakesItsWritesBack) {
  for (const bool is_warned_anew : {false, true}) {
    Warned<PreemptPolicy> it;  // whose deliveries ask for the length
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
