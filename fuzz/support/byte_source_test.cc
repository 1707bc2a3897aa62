#include "fuzz/support/byte_source.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "fuzz/support/random_inputs.h"

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

TEST(ByteSource, WhatIsTakenIsASupplyOfItsOwn) {
  const std::array<std::uint8_t, 3> bytes{1, 2, 3};
  ByteSource source(bytes);
  ByteSource part = source.take(2);
  EXPECT_EQ(source.byte(), 3);
  EXPECT_EQ(part.byte(), 1);
  EXPECT_EQ(part.byte(), 2);
  EXPECT_TRUE(part.isExhausted());
  EXPECT_TRUE(source.take(2).isExhausted());
}

TEST(ByteSource, WhatIsRareIsDecidedByEveryByteAndTakesNone) {
  std::array<std::uint8_t, 3> bytes{};
  unsigned rare = 0;
  unsigned changes = 0;
  bool was_rare = ByteSource(bytes).isRare(8);
  for (unsigned i = 0; i < 3 * 256; ++i) {
    bytes.at(i / 256) = static_cast<std::uint8_t>(i);
    ByteSource source(bytes);
    const bool is_rare = source.isRare(8);
    rare += is_rare ? 1 : 0;
    changes += is_rare != was_rare ? 1 : 0;
    was_rare = is_rare;
    EXPECT_EQ(source.byte(), bytes[0]);
  }
  EXPECT_NEAR(rare, 96, 40);
  EXPECT_GT(changes, 60U);
  for (const std::uint32_t n : {2U, 48U, 64U, 200U}) EXPECT_FALSE(ByteSource({}).isRare(n)) << n;
}

TEST(ByteSource, ATornIntegerIsFilledWithZeros) {
  const std::array<std::uint8_t, 3> bytes{0x01, 0x02, 0x03};
  EXPECT_EQ(ByteSource(bytes).u32(), 0x030201U);
}

TEST(ByteSource, DecisionsOfTheirOwnMeet) {
  unsigned both = 0;
  for (std::uint32_t seed = 0; seed < 20'000; ++seed) {
    const auto bytes = randomBytes(8, seed);
    const ByteSource source(bytes);
    both += source.isRare(4, 2) && source.isRare(64) ? 1 : 0;
  }
  EXPECT_GT(both, 20U);  // 78 are to be expected
  EXPECT_LT(both, 200U);
}

}  // namespace
}  // namespace sigproof::fuzz
