// What the registry writes, which entries it writes to, and that a delivery is async-signal-safe.
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <csignal>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/registry/signal_registry.h"
#include "core/testing/allocation_count.h"
#include "core/testing/preempt_policy.h"
#include "core/testing/test_memory.h"

namespace sigproof::signal_delivery_test {
namespace {

using Outcome = RegistrationOutcome;

constexpr std::size_t kLength = 64;
constexpr std::uint64_t kSignal = 16;
constexpr std::uint64_t kTerminated = 32;

// One entry of one protocol in a memory whose other bytes are a pattern.
class OneEntry {
 public:
  explicit OneEntry(const SignalProtocol& protocol,
                    WordOffsets words = {.signal = kSignal, .terminated = kTerminated})
      : registry({.protocol = protocol}) {
    if (words.terminated) memory.setWord(*words.terminated, 0);
    entry = registry.add(memory.span(), words, nullptr).entry;
  }

  TestMemory memory{kLength};
  SignalRegistry<> registry;
  SignalEntry<>* entry;
};

// Every test of it runs under both protocols.
class SignalDelivery : public testing::TestWithParam<SignalProtocol> {};
INSTANTIATE_TEST_SUITE_P(Protocol, SignalDelivery,
                         testing::Values(SignalProtocol::address(), SignalProtocol::instance()),
                         [](const auto& run) {
                           return run.param.is_signal_required ? "Address" : "Instance";
                         });

// --- what is written ----------------------------------------------------------------------------

TEST_P(SignalDelivery, D1_DeliveryAndRenewalWriteTheSignalWordAndNoOtherByteAtAnyAlignment) {
  for (std::uint64_t signal = 0; signal + 4 <= kTerminated; ++signal) {
    OneEntry one(GetParam(), {signal, kTerminated});
    const TestMemory::Bytes before = one.memory.bytes();
    EXPECT_EQ(one.registry.deliver(), 1u);
    EXPECT_EQ(one.memory.bytes(), withWord(before, signal, 24)) << signal;
    EXPECT_EQ(one.registry.renew(), 1u);
    EXPECT_EQ(one.memory.bytes(), withWord(before, signal, 0)) << signal;
  }
}

TEST_P(SignalDelivery, D1_MarkTerminatedWritesTheTerminatedWordAndNoOtherByteAtAnyAlignment) {
  for (std::uint64_t terminated = kSignal + 4; terminated + 4 <= kLength; ++terminated) {
    OneEntry one(GetParam(), {kSignal, terminated});
    const TestMemory::Bytes before = one.memory.bytes();
    EXPECT_EQ(one.registry.markTerminated(), 1u);
    EXPECT_EQ(one.memory.bytes(), withWord(before, terminated, 1)) << terminated;
  }
}

TEST_P(SignalDelivery, D1_EveryEntryIsWrittenAlsoTwoOfOneMemory) {
  SignalRegistry<> registry({.protocol = GetParam()});
  std::vector<TestMemory> memories(3, TestMemory(0));
  for (TestMemory& memory : memories) {
    memory = TestMemory(kLength);
    memory.setWord(4, 0);
    memory.setWord(12, 0);
    registry.add(memory.span(), {0, 4}, nullptr);
    registry.add(memory.span(), {8, 12}, nullptr);
  }
  EXPECT_EQ(registry.deliver(), 6u);
  for (const TestMemory& memory : memories) {
    EXPECT_EQ(memory.word(0), 24u);
    EXPECT_EQ(memory.word(8), 24u);
  }
  EXPECT_EQ(registry.renew(), 6u);
  for (const TestMemory& memory : memories) {
    EXPECT_EQ(memory.word(0), 0u);
    EXPECT_EQ(memory.word(8), 0u);
  }
}

TEST(SignalDeliveryOfOneWord, D1_AnEntryWithoutASignalWordIsTerminatedButNeverSignalled) {
  OneEntry one(SignalProtocol::instance(), {std::nullopt, kTerminated});
  const TestMemory::Bytes before = one.memory.bytes();
  EXPECT_EQ(one.registry.deliver(), 0u);
  EXPECT_EQ(one.registry.renew(), 0u);
  EXPECT_EQ(one.memory.bytes(), before);
  EXPECT_EQ(one.registry.markTerminated(), 1u);
  EXPECT_EQ(one.memory.bytes(), withWord(before, kTerminated, 1));
}

TEST(SignalDeliveryOfOneWord, D1_AnEntryWithoutATerminatedWordIsSignalledButNeverTerminated) {
  OneEntry one(SignalProtocol::instance(), {kSignal, std::nullopt});
  EXPECT_EQ(one.registry.markTerminated(), 0u);
  EXPECT_EQ(one.registry.deliver(), 1u);
}

TEST_P(SignalDelivery, D3_AMemoryThatGrewIsWrittenAsBefore) {
  OneEntry one(GetParam());
  const TestMemory::Bytes before = one.memory.bytes();
  one.memory.setLength(kLength + 16);
  EXPECT_EQ(one.registry.deliver(), 1u);
  EXPECT_EQ(one.memory.bytes(), withWord(before, kSignal, 24));
}

TEST(SignalDeliveryDeathTest, D3_AMemoryThatShrankAgainstItsContractIsReported) {
  const auto misuse = [] {
    TestMemory memory(kLength);
    memory.setWord(kTerminated, 0);
    SignalRegistry<PreemptPolicy> registry({});
    registry.add(memory.span(), {kSignal, kTerminated}, nullptr);
    memory.setLength(kTerminated + 3);
    registry.deliver();
  };
  EXPECT_EXIT(misuse(), testing::KilledBySignal(SIGABRT), "SignalEntry: a memory shrank");
}

// --- D2: nothing is written for the dead --------------------------------------------------------

void expectNothingWritten(OneEntry& one) {
  const TestMemory::Bytes before = one.memory.bytes();
  EXPECT_EQ(one.registry.deliver(), 0u);
  EXPECT_EQ(one.memory.bytes(), before);
  EXPECT_EQ(one.registry.renew(), 0u);
  EXPECT_EQ(one.memory.bytes(), before);
  EXPECT_EQ(one.registry.markTerminated(), 0u);
  EXPECT_EQ(one.memory.bytes(), before);
}

TEST_P(SignalDelivery, D2_NothingIsWrittenOnceTheInstanceWasCollected) {
  OneEntry one(GetParam());
  one.entry->markDead();
  expectNothingWritten(one);
}

TEST(SignalDeliveryToTheDead, D2_AnyNonZeroTerminatedWordEndsAnEntryOfTheAddressProtocol) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    OneEntry one(SignalProtocol::address());
    one.memory.setWord(kTerminated, 1u << bit);
    expectNothingWritten(one);
  }
}

TEST(SignalDeliveryToTheDead, D2_UnalignedTerminatedWordsCountToo) {
  OneEntry one(SignalProtocol::address(), {kSignal, kTerminated + 3});
  one.memory.setWord(kTerminated + 3, 0x01000000);
  expectNothingWritten(one);
}

TEST(SignalDeliveryToTheDead, D2_DeadIsStickyWhoeverSawItFirst) {
  const std::vector<void (*)(SignalRegistry<>&)> looks{
      [](SignalRegistry<>& registry) { registry.deliver(); },
      [](SignalRegistry<>& registry) { registry.renew(); },
      [](SignalRegistry<>& registry) { registry.markTerminated(); },
  };
  for (const auto look : looks) {
    OneEntry one(SignalProtocol::address());
    one.memory.setWord(kTerminated, 5);
    look(one.registry);
    one.memory.setWord(kTerminated, 0);  // alive again, but listens only through a new instance
    expectNothingWritten(one);
    one.registry.dropDead();
    EXPECT_EQ(one.registry.entryCount(), 0u);
    EXPECT_EQ(one.registry.add(one.memory.span(), {kSignal, kTerminated}, nullptr).outcome,
              Outcome::kRegistered);
    EXPECT_EQ(one.registry.deliver(), 1u);
  }
}

TEST(SignalDeliveryToTheDead, D2_AfterMarkTerminatedAnEntryOfTheAddressProtocolIsDeadForGood) {
  OneEntry one(SignalProtocol::address());
  EXPECT_EQ(one.registry.markTerminated(), 1u);
  EXPECT_EQ(one.memory.word(kTerminated), 1u);
  expectNothingWritten(one);
  one.memory.setWord(kTerminated, 0);
  expectNothingWritten(one);
}

TEST(SignalDeliveryToTheDead, D2_UnderTheInstanceProtocolOnlyCollectionEndsAnEntry) {
  OneEntry one(SignalProtocol::instance());
  EXPECT_EQ(one.registry.markTerminated(), 1u);
  EXPECT_EQ(one.registry.deliver(), 1u);
  one.memory.setWord(kTerminated, 0);
  EXPECT_EQ(one.registry.markTerminated(), 1u);
}

// --- D1, L2: async-signal safety ----------------------------------------------------------------

TEST_P(SignalDelivery, D1_DeliveryAllocatesNothingAndKeepsErrno) {
  OneEntry one(GetParam());
  errno = EXDEV;
  const AllocationCount allocations;
  EXPECT_EQ(one.registry.deliver(), 1u);
  EXPECT_EQ(allocations.soFar(), 0u);
  EXPECT_EQ(errno, EXDEV);
}

// From now on the kernel kills the process at any system call but read, write, exit and sigreturn.
bool forbidSystemCalls() { return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0; }

constexpr int kForbidding = 0;
constexpr int kCannotForbid = 77;
constexpr int kWrote = 10;

// Runs `function` in a child process that may make no system call; returns how the child ended:
// 128 + the signal that killed it, or its exit code.
template <class Function>
int endWithoutSystemCalls(Function function) {
  const pid_t child = fork();
  if (child == 0) {
    if (!forbidSystemCalls()) _exit(kCannotForbid);
    syscall(SYS_exit, function());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST_P(SignalDelivery, D1_DeliveryMakesNoSystemCall) {
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer makes system calls of its own";
#endif
  OneEntry one(GetParam());
  if (endWithoutSystemCalls([] { return kForbidding; }) == kCannotForbid) {
    GTEST_SKIP() << "this kernel has no strict seccomp";
  }
  EXPECT_EQ(endWithoutSystemCalls([] { return static_cast<int>(syscall(SYS_getpid)); }),
            128 + SIGKILL)
      << "a system call would have been noticed";
  const int end = endWithoutSystemCalls(
      [&] { return one.registry.deliver() + one.registry.renew() == 2 ? kWrote : 0; });
  EXPECT_EQ(end, kWrote);
}

TEST_P(SignalDelivery, D1_DeliveryFromARealHandlerWritesTheWord) {
  static SignalRegistry<>* registry = nullptr;
  OneEntry one(GetParam());
  registry = &one.registry;
  const auto former = std::signal(SIGUSR1, [](int) { registry->deliver(); });
  raise(SIGUSR1);
  std::signal(SIGUSR1, former);
  EXPECT_EQ(one.memory.word(kSignal), kSignalValue);
}

// --- D5: at any time ----------------------------------------------------------------------------

TEST_P(SignalDelivery, D5_ARegistryThatIsEmptyOrDetachedIsDeliveredToWithoutEffect) {
  OneEntry one(GetParam());
  const TestMemory::Bytes before = one.memory.bytes();
  one.registry.detachReaders();
  EXPECT_EQ(one.registry.deliver(), 0u);
  one.registry.clear();
  EXPECT_EQ(one.registry.deliver(), 0u);
  EXPECT_EQ(one.memory.bytes(), before);
  SignalRegistry<> empty({.protocol = GetParam()});
  EXPECT_EQ(empty.deliver(), 0u);
  EXPECT_EQ(empty.renew(), 0u);
  EXPECT_EQ(empty.markTerminated(), 0u);
  empty.dropDead();
}

// Many entries in one memory, and a handler that delivers at each step of an operation.
class PreemptedRegistry {
 public:
  static constexpr std::uint64_t kStride = 8;
  static constexpr int kEntries = 4;
  using Registry = SignalRegistry<PreemptPolicy>;

  PreemptedRegistry() {
    for (std::uint64_t offset = 0; offset < kLength; offset += 4) memory.setWord(offset, 0);
    registry.emplace(Registry::Options{});
    for (int i = 0; i < kEntries; ++i) {
      entries.push_back(registry->add(memory.span(), words(i), nullptr).entry);
    }
  }

  static WordOffsets words(int i) { return {kStride * i, kStride * i + 4}; }
  static bool isIn(unsigned set, int i) { return (set >> i & 1) != 0; }

  // Runs `operation` with a delivery at each of its steps. Each delivery must reach all entries of
  // `always`, may reach those of `sometimes`, and must reach no other.
  template <class Operation>
  void expectReached(unsigned always, unsigned sometimes, Operation operation) {
    Registry& preempted = *registry;  // the optional may be empty while its value is destroyed
    int preemptions = 0;
    auto handler = [&]() noexcept {
      ++preemptions;
      for (int i = 0; i <= kEntries; ++i) memory.setWord(kStride * i, 0);
      preempted.deliver();
      for (int i = 0; i <= kEntries; ++i) {
        const bool is_reached = memory.word(kStride * i) == kSignalValue;
        if (isIn(always, i))
          EXPECT_TRUE(is_reached) << "entry " << i << ", preemption " << preemptions;
        if (!isIn(always | sometimes, i)) EXPECT_FALSE(is_reached) << "entry " << i;
      }
    };
    const PreemptPolicy::ScopedHook hook(handler);
    operation();
    EXPECT_GT(preemptions, 0);
  }

  TestMemory memory{kLength};
  std::optional<Registry> registry;
  std::vector<SignalEntry<PreemptPolicy>*> entries;
};

constexpr unsigned kAll = (1u << PreemptedRegistry::kEntries) - 1;

TEST(SignalDeliveryAnytime, D5_ADeliveryDuringARegistrationReachesAllOlderEntries) {
  PreemptedRegistry preempted;
  const int added = PreemptedRegistry::kEntries;
  preempted.expectReached(kAll, 1u << added, [&] {
    preempted.registry->add(preempted.memory.span(), PreemptedRegistry::words(added), nullptr);
  });
}

TEST(SignalDeliveryAnytime, D2_ADeliveryWhileDeadEntriesAreDroppedReachesTheLivingAndOnlyThem) {
  for (unsigned dead = 0; dead <= kAll; ++dead) {
    PreemptedRegistry preempted;
    for (int i = 0; i < PreemptedRegistry::kEntries; ++i) {
      if (!PreemptedRegistry::isIn(dead, i)) continue;
      if (i % 2 == 0) preempted.entries[i]->markDead();
      if (i % 2 == 1) preempted.memory.setWord(*PreemptedRegistry::words(i).terminated, 1);
    }
    preempted.expectReached(kAll & ~dead, 0, [&] { preempted.registry->dropDead(); });
    EXPECT_EQ(preempted.registry->entryCount(), std::popcount(kAll & ~dead));
  }
}

TEST(SignalDeliveryAnytime, D5_ADeliveryDuringAClearIsSafe) {
  PreemptedRegistry preempted;
  preempted.expectReached(0, kAll, [&] { preempted.registry->clear(); });
}

TEST(SignalDeliveryAnytime, D5_ADeliveryDuringTheDestructorIsSafe) {
  PreemptedRegistry preempted;
  preempted.expectReached(0, kAll, [&] { preempted.registry.reset(); });
  EXPECT_EQ(preempted.memory.spanCount(), 0);
}

TEST(SignalDeliveryAnytime, D5_ADeliveryWhileTheEntriesAreTerminatedIsSafe) {
  PreemptedRegistry preempted;
  preempted.expectReached(0, kAll, [&] { EXPECT_EQ(preempted.registry->markTerminated(), 4u); });
  EXPECT_EQ(preempted.registry->deliver(), 0u);
}

TEST(SignalDeliveryAnytime, R6_ADeliveryAtAnyStepOfARegistrationIsNotErasedByItsZeroing) {
  for (int step = 1;; ++step) {
    TestMemory memory(kLength);
    memory.setWord(kTerminated, 0);
    SignalRegistry<PreemptPolicy> registry({});
    int steps = 0;
    auto handler = [&]() noexcept {
      if (++steps == step) registry.deliver();
    };
    {
      const PreemptPolicy::ScopedHook hook(handler);
      registry.add(memory.span(), {kSignal, kTerminated}, nullptr);
    }
    if (steps < step) break;
    // This holds for an entry that was not there yet, too: a warning is a level (D6).
    EXPECT_EQ(memory.word(kSignal), kSignalValue) << "step " << step;
  }
}

TEST(SignalDeliveryAnytime, D5_ADeliveryThatIsStruckByAnotherWritesTheSame) {
  PreemptedRegistry preempted;
  preempted.expectReached(kAll, 0, [&] { EXPECT_EQ(preempted.registry->deliver(), 4u); });
}

// --- other threads ------------------------------------------------------------------------------

TEST(SignalDeliveryThreads, L4_AWatchdogDeliversWhileTheOwnerRegistersAndDrops) {
  TestMemory lasting(kLength);
  lasting.setWord(kTerminated, 0);
  SignalRegistry<> registry({});
  registry.add(lasting.span(), {kSignal, kTerminated}, nullptr);
  std::atomic<bool> is_stopped{false};
  std::atomic<long> delivered{0};
  std::jthread watchdog([&] {
    while (!is_stopped) delivered += static_cast<long>(registry.deliver());
  });
  for (int round = 0; round < 2000 || delivered < 100; ++round) {
    TestMemory memory(kLength);  // freed with its last entry: a late write would hit freed memory
    memory.setWord(kTerminated, 0);
    auto* entry = registry.add(memory.span(), {kSignal + 1, kTerminated}, nullptr).entry;
    ASSERT_NE(entry, nullptr);
    if (round % 2 == 0) entry->markDead();
    if (round % 2 == 1) memory.setWord(kTerminated, 1);
    if (round % 3 == 0) registry.dropDead();
    if (round % 7 == 0) registry.renew();
  }
  is_stopped = true;
  watchdog.join();
  registry.dropDead();
  EXPECT_EQ(registry.entryCount(), 1u);
  registry.deliver();
  EXPECT_EQ(lasting.word(kSignal), kSignalValue);
}

// This holds for a registry that is empty by then, too.
TEST(SignalDeliveryThreads, G1_DropDeadOfAnEmptyRegistryStillFreesWhatAReaderHeld) {
  TestMemory dying(kLength);
  dying.setWord(kTerminated, 0);
  SignalRegistry<PreemptPolicy> registry({});  // its deliveries ask for the length
  auto* entry = registry.add(dying.span(), {kSignal, kTerminated}, nullptr).entry;
  std::latch inside(1);
  std::latch may_leave(1);
  dying.onLength([&] {
    if (inside.try_wait()) return;
    inside.count_down();
    may_leave.wait();
  });
  std::thread watchdog([&] { registry.deliver(); });
  inside.wait();
  entry->markDead();
  registry.dropDead();
  ASSERT_EQ(registry.entryCount(), 0u);
  EXPECT_EQ(dying.spanCount(), 1) << "the reader could still write there";
  may_leave.count_down();
  watchdog.join();
  registry.dropDead();
  EXPECT_EQ(dying.spanCount(), 0);
}

TEST(SignalDeliveryThreads, G1_DropDeadThatDropsNothingStillFreesWhatAReaderHeld) {
  TestMemory dying(kLength);
  TestMemory living(kLength);
  dying.setWord(kTerminated, 0);
  living.setWord(kTerminated, 0);
  SignalRegistry<PreemptPolicy> registry({});  // its deliveries ask for the length
  auto* dying_entry = registry.add(dying.span(), {kSignal, kTerminated}, nullptr).entry;
  registry.add(living.span(), {kSignal, kTerminated}, nullptr);
  std::latch inside(1);
  std::latch may_leave(1);
  living.onLength([&] {  // the delivering thread waits here, in the middle of its walk
    if (inside.try_wait()) return;
    inside.count_down();
    may_leave.wait();
  });
  std::thread watchdog([&] { registry.deliver(); });
  inside.wait();
  dying_entry->markDead();
  registry.dropDead();
  EXPECT_EQ(registry.entryCount(), 1u);
  EXPECT_EQ(dying.spanCount(), 1) << "the reader could still write there";
  may_leave.count_down();
  watchdog.join();
  registry.dropDead();
  EXPECT_EQ(dying.spanCount(), 0);
}

}  // namespace
}  // namespace sigproof::signal_delivery_test
