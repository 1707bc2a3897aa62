// For tests: which of the instrumented lines a run reaches, as libFuzzer sees it.
//
//   const Coverage first = coverageOf([&] { run(input); });
//   EXPECT_EQ(coverageOf([&] { run(input); }), first);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sigproof::fuzz {

/// How often, modulo 256, each edge of the program was run.
using Coverage = std::vector<std::uint8_t>;

/// What the compiler's counters are now, and from 0 on. Only in programs that have
/// coverage_counters.cc and no libFuzzer.
void resetCoverage();
Coverage coverageNow();

/// Where two coverages of one program part, for a message.
std::string firstDifference(const Coverage& first, const Coverage& second);

template <class Run>
Coverage coverageOf(Run run) {
  resetCoverage();
  run();
  return coverageNow();
}

}  // namespace sigproof::fuzz
