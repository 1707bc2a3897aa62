// The same input gives the same coverage: else a fuzzer keeps what is no news, and a crash may not
// come back.
#include <gtest/gtest.h>

#include <algorithm>

#include "fuzz/generate/list_program.h"
#include "fuzz/generate/registration_program.h"
#include "fuzz/run/list/list_runner.h"
#include "fuzz/run/registration/registration_runner.h"
#include "fuzz/support/coverage_counters.h"
#include "fuzz/support/random_inputs.h"

namespace sigproof::fuzz {
namespace {

constexpr std::uint32_t kInputs = 300;

// `run(seed)` over all seeds, twice each, after a first time for what is made once.
template <class Run>
void expectTheSameTwice(Run run) {
  std::size_t reached = 0;
  for (std::uint32_t seed = 0; seed < kInputs; ++seed) run(seed);
  for (std::uint32_t seed = 0; seed < kInputs; ++seed) {
    const Coverage first = coverageOf([&] { run(seed); });
    const Coverage second = coverageOf([&] { run(seed); });
    EXPECT_TRUE(first == second) << "seed " << seed << ": " << firstDifference(first, second);
    reached =
        std::max(reached, first.size() - static_cast<std::size_t>(std::ranges::count(first, 0)));
  }
  EXPECT_GT(reached, 100U);  // the counters are there, and count
}

TEST(SameCoverage, OfTheListTwice) {
  expectTheSameTwice([](std::uint32_t seed) {
    const auto bytes = randomBytes(ListProgram::inputLayout().maxBytes(), seed);
    ByteSource source(bytes);
    ListRunner().run(makeListProgram(source));
  });
}

TEST(SameCoverage, OfTheRegistrationTwice) {
  expectTheSameTwice([](std::uint32_t seed) {
    const auto bytes = randomBytes(RegistrationProgram::inputLayout().maxBytes(), seed);
    ByteSource source(bytes);
    const RegistrationProgram program = makeRegistrationProgram(source);
    RegistrationRunner(program).run();
  });
}

}  // namespace
}  // namespace sigproof::fuzz
