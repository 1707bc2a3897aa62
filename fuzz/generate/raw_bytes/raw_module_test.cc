// Binaries are taken apart and put together again, and mutants are other bytes of the right size.
#include "fuzz/generate/raw_bytes/raw_module.h"

#include <gtest/gtest.h>

#include <set>

#include "fuzz/generate/scripts/witness_module.h"

namespace sigproof::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

void dropLastByte(Bytes& bytes, std::size_t /*max_size*/) {
  if (!bytes.empty()) bytes.pop_back();
}

TEST(RawModule, IsTheSameBytesAfterSplittingAndJoining) {
  const Bytes module = writeWitnessModule({});
  EXPECT_EQ(RawModule::split(module).join(), module);
  EXPECT_TRUE(RawModule::split(module).rest.empty());
  EXPECT_TRUE(RawModule::split(module).hasSection(RawModule::kStartSection));
  // Whatever the bytes are, and wherever they end.
  for (std::size_t size = 0; size < module.size(); ++size) {
    const Bytes cut(module.begin(), module.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(RawModule::split(cut).join(), cut) << size;
  }
}

TEST(RawModule, MayWriteALengthLongerThanItNeedBe) {
  RawModule module = RawModule::split(writeWitnessModule({}));
  const std::size_t size = module.join().size();
  module.sections[0].length_padding = 2;
  EXPECT_EQ(module.join().size(), size + 2);
  EXPECT_EQ(RawModule::split(module.join()).sections.size(), module.sections.size());
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
