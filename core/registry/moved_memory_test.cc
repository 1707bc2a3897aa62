// D3: the engine moved a memory when it grew. Tests what becomes of the entries in that memory.
#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "core/registry/signal_registry.h"
#include "core/testing/allocation_count.h"
#include "core/testing/preempt_policy.h"
#include "core/testing/test_memory.h"

namespace sigproof::moved_memory_test {
namespace {

constexpr std::size_t kLength = 64;
constexpr std::uint64_t kSignal = 17;  // not aligned
constexpr std::uint64_t kTerminated = 32;

// A memory with a copy of the bytes of `old`, and more bytes behind them, as a growth makes it.
TestMemory grownCopy(const TestMemory& old) {
  TestMemory grown(2 * kLength);
  for (std::uint64_t offset = 0; offset < kLength; offset += 4) {
    grown.setWord(offset, old.word(offset));
  }
  return grown;
}

class CountedAttachment : public EntryAttachment {
 public:
  explicit CountedAttachment(int& alive) : alive_(alive) { ++alive_; }
  ~CountedAttachment() override { --alive_; }
  CountedAttachment(const CountedAttachment&) = delete;
  CountedAttachment& operator=(const CountedAttachment&) = delete;

 private:
  int& alive_;
};

// One entry in `old`.
template <class Policy = StdPolicy>
struct OneEntry {
  using Registry = SignalRegistry<Policy>;

  explicit OneEntry(const SignalProtocol& protocol = SignalProtocol::address())
      : registry({.protocol = protocol}) {
    old.setWord(kTerminated, 0);
    entry = registry
                .add(old.span(), {kSignal, kTerminated},
                     std::make_unique<CountedAttachment>(attachments))
                .entry;
  }

  int attachments = 0;
  TestMemory old{kLength};
  Registry registry;
  SignalEntry<Policy>* entry;
};

TEST(MovedMemory, D3_AfterTheMoveTheLiveMemoryIsWrittenAndTheOldOneLetGo) {
  OneEntry<> one;
  TestMemory grown = grownCopy(one.old);
  const TestMemory::Bytes old_before = one.old.bytes();
  const TestMemory::Bytes before = grown.bytes();
  SignalEntry<>* moved = one.registry.moveMemory(*one.entry, grown.span());
  ASSERT_NE(moved, nullptr);
  EXPECT_EQ(grown.bytes(), before) << "no byte is written for a move alone";
  EXPECT_EQ(one.registry.entryCount(), 1U);
  EXPECT_EQ(one.old.spanCount(), 0);
  EXPECT_EQ(grown.spanCount(), 1);
  EXPECT_EQ(one.registry.deliver(), 1U);
  EXPECT_EQ(grown.bytes(), withWord(before, kSignal, kSignalValue));
  EXPECT_EQ(one.registry.renew(), 1U);
  EXPECT_EQ(one.registry.markTerminated(), 1U);
  EXPECT_EQ(grown.bytes(), withWord(before, kTerminated, kTerminatedValue));
  EXPECT_EQ(one.old.bytes(), old_before);
}

TEST(MovedMemory, D3_TheAttachmentGoesWithTheWords) {
  OneEntry<> one;
  const TestMemory grown = grownCopy(one.old);
  EntryAttachment* const attachment = one.entry->attachment();
  SignalEntry<>* moved = one.registry.moveMemory(*one.entry, grown.span());
  EXPECT_EQ(one.attachments, 1);
  EXPECT_EQ(moved->attachment(), attachment);
  EXPECT_EQ(moved->memory().data(), grown.span().data());
  moved->markDead();
  one.registry.dropDead();
  EXPECT_EQ(one.attachments, 0);
  EXPECT_EQ(grown.spanCount(), 0);
}

TEST(MovedMemory, G1_AfterTheMoveTheTerminatedWordOfTheLiveMemoryEndsTheEntry) {
  for (const bool was_filtered_between : {false, true}) {
    OneEntry<> one;
    TestMemory grown = grownCopy(one.old);
    one.registry.moveMemory(*one.entry, grown.span());
    if (was_filtered_between) one.registry.dropDead();
    grown.setWord(kTerminated, 1);
    one.registry.dropDead();
    EXPECT_EQ(one.registry.entryCount(), 0U);
  }
}

TEST(MovedMemory, G1_WhatTheFormerMemoryIsUsedForThenEndsNoEntry) {
  OneEntry<> one;
  TestMemory grown = grownCopy(one.old);
  one.registry.moveMemory(*one.entry, grown.span());
  one.old.setWord(kTerminated, 9);
  for (int filter = 0; filter < 2; ++filter) one.registry.dropDead();
  EXPECT_EQ(one.registry.entryCount(), 1U);
  EXPECT_EQ(one.registry.deliver(), 1U);
}

TEST(MovedMemory, D6_AWarningThatTheCopyMissedIsWritten) {
  OneEntry<> one;
  TestMemory grown = grownCopy(one.old);
  one.registry.deliver();  // writes to the old memory, because the move was not noticed yet
  one.registry.moveMemory(*one.entry, grown.span());
  EXPECT_EQ(grown.word(kSignal), kSignalValue);
}

TEST(MovedMemory, D6_AWarningThatWasRenewedAfterTheCopyIsTakenBack) {
  OneEntry<> one;
  one.registry.deliver();
  TestMemory grown = grownCopy(one.old);
  ASSERT_EQ(grown.word(kSignal), kSignalValue);
  one.registry.renew();
  one.registry.moveMemory(*one.entry, grown.span());
  EXPECT_EQ(grown.word(kSignal), 0U);
}

TEST(MovedMemory, D2_TheDeadStayDeadAndNothingIsWrittenForThem) {
  for (const bool is_collected : {false, true}) {
    OneEntry<> one;
    one.registry.deliver();
    if (is_collected) {
      one.entry->markDead();
    } else {
      one.old.setWord(kTerminated, 9);
    }
    TestMemory grown = grownCopy(one.old);
    grown.setWord(kTerminated, 0);  // the program made it alive again
    const TestMemory::Bytes before = grown.bytes();
    one.registry.moveMemory(*one.entry, grown.span());
    EXPECT_EQ(one.registry.deliver(), 0U);
    EXPECT_EQ(one.registry.renew(), 0U);
    EXPECT_EQ(grown.bytes(), before);
    one.registry.dropDead();
    EXPECT_EQ(one.registry.entryCount(), 0U);
    EXPECT_EQ(one.attachments, 0);
  }
}

TEST(MovedMemory, D3_R3_AnEntryDoesNotFollowToWhereEitherWordWouldLieOutside) {
  for (const bool is_signal_last : {false, true}) {
    TestMemory old(kLength);
    old.setWord(is_signal_last ? 8 : 40, 0);
    SignalRegistry<> registry({});
    const WordOffsets words{.signal = is_signal_last ? 40 : 8,
                            .terminated = is_signal_last ? 8 : 40};
    SignalEntry<>* entry = registry.add(old.span(), words, nullptr).entry;
    TestMemory too_small(16);
    EXPECT_EQ(registry.moveMemory(*entry, too_small.span()), nullptr);
    EXPECT_EQ(registry.deliver(), 1U);
    EXPECT_EQ(old.word(*words.signal), kSignalValue);
  }
}

TEST(MovedMemory, D3_EntriesOfOneWordMoveToo) {
  for (const bool has_signal : {false, true}) {
    TestMemory old(kLength);
    SignalRegistry<> registry({.protocol = SignalProtocol::instance()});
    const WordOffsets words =
        has_signal ? WordOffsets{kSignal, std::nullopt} : WordOffsets{std::nullopt, kTerminated};
    auto* entry = registry.add(old.span(), words, nullptr).entry;
    TestMemory grown = grownCopy(old);
    const TestMemory::Bytes before = grown.bytes();
    ASSERT_NE(registry.moveMemory(*entry, grown.span()), nullptr);
    EXPECT_EQ(grown.bytes(), has_signal ? withWord(before, kSignal, 0) : before);
    EXPECT_EQ(registry.deliver(), has_signal ? 1U : 0U);
    EXPECT_EQ(registry.markTerminated(), has_signal ? 0U : 1U);
  }
}

TEST(MovedMemory, R3_AMemoryThatDoesNotHoldTheWordsIsNotMovedTo) {
  OneEntry<> one;
  const TestMemory small(kTerminated + 3);
  EXPECT_EQ(one.registry.moveMemory(*one.entry, small.span()), nullptr);
  EXPECT_EQ(small.spanCount(), 0);
  EXPECT_EQ(one.registry.deliver(), 1U);
  EXPECT_EQ(one.old.word(kSignal), kSignalValue);
}

struct ScarcePolicy : PreemptPolicy {
  static inline int allocations_left = 1000;

  template <class T, class... Args>
  static T* create(Args&&... args) {
    if (allocations_left-- <= 0) throw std::bad_alloc();
    return PreemptPolicy::create<T>(std::forward<Args>(args)...);
  }
};

TEST(MovedMemory, R7_WithoutMemoryForTheSuccessorTheEntryStaysAsItWas) {
  ScarcePolicy::allocations_left = 1;
  OneEntry<ScarcePolicy> one;
  const TestMemory grown = grownCopy(one.old);
  EXPECT_EQ(one.registry.moveMemory(*one.entry, grown.span()), nullptr);
  EXPECT_EQ(one.attachments, 1);
  EXPECT_EQ(grown.spanCount(), 0);
  EXPECT_EQ(one.registry.entryCount(), 1U);
  EXPECT_EQ(one.registry.deliver(), 1U);
  EXPECT_EQ(one.old.word(kSignal), kSignalValue);
}

// --- many at once -------------------------------------------------------------------------------

// Several entries, each with a memory of its own. The test moves some of the memories.
template <class Policy = StdPolicy>
struct Several {
  static constexpr int kEntries = 4;
  using Registry = SignalRegistry<Policy>;
  using Entry = SignalEntry<Policy>;

  Several() {
    for (int i = 0; i < kEntries; ++i) {
      old.emplace_back(kLength).setWord(kTerminated, 0);
      grown.push_back(grownCopy(old.back()));
      registry.add(old.back().span(), {kSignal, kTerminated}, nullptr);
    }
  }

  static bool isIn(unsigned set, int i) { return (set >> i & 1) != 0; }

  // Calls refreshMemories(), which finds that the memories in the set `moved` are elsewhere.
  bool refresh(unsigned moved) {
    return registry.refreshMemories(
        [&](Entry& entry) noexcept -> std::optional<OwnedSpan> {
          ++asked;
          for (int i = 0; i < kEntries; ++i) {
            const bool is_it = entry.memory().data() == old[i].span().data();
            if (is_it && isIn(moved, i)) return grown[i].span();
          }
          return std::nullopt;
        },
        [&](Entry& entry) noexcept { successors.push_back(&entry); });
  }

  void expectDelivered(unsigned moved) {
    EXPECT_EQ(registry.deliver(), 4U);
    for (int i = 0; i < kEntries; ++i) {
      EXPECT_EQ(old[i].word(kSignal), isIn(moved, i) ? 0 : kSignalValue) << i;
      if (isIn(moved, i)) EXPECT_EQ(grown[i].word(kSignal), kSignalValue) << i;
    }
  }

  std::vector<TestMemory> old;
  std::vector<TestMemory> grown;
  Registry registry{typename Registry::Options{}};
  int asked = 0;
  std::vector<Entry*> successors;
};

TEST(RefreshedMemories, D3_EverySubsetOfMovedMemoriesIsFollowed) {
  for (unsigned moved = 0; moved < 1U << Several<>::kEntries; ++moved) {
    Several<> several;
    EXPECT_TRUE(several.refresh(moved));
    EXPECT_EQ(several.asked, Several<>::kEntries);
    EXPECT_EQ(several.successors.size(), static_cast<std::size_t>(std::popcount(moved)));
    EXPECT_EQ(several.registry.entryCount(), 4U);
    several.expectDelivered(moved);
    EXPECT_TRUE(several.refresh(moved)) << "again: nothing is left to do";
    EXPECT_EQ(several.successors.size(), static_cast<std::size_t>(std::popcount(moved)));
  }
}

TEST(RefreshedMemories, D3_WhereNothingMovedNothingIsAllocated) {
  Several<> several;
  const AllocationCount allocations;
  EXPECT_TRUE(several.refresh(0));
  EXPECT_EQ(allocations.soFar(), 0U);
}

TEST(RefreshedMemories, R7_WithoutMemoryForTheListOfTheMovedNothingIsFollowedYet) {
  if (!AllocationsFail::isSupported()) GTEST_SKIP() << "a sanitizer has an operator new of its own";
  OneEntry<> one;
  TestMemory grown = grownCopy(one.old);
  std::optional<AllocationsFail> no_memory;
  const auto refresh = [&](bool is_scarce) {
    return one.registry.refreshMemories(
        [&](SignalEntry<>& /*entry*/) noexcept {
          std::optional<OwnedSpan> there = grown.span();
          if (is_scarce) no_memory.emplace();
          return there;
        },
        [](SignalEntry<>& /*entry*/) noexcept {});
  };
  const bool is_complete = refresh(true);
  no_memory.reset();
  EXPECT_FALSE(is_complete);
  one.registry.deliver();
  EXPECT_EQ(one.old.word(kSignal), kSignalValue);
  EXPECT_TRUE(refresh(false));
  EXPECT_EQ(grown.word(kSignal), kSignalValue) << "the level asks for it";
}

TEST(RefreshedMemories, R7_WhatThereIsNoMemoryForIsFollowedByTheNextCall) {
  ScarcePolicy::allocations_left = 1000;
  Several<ScarcePolicy> several;
  ScarcePolicy::allocations_left = 2;
  EXPECT_FALSE(several.refresh(0xF));
  EXPECT_EQ(several.successors.size(), 2U);
  EXPECT_EQ(several.registry.entryCount(), 4U);
  ScarcePolicy::allocations_left = 1000;
  EXPECT_TRUE(several.refresh(0xF));
  EXPECT_EQ(several.successors.size(), 4U);
  several.expectDelivered(0xF);
}

// The engine may collect while we ask it. Its prologue then drops entries, also those that we have
// asked about already.
TEST(RefreshedMemories, R10_ACollectionBetweenTheQuestionsIsSafe) {
  Several<PreemptPolicy> several;  // reports misuse of the list
  using Entry = Several<PreemptPolicy>::Entry;
  std::vector<Entry*> asked;
  EXPECT_TRUE(several.registry.refreshMemories(
      [&](Entry& entry) noexcept -> std::optional<OwnedSpan> {
        asked.push_back(&entry);
        if (asked.size() == 3) {
          asked[0]->markDead();
          entry.markDead();
          several.registry.dropDead();
        }
        for (int i = 0; i < 4; ++i) {
          if (entry.memory().data() == several.old[i].span().data()) return several.grown[i].span();
        }
        return std::nullopt;
      },
      [](Entry&) noexcept {}));
  EXPECT_EQ(several.registry.entryCount(), 2U);
  EXPECT_EQ(several.registry.deliver(), 2U);
  int reached = 0;
  for (const TestMemory& memory : several.grown) {
    reached += memory.word(kSignal) == kSignalValue ? 1 : 0;
    EXPECT_LE(memory.spanCount(), 1);
  }
  EXPECT_EQ(reached, 2);
  for (const TestMemory& memory : several.old) EXPECT_EQ(memory.spanCount(), 0);
}

// --- a handler at each step ---------------------------------------------------------------------

TEST(MovedMemoryStruck, D3_AHandlerAtAnyStepWritesTheOldWordOrTheNewAndTheNewHoldsItInTheEnd) {
  for (const bool is_refresh : {false, true}) {
    bool was_old_written = false;
    bool was_new_written = false;
    for (int step = 1;; ++step) {
      OneEntry<PreemptPolicy> one;
      TestMemory grown = grownCopy(one.old);
      int steps = 0;
      auto handler = [&]() noexcept {
        if (++steps != step) return;
        EXPECT_EQ(one.registry.deliver(), 1U) << "never neither, never both";
        const bool is_new = grown.word(kSignal) == kSignalValue;
        EXPECT_TRUE(is_new || one.old.word(kSignal) == kSignalValue);
        (is_new ? was_new_written : was_old_written) = true;
      };
      {
        const PreemptPolicy::ScopedHook hook(handler);
        if (is_refresh) {
          one.registry.refreshMemories([&](auto&) noexcept { return std::optional(grown.span()); },
                                       [](auto&) noexcept {});
        } else {
          one.registry.moveMemory(*one.entry, grown.span());
        }
      }
      if (steps < step) break;
      EXPECT_EQ(grown.word(kSignal), kSignalValue) << "before step " << step;
    }
    EXPECT_TRUE(was_old_written && was_new_written);
  }
}

TEST(MovedMemoryStruck, D3_UnderAWarningTheNewWordIsNeverClearOnceItCanBeReached) {
  OneEntry<PreemptPolicy> one;
  one.registry.deliver();
  TestMemory grown = grownCopy(one.old);  // includes the warning
  auto handler = [&]() noexcept { EXPECT_EQ(grown.word(kSignal), kSignalValue); };
  const PreemptPolicy::ScopedHook hook(handler);
  one.registry.moveMemory(*one.entry, grown.span());
}

// --- other threads ------------------------------------------------------------------------------

TEST(MovedMemoryThreads, L4_AWatchdogDeliversWhileAMemoryMovesAgainAndAgain) {
  OneEntry<> one;
  std::atomic<bool> is_stopped{false};
  std::jthread watchdog([&] {
    while (!is_stopped) one.registry.deliver();
  });
  auto* entry = one.entry;
  std::vector<TestMemory> memories;
  for (int round = 0; round < 2000; ++round) {
    TestMemory grown(kLength);
    grown.setWord(kTerminated, 0);
    entry = one.registry.moveMemory(*entry, grown.span());
    ASSERT_NE(entry, nullptr);
    if (round % 2 == 0) one.registry.renew();
    memories.push_back(grown);
  }
  is_stopped = true;
  watchdog.join();
  one.registry.renew();
  one.registry.deliver();
  EXPECT_EQ(memories.back().word(kSignal), kSignalValue);
  one.registry.dropDead();
  EXPECT_EQ(one.old.spanCount(), 0);
  memories.pop_back();
  for (const TestMemory& memory : memories) EXPECT_EQ(memory.spanCount(), 0);
}

}  // namespace
}  // namespace sigproof::moved_memory_test
