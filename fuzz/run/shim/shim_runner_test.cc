// fuzz-shim judged itself: its generator, that runs leave no trace, that it fails when it should.
#include "fuzz/run/shim/shim_runner.h"

#include <gtest/gtest.h>

#include "fuzz/support/random_inputs.h"
#include "fuzz/support/record/statistics.h"
#include "fuzz/wasm/module_writer.h"

namespace sigproof::fuzz {
namespace {

std::vector<std::uint8_t> inputOf(std::uint32_t seed) {
  return randomBytes(ShimProgram::inputLayout().maxBytes(), seed);
}

std::string run(std::uint32_t seed) {
  const ShimInput input = makeInput(inputOf(seed));
  return ShimRunner(input).run();
}

TEST(ShimGenerator, TheSameBytesGiveTheSameProgramAndModule) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const ShimInput first = makeInput(inputOf(seed));
    const ShimInput second = makeInput(inputOf(seed));
    EXPECT_EQ(describe(first.program), describe(second.program));
    EXPECT_EQ(first.module, second.module);
  }
}

TEST(ShimGenerator, NoBytesAndFewBytesAreAProgramToo) {
  for (std::size_t size = 0; size < 40; ++size) {
    const ShimInput input = makeInput(randomBytes(size, 7));
    EXPECT_NE(ShimRunner(input).run(), "");
  }
}

// A generator whose modules mostly register nothing tests nothing.
TEST(ShimGenerator, MostModulesAreInstantiatedAndManyAreRegistered) {
  // So many that the few with dozens of instances don't decide alone.
  constexpr std::uint32_t kPrograms = 1200;
  for (std::uint32_t seed = 0; seed < kPrograms; ++seed) run(seed);
  std::uint64_t requested = 0;
  for (unsigned way = 0; way < kWayCount; ++way) {
    requested += Statistics::counter(std::string("ways/") + name(Way(way)));
  }
  EXPECT_GE(Statistics::counter("instantiations/made") * 100, requested * 60);
  EXPECT_GE(Statistics::counter("outcomes/registered") * 100, requested * 30);
  // Every fault that a module can have is met.
  for (const char* outcome :
       {"not-opted-in", "wrong-type", "incomplete", "no-reachable-memory", "out-of-bounds",
        "overlap", "already-terminated", "too-many-entries"}) {
    EXPECT_GT(Statistics::counter(std::string("outcomes/") + outcome), 0U) << outcome;
  }
}

TEST(ShimRunner, ARunLeavesNoTraceInLaterOnes) {
  constexpr std::uint32_t kWatched = 20;
  std::vector<std::string> first;
  for (std::uint32_t seed = 0; seed < kWatched; ++seed) first.push_back(run(seed));
  for (std::uint32_t seed = 0; seed < kWatched; ++seed) EXPECT_EQ(run(seed), first[seed]) << seed;
  for (std::uint32_t seed = 1000; seed < 1200; ++seed) run(seed);
  for (std::uint32_t seed = 0; seed < kWatched; ++seed) EXPECT_EQ(run(seed), first[seed]) << seed;
}

}  // namespace
}  // namespace sigproof::fuzz
