#include "core/list/std_policy.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <new>
#include <string>
#include <thread>
#include <type_traits>

namespace sigproof {
namespace {

using Memory = std::array<std::byte, 24>;

constexpr std::byte kBackground{0xA5};

Memory background() {
  Memory memory;
  memory.fill(kBackground);
  return memory;
}

TEST(StdPolicyWord, D1_AWriteChangesExactlyFourBytesAtAnyAlignment) {
  for (std::size_t offset = 0; offset + 4 <= sizeof(Memory); ++offset) {
    alignas(8) Memory memory = background();
    StdPolicy::storeWord(memory.data() + offset, 0x04030201);
    Memory expected = background();
    for (std::size_t i = 0; i < 4; ++i) expected[offset + i] = std::byte(i + 1);
    EXPECT_EQ(memory, expected) << "offset " << offset;
  }
}

TEST(StdPolicyWord, D1_AReadIsLittleEndianAtAnyAlignment) {
  for (std::size_t offset = 0; offset + 4 <= sizeof(Memory); ++offset) {
    alignas(8) Memory memory = background();
    for (std::size_t i = 0; i < 4; ++i) memory[offset + i] = std::byte(0xF1 + i);
    const Memory before = memory;
    EXPECT_EQ(StdPolicy::loadWord(memory.data() + offset), 0xF4F3F2F1u) << "offset " << offset;
    EXPECT_EQ(memory, before);
  }
}

TEST(StdPolicyWord, D1_EveryByteOfAWordIsReadAndWritten) {
  for (const std::size_t offset : {0, 1}) {
    alignas(8) Memory memory = background();
    for (unsigned bit = 0; bit < 32; ++bit) {
      StdPolicy::storeWord(memory.data() + offset, 1u << bit);
      EXPECT_EQ(StdPolicy::loadWord(memory.data() + offset), 1u << bit);
    }
  }
}

TEST(StdPolicyWord, D4_AnAlignedWordIsNeverSeenInPart) {
  alignas(8) Memory memory{};
  std::atomic<bool> is_done{false};
  std::jthread writer([&] {
    for (unsigned i = 0; i < 200'000; ++i) {
      StdPolicy::storeWord(memory.data() + 4, i % 2 == 0 ? 0xFFFFFFFFu : 0);
    }
    is_done = true;
  });
  bool was_torn = false;
  while (!is_done) {
    const std::uint32_t seen = StdPolicy::loadWord(memory.data() + 4);
    was_torn |= seen != 0 && seen != 0xFFFFFFFFu;
  }
  EXPECT_FALSE(was_torn);
}

TEST(StdPolicyWord, D4_AnUnalignedWordMayTearButIsNoDataRace) {
  // ThreadSanitizer reports a race here. Without it, this shows that the last write is whole.
  alignas(8) Memory memory{};
  std::jthread writer([&] {
    for (unsigned i = 0; i <= 10'000; ++i) StdPolicy::storeWord(memory.data() + 5, i * 0x01010101);
  });
  while (StdPolicy::loadWord(memory.data() + 5) != 10'000u * 0x01010101) StdPolicy::yield();
}

TEST(StdPolicyAtomic, L7_EveryAtomicThatCoreUsesIsAlwaysLockFree) {
  static_assert(StdPolicy::Atomic<bool>::kIsAlwaysLockFree);
  static_assert(StdPolicy::Atomic<std::uint32_t>::kIsAlwaysLockFree);
  static_assert(StdPolicy::Atomic<std::uint64_t>::kIsAlwaysLockFree);
  static_assert(StdPolicy::Atomic<int*>::kIsAlwaysLockFree);
  static_assert(!std::is_copy_constructible_v<StdPolicy::Atomic<int*>>);
  struct Large {
    std::array<std::uint64_t, 8> words;
  };
  static_assert(!StdPolicy::Atomic<Large>::kIsAlwaysLockFree, "the flag can be false");
}

TEST(StdPolicyAtomic, L7_ItsOperationsAreThoseOfStdAtomic) {
  StdPolicy::Atomic<std::uint32_t> value(5);
  EXPECT_EQ(value.fetchAdd(3, std::memory_order_seq_cst), 5u);
  EXPECT_EQ(value.fetchSub(7, std::memory_order_release), 8u);
  EXPECT_EQ(value.load(std::memory_order_seq_cst), 1u);
  value.store(9, std::memory_order_seq_cst);
  EXPECT_EQ(value.loadOwned(), 9u);
  value.storeOwned(10);
  EXPECT_EQ(value.load(std::memory_order_relaxed), 10u);
  EXPECT_EQ(value.fetchOr(3, std::memory_order_acq_rel), 10u);
  EXPECT_EQ(value.fetchSub(1, std::memory_order_relaxed), 11u);
  std::uint32_t expected = 11;
  EXPECT_FALSE(value.compareExchange(expected, 12, std::memory_order_acq_rel));
  EXPECT_EQ(expected, 10u);
  EXPECT_EQ(value.loadOwned(), 10u);
  EXPECT_TRUE(value.compareExchange(expected, 12, std::memory_order_acq_rel));
  EXPECT_EQ(value.loadOwned(), 12u);
}

TEST(StdPolicyMemory, L1_CreateLeaksNothingWhenTheConstructorThrows) {
  // LeakSanitizer reports a leak here. The test itself shows that the exception arrives.
  struct Thrower {
    explicit Thrower(int code) { throw code; }
  };
  EXPECT_THROW(StdPolicy::create<Thrower>(1), int);
}

TEST(StdPolicyMemory, L1_OverAlignedObjectsAreAligned) {
  struct alignas(64) Line {
    int value = 0;
  };
  Line* line = StdPolicy::create<Line>();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(line) % 64, 0u);
  StdPolicy::destroy(line);
}

TEST(StdPolicyMisuseDeathTest, L5_MisuseIsReportedInOneLineAndAborts) {
  EXPECT_EXIT(StdPolicy::reportMisuse("the fault"), testing::KilledBySignal(SIGABRT),
              "sigproof: the fault\n");
}

TEST(StdPolicyMisuseDeathTest, L5_AnOverlongMessageIsCutAndStillEndsItsLine) {
  static const std::string kMessage(1000, 'x');
  EXPECT_EXIT(StdPolicy::reportMisuse(kMessage.c_str()), testing::KilledBySignal(SIGABRT),
              "sigproof: x{200,250}\n");
}

}  // namespace
}  // namespace sigproof
