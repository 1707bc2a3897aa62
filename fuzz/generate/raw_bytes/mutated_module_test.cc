#include "fuzz/generate/raw_bytes/mutated_module.h"

#include <gtest/gtest.h>

#include <set>

#include "fuzz/generate/scripts/witness_module.h"

namespace sigproof::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

void dropLastByte(Bytes& bytes, std::size_t /*max_size*/) {
  if (!bytes.empty()) bytes.pop_back();
}

TEST(MutateModule, TheSameSeedGivesTheSameMutantAndOthersGiveOthers) {
  constexpr std::size_t kMaxSize = 300;
  const Bytes module = writeWitnessModule({});
  std::set<Bytes> mutants;
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    const Bytes mutant = mutateModule(module, kMaxSize, seed, &dropLastByte);
    EXPECT_EQ(mutant, mutateModule(module, kMaxSize, seed, &dropLastByte));
    EXPECT_LE(mutant.size(), kMaxSize);
    mutants.insert(mutant);
  }
  EXPECT_GT(mutants.size(), 50U);
}

TEST(MutateModule, NoBytesHaveMutantsToo) {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    EXPECT_LE(mutateModule({}, 10, seed, &dropLastByte).size(), 10U);
  }
}

}  // namespace
}  // namespace sigproof::fuzz
