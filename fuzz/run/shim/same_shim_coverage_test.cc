// As same_coverage_test.cc, in the engine: whose garbage collections would come now here, now
// there, and run code of core's; so each run begins after one. How often they come is still the
// engine's choice, so what counts is whether an edge was run: which is all that fuzz-shim has
// libFuzzer look at (use_counters).
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "fuzz/run/shim/shim_host.h"
#include "fuzz/run/shim/shim_runner.h"
#include "fuzz/support/coverage_counters.h"
#include "fuzz/support/random_inputs.h"

namespace sigproof::fuzz {
namespace {

// Few enough that the runs of all rounds fit into one context of the host: another one is made by
// code that other runs don't reach.
constexpr std::uint32_t kShimInputs = 40;

// core remembers as many refused modules, in turn (core/v8/shim/refused_modules.h): so many runs of
// one program end where they began.
constexpr int kRunsOfRound = 4;

Coverage reachedIn(Coverage coverage) {
  std::ranges::transform(coverage, coverage.begin(), [](auto count) { return count != 0; });
  return coverage;
}

// Adds to `texts` what each run saw.
void runRound(const ShimInput& input, std::set<std::string>& texts) {
  ShimHost& host = ShimHost::of(input.program.protocol);
  for (int i = 0; i < kRunsOfRound; ++i) {
    {
      const v8::Isolate::Scope scope(host.isolate());
      host.host().collectGarbage();
    }
    texts.insert(ShimRunner(input).run());
  }
}

TEST(SameShimCoverage, AndTheSameVerdictTwice) {
  for (std::uint32_t seed = 0; seed < kShimInputs; ++seed) {
    const ShimInput input = makeInput(randomBytes(ShimProgram::inputLayout().maxBytes(), seed));
    std::set<std::string> texts;
    runRound(input, texts);  // what is made once
    const Coverage first = reachedIn(coverageOf([&] { runRound(input, texts); }));
    const Coverage second = reachedIn(coverageOf([&] { runRound(input, texts); }));
    EXPECT_TRUE(first == second) << "seed " << seed << ": " << firstDifference(first, second)
                                 << ": " << describe(input.program);
    EXPECT_EQ(texts.size(), 1U) << seed;
  }
}

}  // namespace
}  // namespace sigproof::fuzz
