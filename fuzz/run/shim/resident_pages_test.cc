#include "fuzz/run/shim/resident_pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sigproof::fuzz {
namespace {

constexpr std::uint64_t kLength = std::uint64_t{1} << 30;

// As the engine's: mapped, and no page touched.
class ResidentPagesTest : public testing::Test {
 protected:
  void SetUp() override {
    void* const data = mmap(nullptr, kLength, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(data, MAP_FAILED);
    memory_ = {static_cast<std::uint8_t*>(data), kLength};
  }
  void TearDown() override { munmap(memory_.data(), memory_.size()); }

  std::optional<MemoryDifference> difference() { return pages_.differenceFrom(expected_, memory_); }

  std::span<std::uint8_t> memory_;
  ReferenceMemory expected_{.length = kLength, .pieces = {}, .is_zero_elsewhere = true};
  ResidentPages pages_;
};

TEST_F(ResidentPagesTest, AMemoryThatNobodyTouchedIsAsItBegan) { EXPECT_FALSE(difference()); }

TEST_F(ResidentPagesTest, R6_AByteThatNobodyShouldHaveTouchedIsFoundWhereverItIs) {
  for (const std::uint64_t address :
       {std::uint64_t{0}, std::uint64_t{4095}, std::uint64_t{4096}, kLength / 2 + 1, kLength - 1}) {
    memory_[address] = 5;
    const auto found = difference();
    ASSERT_TRUE(found) << address;
    EXPECT_EQ(found->address, address);
    EXPECT_EQ(found->expected, 0);
    EXPECT_EQ(found->seen, 5);
    memory_[address] = 0;
  }
  EXPECT_FALSE(difference());
}

TEST_F(ResidentPagesTest, D1_AByteThatShouldBeThereAndIsNotIsFound) {
  *expected_.touch(kLength - 4) = 24;
  const auto found = difference();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->address, kLength - 4);
  EXPECT_EQ(found->expected, 24);
  EXPECT_EQ(found->seen, 0);
  memory_[kLength - 4] = 24;
  EXPECT_FALSE(difference());
  memory_[kLength - 3] = 1;  // the page's other bytes count too
  EXPECT_TRUE(difference());
}

TEST_F(ResidentPagesTest, LookingTouchesNothing) {
  difference();
  std::vector<unsigned char> marks(kLength / 4096);
  ASSERT_EQ(mincore(memory_.data(), memory_.size(), marks.data()), 0);
  EXPECT_TRUE(std::ranges::all_of(marks, [](unsigned char mark) { return (mark & 1) == 0; }));
}

}  // namespace
}  // namespace sigproof::fuzz
