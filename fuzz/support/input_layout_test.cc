#include "fuzz/support/input_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace sigproof::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::array<std::size_t, 2> kSections{2, 3};
constexpr InputLayout kLayout{.sections = kSections, .record_bytes = 4, .max_records = 3};

// Stands for libFuzzer's.
std::size_t setToNines(std::uint8_t* data, std::size_t size, std::size_t /*max_size*/) {
  std::fill_n(data, size, std::uint8_t{9});
  return size;
}

Bytes mutated(Bytes input, std::uint32_t seed, std::size_t capacity = 64) {
  const std::size_t size = input.size();
  input.resize(std::max(capacity, size));
  input.resize(mutateInput(kLayout, input, size, seed, &setToNines));
  return input;
}

// Parts by their number: how many differ.
std::size_t differingParts(const Bytes& a, const Bytes& b) {
  constexpr std::array<std::size_t, 6> kBounds{0, 2, 5, 9, 13, 17};
  std::size_t count = 0;
  for (std::size_t i = 0; i + 1 < kBounds.size(); ++i) {
    const auto begin = static_cast<std::ptrdiff_t>(kBounds[i]);
    const auto end = static_cast<std::ptrdiff_t>(kBounds[i + 1]);
    count += std::equal(a.begin() + begin, a.begin() + end, b.begin() + begin) ? 0 : 1;
  }
  return count;
}

const Bytes kFull{1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5};

TEST(InputLayout, AStructuredMutationChangesOnePartOrTheOrderOfRecords) {
  for (std::uint32_t seed = 1; seed < 2000; ++seed) {
    if (seed % 8 == 0) continue;  // libFuzzer's own
    const Bytes result = mutated(kFull, seed);
    if (result.size() != kFull.size()) {
      EXPECT_EQ(result.size(), kFull.size() - 4) << seed;  // a record went
      EXPECT_TRUE(std::equal(kFull.begin(), kFull.begin() + 5, result.begin())) << seed;
    } else {
      EXPECT_LE(differingParts(result, kFull), 2U) << seed;  // two that changed places
    }
  }
}

TEST(InputLayout, NoMutationIsLargerThanTheLayoutOrTheBuffer) {
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    EXPECT_LE(mutated(kFull, seed).size(), kLayout.maxBytes());
    EXPECT_LE(mutated({1, 2, 3}, seed, 7).size(), 7U);
    EXPECT_LE(mutated({}, seed, 64).size(), kLayout.maxBytes());
  }
}

TEST(InputLayout, EveryKindOfMutationIsMet) {
  std::set<std::size_t> sizes;
  bool is_swapped = false;
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    const Bytes two_records(kFull.begin(), kFull.begin() + 13);
    const Bytes result = mutated(two_records, seed);
    sizes.insert(result.size());
    is_swapped |= result == Bytes{1, 1, 2, 2, 2, 4, 4, 4, 4, 3, 3, 3, 3};
  }
  EXPECT_THAT(sizes, testing::IsSupersetOf({std::size_t{9}, std::size_t{13}, std::size_t{17}}));
  EXPECT_TRUE(is_swapped);
}

TEST(InputLayout, TheSameSeedGivesTheSameMutation) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    EXPECT_EQ(mutated(kFull, seed), mutated(kFull, seed));
  }
}

TEST(InputLayout, AChildHasWholePartsOfItsParents) {
  const Bytes other(17, 7);
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    Bytes child(kLayout.maxBytes());
    child.resize(crossInputs(kLayout, kFull, other, child, seed));
    ASSERT_GE(child.size(), 9U);
    EXPECT_TRUE(child[0] == child[1] && (child[0] == 1 || child[0] == 7)) << seed;
    EXPECT_TRUE(child[2] == child[4] && (child[2] == 2 || child[2] == 7)) << seed;
    for (std::size_t at = 5; at < child.size(); at += 4)
      EXPECT_EQ(child[at], child[at + 3]) << seed;
    EXPECT_EQ(child[5], 3) << seed;  // the first record is the first parent's
  }
}

}  // namespace
}  // namespace sigproof::fuzz
