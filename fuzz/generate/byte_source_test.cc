#include "fuzz/generate/byte_source.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace sigproof::fuzz {
namespace {

TEST(ByteSource, EveryChoiceIsTheFirstOneWhenTheBytesHaveRunOut) {
  ByteSource source({});
  EXPECT_TRUE(source.isExhausted());
  EXPECT_EQ(source.byte(), 0);
  EXPECT_EQ(source.u64(), 0U);
  EXPECT_EQ(source.below(7), 0U);
  EXPECT_FALSE(source.oneIn(2));
  EXPECT_EQ(source.pick({'a', 'b'}), 'a');
}

TEST(ByteSource, BelowReachesEveryNumberUnderItsBoundAndNoOther) {
  std::set<std::uint32_t> seen;
  for (unsigned value = 0; value < 256; ++value) {
    const std::array bytes{static_cast<std::uint8_t>(value)};
    seen.insert(ByteSource(bytes).below(5));
  }
  EXPECT_EQ(seen, (std::set<std::uint32_t>{0, 1, 2, 3, 4}));
}

TEST(ByteSource, ASmallChoiceCostsOneByte) {
  const std::array<std::uint8_t, 2> bytes{3, 4};
  ByteSource source(bytes);
  EXPECT_EQ(source.below(256), 3U);
  EXPECT_EQ(source.below(200), 4U);
  EXPECT_TRUE(source.isExhausted());
}

TEST(ByteSource, ATornIntegerIsFilledWithZeros) {
  const std::array<std::uint8_t, 3> bytes{0x01, 0x02, 0x03};
  EXPECT_EQ(ByteSource(bytes).u32(), 0x030201U);
}

}  // namespace
}  // namespace sigproof::fuzz
