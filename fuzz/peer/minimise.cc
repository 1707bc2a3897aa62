#include "fuzz/peer/minimise.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "fuzz/peer/cases/simplify.h"

namespace sigproof::peer {
namespace {

// Far above what a module of the generator takes; a step that makes nothing simpler would not end.
constexpr int kMostSteps = 500;

// The first of the programs that shows the deviation.
std::optional<PeerProgram> firstThatShows(std::vector<PeerProgram> programs,
                                          const Deviation& deviation, Side& side) {
  std::vector<Expectation> expected;
  std::vector<PeerCase> cases;
  for (const PeerProgram& program : programs) {
    expected.push_back(expect(program));
    cases.push_back(toCase(program, expected.back()));
  }
  const std::vector<peer::Verdict> seen = side.run(cases);
  for (std::size_t i = 0; i < programs.size(); ++i) {
    if (shows(programs[i], expected[i], seen[i], deviation)) return std::move(programs[i]);
  }
  return std::nullopt;
}

}  // namespace

bool shows(const PeerProgram& program, const Expectation& expected, const peer::Verdict& seen,
           const Deviation& deviation) {
  if (!seen.refused.empty()) return false;
  return std::ranges::any_of(judge(program, expected, seen), [&](const Deviation& other) {
    return isSameDeviation(other, deviation);
  });
}

PeerProgram minimise(PeerProgram program, const Deviation& deviation, Side& side) {
  for (int step = 0; step < kMostSteps; ++step) {
    auto simpler = firstThatShows(simplifications(program), deviation, side);
    if (!simpler) break;
    program = std::move(*simpler);
  }
  return program;
}

}  // namespace sigproof::peer
