// fuzz-shim judged itself: its generator, that runs leave no trace, that it fails when it should.
#include "fuzz/targets/shim_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "fuzz/generate/module_writer.h"
#include "fuzz/targets/statistics.h"

namespace sigproof::fuzz {
namespace {

// As long as an input that a fuzzer keeps.
constexpr std::size_t kInputBytes = 160;

std::vector<std::uint8_t> randomBytes(std::uint32_t seed) {
  std::mt19937 engine(seed);
  std::vector<std::uint8_t> bytes(kInputBytes);
  std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(engine() & 0xFF); });
  return bytes;
}

ShimProgram randomProgram(std::uint32_t seed) {
  const std::vector<std::uint8_t> bytes = randomBytes(seed);
  ByteSource source(bytes);
  return makeShimProgram(source);
}

std::string run(std::uint32_t seed) {
  const ShimProgram program = randomProgram(seed);
  return ShimRunner(program).run();
}

TEST(ShimGenerator, TheSameBytesGiveTheSameProgramAndModule) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const ShimProgram first = randomProgram(seed);
    const ShimProgram second = randomProgram(seed);
    EXPECT_EQ(describe(first), describe(second));
    EXPECT_EQ(writeModule(first.module), writeModule(second.module));
  }
}

TEST(ShimGenerator, NoBytesAndFewBytesAreAProgramToo) {
  for (std::size_t size = 0; size < 40; ++size) {
    std::vector<std::uint8_t> bytes = randomBytes(7);
    bytes.resize(size);
    ByteSource source(bytes);
    const ShimProgram program = makeShimProgram(source);
    EXPECT_NE(ShimRunner(program).run(), "");
  }
}

// A generator whose modules mostly register nothing tests nothing.
TEST(ShimGenerator, MostModulesAreInstantiatedAndManyAreRegistered) {
  constexpr std::uint32_t kPrograms = 400;
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
