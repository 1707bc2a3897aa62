#include "core/registry/signal_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "core/testing/allocation_count.h"
#include "core/testing/preempt_policy.h"
#include "core/testing/test_memory.h"

namespace sigproof::signal_registry_test {
namespace {

using Outcome = RegistrationOutcome;
using testing::ElementsAre;

constexpr std::size_t kLength = 64;

template <class Policy = StdPolicy>
SignalRegistry<Policy> registryFor(const SignalProtocol& protocol) {
  return SignalRegistry<Policy>(typename SignalRegistry<Policy>::Options{.protocol = protocol});
}

// Counts how many attachments live, and calls a function in its destructor.
class CountedAttachment : public EntryAttachment {
 public:
  explicit CountedAttachment(int& alive, std::function<void()> at_end = {})
      : alive_(alive), at_end_(std::move(at_end)) {
    ++alive_;
  }
  ~CountedAttachment() override {
    --alive_;
    if (at_end_) at_end_();
  }
  CountedAttachment(const CountedAttachment&) = delete;
  CountedAttachment& operator=(const CountedAttachment&) = delete;

 private:
  int& alive_;
  std::function<void()> at_end_;
};

class RecordingObserver : public RegistrationObserver {
 public:
  void onRegistration(Outcome outcome) noexcept override { outcomes.push_back(outcome); }
  std::vector<Outcome> outcomes;
};

// A memory in which the words under test are 0, so that no entry looks terminated.
TestMemory freshMemory() {
  TestMemory memory(kLength);
  for (std::uint64_t offset = 0; offset < kLength; offset += 4) memory.setWord(offset, 0);
  return memory;
}

// Adds to a registry of its own. Expects that the memory is unchanged unless it registered.
Outcome outcomeOf(const SignalProtocol& protocol, TestMemory& memory, WordOffsets words) {
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the memory changes
  const TestMemory::Bytes before = memory.bytes();
  int attachments = 0;
  auto registry = registryFor(protocol);
  const auto result =
      registry.add(memory.span(), words, std::make_unique<CountedAttachment>(attachments));
  const bool is_registered = result.outcome == Outcome::kRegistered;
  EXPECT_EQ(result.entry != nullptr, is_registered);
  EXPECT_EQ(registry.entryCount(), is_registered ? 1u : 0u);
  EXPECT_EQ(registry.isEmpty(), !is_registered);
  EXPECT_EQ(attachments, is_registered ? 1 : 0) << "a refused attachment is let go";
  EXPECT_EQ(memory.spanCount(), is_registered ? 1 : 0) << "a refused memory is let go";
  if (!is_registered) EXPECT_EQ(memory.bytes(), before) << "R7: failure changes no byte";
  return result.outcome;
}

Outcome outcomeOf(WordOffsets words, const SignalProtocol& protocol = SignalProtocol::address()) {
  TestMemory memory = freshMemory();
  return outcomeOf(protocol, memory, words);
}

const SignalProtocol kInstance = SignalProtocol::instance();

// --- what a registration writes -----------------------------------------------------------------

TEST(SignalRegistryAdd, R6_SuccessZeroesTheSignalWordAndNoOtherByteAtAnyAlignment) {
  for (std::uint64_t signal = 0; signal + 4 <= kLength; ++signal) {
    for (std::uint64_t terminated = 0; terminated + 4 <= kLength; ++terminated) {
      if (std::max(signal, terminated) - std::min(signal, terminated) < 4) continue;
      TestMemory memory(kLength);
      memory.setWord(terminated, 0);
      const TestMemory::Bytes before = memory.bytes();
      auto registry = registryFor(SignalProtocol::address());
      const auto result = registry.add(memory.span(), {signal, terminated}, nullptr);
      ASSERT_EQ(result.outcome, Outcome::kRegistered) << signal << " " << terminated;
      ASSERT_EQ(memory.bytes(), withWord(before, signal, 0)) << signal << " " << terminated;
    }
  }
}

TEST(SignalRegistryAdd, R6_UnderTheInstanceProtocolANonZeroTerminatedWordIsNoObstacle) {
  TestMemory memory(kLength);
  EXPECT_EQ(outcomeOf(kInstance, memory, {8, 16}), Outcome::kRegistered);
  EXPECT_EQ(memory.word(16), 0xA5A5A5A5u);
}

TEST(SignalRegistryAdd, R6_AnEntryWithoutASignalWordZeroesNothing) {
  TestMemory memory(kLength);
  const TestMemory::Bytes before = memory.bytes();
  EXPECT_EQ(outcomeOf(kInstance, memory, {std::nullopt, 16}), Outcome::kRegistered);
  EXPECT_EQ(memory.bytes(), before);
}

// --- outcomes -----------------------------------------------------------------------------------

TEST(SignalRegistryAdd, R7_AWordThatTheProtocolRequiresMustBeThere) {
  EXPECT_EQ(outcomeOf({8, std::nullopt}), Outcome::kIncomplete);
  EXPECT_EQ(outcomeOf({std::nullopt, 8}), Outcome::kIncomplete);
  EXPECT_EQ(outcomeOf({std::nullopt, std::nullopt}), Outcome::kNotOptedIn);
  EXPECT_EQ(outcomeOf({8, std::nullopt}, kInstance), Outcome::kRegistered);
  EXPECT_EQ(outcomeOf({std::nullopt, 8}, kInstance), Outcome::kRegistered);
  EXPECT_EQ(outcomeOf({std::nullopt, std::nullopt}, kInstance), Outcome::kNotOptedIn);
}

TEST(SignalRegistryAdd, R3_BothWordsMustLieInsideTheMemory) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t inside : {std::uint64_t{0}, std::uint64_t{kLength - 4}}) {
    const std::uint64_t other = 32;
    EXPECT_EQ(outcomeOf({inside, other}), Outcome::kRegistered) << inside;
    EXPECT_EQ(outcomeOf({other, inside}), Outcome::kRegistered) << inside;
  }
  for (const std::uint64_t outside :
       {std::uint64_t{kLength - 3}, std::uint64_t{kLength}, std::uint64_t{kLength + 1},
        std::uint64_t{0x7FFFFFFF}, std::uint64_t{0xFFFFFFFF}, std::uint64_t{0x100000000}, kMax - 3,
        kMax}) {
    EXPECT_EQ(outcomeOf({outside, 8}), Outcome::kOutOfBounds) << outside;
    EXPECT_EQ(outcomeOf({8, outside}), Outcome::kOutOfBounds) << outside;
    EXPECT_EQ(outcomeOf({outside, std::nullopt}, kInstance), Outcome::kOutOfBounds) << outside;
    EXPECT_EQ(outcomeOf({std::nullopt, outside}, kInstance), Outcome::kOutOfBounds) << outside;
  }
}

TEST(SignalRegistryAdd, R3_AnEmptyMemoryHasRoomForNoWord) {
  for (const std::size_t length : {0, 1, 3}) {
    TestMemory memory(length);
    EXPECT_EQ(outcomeOf(kInstance, memory, {0, std::nullopt}), Outcome::kOutOfBounds) << length;
  }
  TestMemory exact(4);
  EXPECT_EQ(outcomeOf(kInstance, exact, {0, std::nullopt}), Outcome::kRegistered);
}

TEST(SignalRegistryAdd, R4_WordsMustNotShareAByte) {
  constexpr std::uint64_t kMiddle = 32;
  for (std::uint64_t other = kMiddle - 8; other <= kMiddle + 8; ++other) {
    const bool overlaps = other + 4 > kMiddle && kMiddle + 4 > other;
    const Outcome expected = overlaps ? Outcome::kOverlap : Outcome::kRegistered;
    for (const SignalProtocol& protocol : {SignalProtocol::address(), kInstance}) {
      EXPECT_EQ(outcomeOf({kMiddle, other}, protocol), expected) << other;
      EXPECT_EQ(outcomeOf({other, kMiddle}, protocol), expected) << other;
    }
  }
}

TEST(SignalRegistryAdd, R6_ATerminatedWordThatIsNotZeroRefusesUnderTheAddressProtocol) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    TestMemory memory = freshMemory();
    memory.setWord(17, 1u << bit);
    EXPECT_EQ(outcomeOf(SignalProtocol::address(), memory, {8, 17}), Outcome::kAlreadyTerminated);
  }
}

TEST(SignalRegistryAdd, R7_TheFirstOfSeveralFaultsIsNamed) {
  TestMemory memory(kLength);  // every word looks terminated
  const SignalProtocol protocol = SignalProtocol::address();
  EXPECT_EQ(outcomeOf(protocol, memory, {kLength, std::nullopt}), Outcome::kIncomplete);
  EXPECT_EQ(outcomeOf(protocol, memory, {kLength, kLength}), Outcome::kOutOfBounds);
  EXPECT_EQ(outcomeOf(protocol, memory, {8, 9}), Outcome::kOverlap);
  SignalRegistry<> full({.protocol = protocol, .max_entries = 0});
  EXPECT_EQ(full.add(memory.span(), {8, 16}, nullptr).outcome, Outcome::kAlreadyTerminated);
  memory.setWord(16, 0);
  EXPECT_EQ(full.add(memory.span(), {8, 16}, nullptr).outcome, Outcome::kTooManyEntries);
}

TEST(SignalRegistryAdd, R2_AnAddressBeyond2GiBIsRegisteredAndWritten) {
  constexpr std::size_t kBigBytes = std::size_t{3} << 30;
  constexpr std::uint64_t kSignal = 0x90000000;
  void* data = mmap(nullptr, kBigBytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) GTEST_SKIP() << "no 3 GiB of address space here";
  const std::shared_ptr<void> owner(data, [](void* p) { munmap(p, kBigBytes); });
  auto registry = registryFor(SignalProtocol::address());
  auto* bytes = static_cast<std::byte*>(data);
  OwnedSpan span(owner, bytes, [](const void*) noexcept { return kBigBytes; });
  EXPECT_EQ(registry.add(span, {kSignal, kSignal + 4}, nullptr).outcome, Outcome::kRegistered);
  EXPECT_EQ(registry.deliver(), 1u);
  EXPECT_EQ(StdPolicy::loadWord(bytes + kSignal), kSignalValue);
}

// --- limits -------------------------------------------------------------------------------------

TEST(SignalRegistryLimit, R9_EntriesBeyondTheLimitAreRefusedAndTheOthersStillSignalled) {
  TestMemory memory = freshMemory();
  SignalRegistry<> registry({.max_entries = 2});
  EXPECT_EQ(registry.add(memory.span(), {0, 4}, nullptr).outcome, Outcome::kRegistered);
  EXPECT_EQ(registry.add(memory.span(), {8, 12}, nullptr).outcome, Outcome::kRegistered);
  memory.setWord(16, 7);
  EXPECT_EQ(registry.add(memory.span(), {16, 20}, nullptr).outcome, Outcome::kTooManyEntries);
  EXPECT_EQ(memory.word(16), 7u);
  EXPECT_EQ(registry.entryCount(), 2u);
  EXPECT_EQ(registry.deliver(), 2u);
}

TEST(SignalRegistryLimit, R9_DeadEntriesMakeRoom) {
  TestMemory memory = freshMemory();
  SignalRegistry<> registry({.max_entries = 2});
  registry.add(memory.span(), {0, 4}, nullptr);
  auto second = registry.add(memory.span(), {8, 12}, nullptr);
  second.entry->markDead();
  EXPECT_EQ(registry.add(memory.span(), {16, 20}, nullptr).outcome, Outcome::kRegistered);
  EXPECT_EQ(registry.entryCount(), 2u);
  memory.setWord(4, 1);  // the module ends itself
  EXPECT_EQ(registry.add(memory.span(), {24, 28}, nullptr).outcome, Outcome::kRegistered);
  EXPECT_EQ(registry.entryCount(), 2u);
}

TEST(SignalRegistryLimit, R9_TheDefaultLimitIsNamedAndHolds) {
  TestMemory memory = freshMemory();
  auto registry = registryFor(SignalProtocol::address());
  for (std::size_t i = 0; i < SignalRegistry<>::kDefaultMaxEntries; ++i) {
    ASSERT_EQ(registry.add(memory.span(), {0, 4}, nullptr).outcome, Outcome::kRegistered);
  }
  EXPECT_EQ(registry.add(memory.span(), {0, 4}, nullptr).outcome, Outcome::kTooManyEntries);
  EXPECT_EQ(registry.deliver(), SignalRegistry<>::kDefaultMaxEntries);
}

// Counts reads of terminated words, hence the entries that a walk passes.
struct WalkCountingPolicy : StdPolicy {
  static inline std::uint64_t words_read = 0;

  static std::uint32_t loadWord(const std::byte* address) noexcept {
    ++words_read;
    return StdPolicy::loadWord(address);
  }
};

TEST(SignalRegistryLimit, R9_AMillionRegistrationsBeyondTheLimitWalkAFewEntriesEach) {
  // A tenth where sanitizers and checks for misuse make this ten times as slow.
  constexpr std::uint64_t kRefused = StdPolicy::kReportMisuse ? 100'000 : 1'000'000;
  constexpr std::uint64_t kMaxEntriesARefusal = 66;
  TestMemory memory = freshMemory();
  auto registry = registryFor<WalkCountingPolicy>(SignalProtocol::address());
  for (std::size_t i = 0; i < SignalRegistry<>::kDefaultMaxEntries; ++i) {
    registry.add(memory.span(), {0, 4}, nullptr);
  }
  WalkCountingPolicy::words_read = 0;
  for (std::uint64_t i = 0; i < kRefused; ++i) {
    registry.add(memory.span(), {0, 4}, nullptr);
    // The first refusal walks past all entries; those after it pay that off.
    ASSERT_LE(WalkCountingPolicy::words_read,
              SignalRegistry<>::kDefaultMaxEntries + (i + 1) * kMaxEntriesARefusal);
  }
  EXPECT_EQ(registry.counters()[Outcome::kTooManyEntries], kRefused);
  EXPECT_EQ(registry.deliver(), SignalRegistry<>::kDefaultMaxEntries);
}

TEST(SignalRegistryLimit, R9_EntriesThatDiedAfterAWalkInVainMakeRoomInTheEnd) {
  TestMemory memory = freshMemory();
  SignalRegistry<> registry({.max_entries = 1000});
  auto first = registry.add(memory.span(), {8, 12}, nullptr);
  for (int i = 1; i < 1000; ++i) registry.add(memory.span(), {0, 4}, nullptr);
  EXPECT_EQ(registry.add(memory.span(), {0, 4}, nullptr).outcome, Outcome::kTooManyEntries);
  first.entry->markDead();
  int refused = 0;
  while (registry.add(memory.span(), {0, 4}, nullptr).outcome == Outcome::kTooManyEntries) {
    ASSERT_LT(++refused, 1000 / 64 + 1);
  }
  EXPECT_EQ(registry.entryCount(), 1000U);
}

struct ExhaustiblePolicy : StdPolicy {
  static inline bool is_exhausted = false;

  template <class T, class... Args>
  static T* create(Args&&... args) {
    if (is_exhausted) throw std::bad_alloc();
    return StdPolicy::create<T>(std::forward<Args>(args)...);
  }
};

TEST(SignalRegistryLimit, R7_WithoutMemoryForTheEntryNothingIsChangedOrKept) {
  TestMemory memory = freshMemory();
  memory.setWord(8, 7);
  const TestMemory::Bytes before = memory.bytes();
  int attachments = 0;
  auto registry = registryFor<ExhaustiblePolicy>(SignalProtocol::address());
  ExhaustiblePolicy::is_exhausted = true;
  const auto refused =
      registry.add(memory.span(), {8, 16}, std::make_unique<CountedAttachment>(attachments));
  ExhaustiblePolicy::is_exhausted = false;
  EXPECT_EQ(refused.outcome, Outcome::kOutOfMemory);
  EXPECT_EQ(refused.entry, nullptr);
  EXPECT_EQ(memory.bytes(), before);
  EXPECT_EQ(memory.spanCount(), 0);
  EXPECT_EQ(attachments, 0);
  EXPECT_EQ(registry.entryCount(), 0u);
  EXPECT_EQ(registry.add(memory.span(), {8, 16}, nullptr).outcome, Outcome::kRegistered);
}

TEST(SignalRegistryLimit, R7_WithoutMemoryForWhatAFilterReadsNothingIsChangedOrKept) {
  if (!AllocationsFail::isSupported()) GTEST_SKIP() << "a sanitizer has an operator new of its own";
  TestMemory memory = freshMemory();
  memory.setWord(8, 7);
  auto registry = registryFor(SignalProtocol::address());
  OwnedSpan span = memory.span();
  std::optional<AllocationsFail> no_memory(std::in_place);
  const auto refused = registry.add(std::move(span), {8, 16}, nullptr);
  no_memory.reset();
  EXPECT_EQ(refused.outcome, Outcome::kOutOfMemory);
  EXPECT_EQ(memory.word(8), 7U);
  EXPECT_EQ(memory.spanCount(), 0);
  registry.dropDead();
  EXPECT_EQ(registry.add(memory.span(), {8, 16}, nullptr).outcome, Outcome::kRegistered);
}

// --- observer and counters ----------------------------------------------------------------------

TEST(SignalRegistryReport, R7_EveryOutcomeIsCountedAndTheObserverIsToldOfIt) {
  RecordingObserver observer;
  SignalRegistry<> registry({.observer = &observer});
  TestMemory memory = freshMemory();
  registry.add(memory.span(), {0, 4}, nullptr);
  registry.add(memory.span(), {0, kLength}, nullptr);
  registry.add(memory.span(), {0, 4}, nullptr);
  registry.report(Outcome::kWrongType);
  EXPECT_THAT(observer.outcomes, ElementsAre(Outcome::kRegistered, Outcome::kOutOfBounds,
                                             Outcome::kRegistered, Outcome::kWrongType));
  EXPECT_EQ(registry.counters()[Outcome::kRegistered], 2u);
  EXPECT_EQ(registry.counters()[Outcome::kOutOfBounds], 1u);
  EXPECT_EQ(registry.counters()[Outcome::kWrongType], 1u);
  EXPECT_EQ(registry.counters()[Outcome::kOverlap], 0u);
}

TEST(SignalRegistryReport, R7_OutcomesOfTheEmbedderAreCountedToo) {
  RecordingObserver observer;
  SignalRegistry<> registry({.observer = &observer});
  for (std::size_t i = 0; i < kRegistrationOutcomeCount; ++i) {
    registry.report(static_cast<Outcome>(i));
    EXPECT_EQ(registry.counters()[static_cast<Outcome>(i)], 1u);
  }
  EXPECT_EQ(observer.outcomes.size(), kRegistrationOutcomeCount);
}

TEST(SignalRegistryReport, R7_AnObserverMayAskTheRegistryAndSeesTheRegistrationDone) {
  struct AskingObserver : RegistrationObserver {
    void onRegistration(Outcome outcome) noexcept override {
      entries = registry->entryCount();
      count = registry->counters()[outcome];
      delivered = registry->deliver();
    }
    SignalRegistry<>* registry = nullptr;
    std::size_t entries = 0;
    std::uint64_t count = 0;
    std::size_t delivered = 0;
  };
  AskingObserver observer;
  SignalRegistry<> registry({.observer = &observer});
  observer.registry = &registry;
  TestMemory memory = freshMemory();
  registry.add(memory.span(), {0, 4}, nullptr);
  EXPECT_EQ(observer.entries, 1u);
  EXPECT_EQ(observer.count, 1u);
  EXPECT_EQ(observer.delivered, 1u);
}

// --- lifetime -----------------------------------------------------------------------------------

TEST(SignalRegistryLifetime, G1_DropDeadRemovesTheDeadAndLetsTheirMemoryAndAttachmentGo) {
  TestMemory living = freshMemory();
  TestMemory collected = freshMemory();
  TestMemory terminated = freshMemory();
  int attachments = 0;
  const auto attachment = [&] { return std::make_unique<CountedAttachment>(attachments); };
  auto registry = registryFor(SignalProtocol::address());
  registry.add(living.span(), {0, 4}, attachment());
  registry.add(collected.span(), {0, 4}, attachment()).entry->markDead();
  registry.add(terminated.span(), {0, 4}, attachment());
  terminated.setWord(4, 1);
  EXPECT_EQ(registry.entryCount(), 3u);
  registry.dropDead();
  EXPECT_EQ(registry.entryCount(), 1u);
  EXPECT_EQ(attachments, 1);
  EXPECT_EQ(living.spanCount(), 1);
  EXPECT_EQ(collected.spanCount(), 0);
  EXPECT_EQ(terminated.spanCount(), 0);
  EXPECT_EQ(registry.deliver(), 1u);
  EXPECT_EQ(living.word(0), kSignalValue);
}

TEST(SignalRegistryLifetime, G1_WhereNothingDiedAFilterReadsEachTerminatedWordOnce) {
  TestMemory memory = freshMemory();
  auto registry = registryFor<WalkCountingPolicy>(SignalProtocol::address());
  for (int i = 0; i < 3; ++i) registry.add(memory.span(), {0, 4}, nullptr);
  auto* dying = registry.add(memory.span(), {8, 12}, nullptr).entry;
  const auto words_read_by_a_filter = [&] {
    WalkCountingPolicy::words_read = 0;
    registry.dropDead();
    return WalkCountingPolicy::words_read;
  };
  EXPECT_EQ(words_read_by_a_filter(), 4U);
  dying->markDead();
  EXPECT_EQ(words_read_by_a_filter(), 3U) << "of the dead one there is nothing to read";
  EXPECT_EQ(registry.entryCount(), 3U);
  EXPECT_EQ(words_read_by_a_filter(), 3U);
}

TEST(SignalRegistryLifetime, G1_WhatADeliverySawDeadIsDroppedAlsoIfItsMemoryWasRevived) {
  TestMemory memory = freshMemory();
  auto registry = registryFor(SignalProtocol::address());
  registry.add(memory.span(), {0, 4}, nullptr);
  memory.setWord(4, 1);
  EXPECT_EQ(registry.deliver(), 0U);
  memory.setWord(4, 0);
  registry.dropDead();
  EXPECT_EQ(registry.entryCount(), 0U);
}

TEST(SignalRegistryLifetime, G3_NoFilterReadsAWordOfWhatWasCleared) {
  TestMemory memory = freshMemory();
  auto registry = registryFor<WalkCountingPolicy>(SignalProtocol::address());
  for (int i = 0; i < 3; ++i) registry.add(memory.span(), {0, 4}, nullptr);
  registry.clear();
  registry.add(memory.span(), {0, 4}, nullptr);
  WalkCountingPolicy::words_read = 0;
  registry.dropDead();
  EXPECT_EQ(WalkCountingPolicy::words_read, 1U);
  EXPECT_EQ(registry.entryCount(), 1U);
}

TEST(SignalRegistryLifetime, G2_ATerminatedWordEndsNoEntryOfTheInstanceProtocol) {
  TestMemory memory = freshMemory();
  auto registry = registryFor(kInstance);
  auto* entry = registry.add(memory.span(), {0, 4}, nullptr).entry;
  memory.setWord(4, 1);
  registry.dropDead();
  EXPECT_EQ(registry.entryCount(), 1u);
  entry->markDead();
  registry.dropDead();
  EXPECT_EQ(registry.entryCount(), 0u);
  EXPECT_TRUE(registry.isEmpty());
}

TEST(SignalRegistryLifetime, D2_WithoutATerminatedWordAnEntryLivesUntilItIsMarkedDead) {
  SignalProtocol protocol = SignalProtocol::address();
  protocol.is_terminated_required = false;
  TestMemory memory = freshMemory();
  TestMemory other = freshMemory();
  auto registry = registryFor(protocol);
  auto* entry = registry.add(memory.span(), {8, std::nullopt}, nullptr).entry;
  registry.add(other.span(), {8, std::nullopt}, nullptr);
  registry.dropDead();
  EXPECT_EQ(registry.deliver(), 2u);
  entry->markDead();
  registry.dropDead();
  EXPECT_EQ(registry.entryCount(), 1u);
}

TEST(SignalRegistryLifetime, G3_ClearAndTheDestructorLetEverythingGo) {
  TestMemory memory = freshMemory();
  int attachments = 0;
  {
    auto registry = registryFor(SignalProtocol::address());
    registry.add(memory.span(), {0, 4}, std::make_unique<CountedAttachment>(attachments));
    registry.clear();
    EXPECT_EQ(attachments, 0);
    EXPECT_EQ(memory.spanCount(), 0);
    EXPECT_EQ(registry.entryCount(), 0u);
    registry.add(memory.span(), {0, 4}, std::make_unique<CountedAttachment>(attachments));
    EXPECT_EQ(attachments, 1);
  }
  EXPECT_EQ(attachments, 0);
  EXPECT_EQ(memory.spanCount(), 0);
}

TEST(SignalRegistryLifetime, R10_AnAttachmentEndsOutsideOfAnyListMutation) {
  TestMemory memory = freshMemory();
  int attachments = 0;
  auto registry = registryFor<PreemptPolicy>(SignalProtocol::address());  // reports misuse
  const auto change_the_registry = [&] {
    registry.dropDead();
    registry.add(memory.span(), {16, 20}, nullptr);
  };
  for (int i = 0; i < 2; ++i) {
    auto attachment = std::make_unique<CountedAttachment>(attachments, change_the_registry);
    registry.add(memory.span(), {0, 4}, std::move(attachment)).entry->markDead();
  }
  registry.dropDead();
  EXPECT_EQ(attachments, 0);
  EXPECT_EQ(registry.entryCount(), 2u);
  EXPECT_EQ(registry.deliver(), 2u);
}

TEST(SignalRegistryType, L7_ItIsNeitherCopiedNorMoved) {
  using Registry = SignalRegistry<>;
  static_assert(!std::is_copy_constructible_v<Registry> && !std::is_move_constructible_v<Registry>);
  static_assert(!std::is_copy_assignable_v<Registry> && !std::is_move_assignable_v<Registry>);
}

TEST(SignalProtocolValue, TheTwoProtocolsAreThoseOfTheSpecification) {
  constexpr SignalProtocol kAddress = SignalProtocol::address();
  EXPECT_EQ(kAddress.signal_name, "__signal_address");
  EXPECT_EQ(kAddress.terminated_name, "__terminated_address");
  EXPECT_TRUE(kAddress.is_signal_required && kAddress.is_terminated_required);
  EXPECT_EQ(kAddress.liveness_rule, LivenessRule::kTerminatedWordOrCollected);
  EXPECT_EQ(kInstance.signal_name, "__instance_signal");
  EXPECT_EQ(kInstance.terminated_name, "__instance_terminated");
  EXPECT_FALSE(kInstance.is_signal_required || kInstance.is_terminated_required);
  EXPECT_EQ(kInstance.liveness_rule, LivenessRule::kCollected);
  EXPECT_EQ(kSignalValue, 24u);
  EXPECT_EQ(kTerminatedValue, 1u);
}

}  // namespace
}  // namespace sigproof::signal_registry_test
