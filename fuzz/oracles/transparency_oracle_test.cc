// The oracle accepts two worlds that are the same, and refuses each kind of difference.
#include "fuzz/oracles/transparency_oracle.h"

#include <gtest/gtest.h>

namespace sigproof::fuzz {
namespace {

using Kind = Notice::Kind;
using Log = std::vector<Notice>;

std::string propertyOfDifference(const Log& without, const Log& with) {
  const auto violation = judgeLogs(without, with);
  return violation ? violation->property.ids() : "none";
}

TEST(TransparencyOracle, AcceptsTheSameNotices) {
  const Log log{{Kind::kNoted, "1"}, {Kind::kSettlement, "#1 is fulfilled in tick 2"}};
  EXPECT_EQ(propertyOfDifference(log, log), "none");
  EXPECT_EQ(propertyOfDifference({}, {}), "none");
}

TEST(TransparencyOracle, RefusesANoticeMoreOneLessAndAnotherOrder) {
  const Log two{{Kind::kNoted, "1"}, {Kind::kNoted, "2"}};
  EXPECT_EQ(propertyOfDifference(two, {two[0]}), "T5");
  EXPECT_EQ(propertyOfDifference({two[0]}, two), "T5");
  EXPECT_EQ(propertyOfDifference(two, {two[1], two[0]}), "T5");
}

TEST(TransparencyOracle, T4_NamesTheNoticeThatIsMissingNotTheOneInItsPlace) {
  const Log without{{Kind::kRejection, "#1 is rejected, unhandled"},
                    {Kind::kEnd, "the script ends"}};
  EXPECT_EQ(propertyOfDifference(without, {without[1]}), "T4");
  EXPECT_EQ(propertyOfDifference({without[1]}, without), "T4");
}

TEST(TransparencyOracle, NamesThePropertyThatADifferenceBreaks) {
  const auto property = [](Kind kind, const char* text) {
    return propertyOfDifference({{kind, "as it was"}}, {{kind, text}});
  };
  EXPECT_EQ(property(Kind::kDescriptor, "#1 function ; 'name' value ''"), "T1");
  EXPECT_EQ(property(Kind::kNoted, "'get' 'target' 'prototype'"), "T2");
  EXPECT_EQ(property(Kind::kSettlement, "#1 is fulfilled in tick 3"), "T3");
  EXPECT_EQ(property(Kind::kRejection, "#1 is rejected, unhandled"), "T4");
  EXPECT_EQ(property(Kind::kNoted, "'read' 'env' 'memory' true"), "T6");
  EXPECT_EQ(property(Kind::kNoted, "#1 error at 'x\n    at f (program.js:1:1)'"), "T9");
}

TEST(TransparencyOracle, R6_ASignalWordMayBeZeroedAndNothingElse) {
  std::vector<std::uint8_t> without(64, 7);
  std::vector<std::uint8_t> with = without;
  const auto is_refused = [&] { return judgeMemory(without, with, {16}).has_value(); };
  EXPECT_FALSE(is_refused());
  for (const std::size_t i : {16, 17, 18, 19}) with[i] = 0;
  EXPECT_FALSE(is_refused());
  EXPECT_TRUE(judgeMemory(without, with, {}).has_value());
  with[19] = 24;
  EXPECT_TRUE(is_refused());
  with[19] = 0;
  with[20] = 0;
  EXPECT_TRUE(is_refused());
  with[20] = 7;
  with[15] = 0;
  EXPECT_TRUE(is_refused());
}

TEST(TransparencyOracle, R7_AMemoryOfAnotherSizeIsRefused) {
  const std::vector<std::uint8_t> small(64);
  const std::vector<std::uint8_t> large(65);
  EXPECT_TRUE(judgeMemory(small, large, {}).has_value());
}

// A word at the end, or beyond it, is compared as far as there are bytes.
TEST(TransparencyOracle, R6_AddressesOutsideTheMemoryExcuseNothing) {
  const std::vector<std::uint8_t> without(64, 7);
  std::vector<std::uint8_t> with = without;
  with[0] = 0;
  EXPECT_TRUE(
      judgeMemory(without, with, {64, ~std::uint64_t{0}, ~std::uint64_t{0} - 2}).has_value());
}

}  // namespace
}  // namespace sigproof::fuzz
