// Times two things in turn, in one run, so that what the machine does meanwhile affects both.
// Reports the median of the rounds' ratios.
//
//   const PairedTimes times = measureInTurn(
//       state, {.run = [&] { registry.deliver(); }, .repetitions = 300},
//       {.run = [&] { chase(); }, .repetitions = 300});
//   if (times.ratio > 1.5) ...
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>

namespace sigproof::benchmarks {

/// One of the two things.
struct Arm {
  /// Restores the state that `run` starts from; not timed. May be empty.
  std::function<void()> prepare{};
  std::function<void()> run;
  /// How often `run` is called between two readings of the clock, and how many things it does.
  std::size_t repetitions = 1;
  std::size_t things = 1;
};

struct PairedTimes {
  double subject_ns = 0;  ///< medians, of one thing
  double baseline_ns = 0;
  double ratio = 0;  ///< the median of the rounds' ratios
  /// The median's confidence interval at 95 %, from the order of the rounds.
  double ratio_low = 0;
  double ratio_high = 0;
  /// Half the distance of the ratios' quartiles, as a share of the median: how reliable one round
  /// is.
  double noise = 0;
  std::size_t rounds = 0;
};

/// Each iteration of `state` is a round; the first one warms up and is not counted. Each round
/// changes which of the two is first. Times are processor time of the calling thread, because the
/// wall clock on a busy machine would measure its scheduler.
PairedTimes measureInTurn(benchmark::State& state, const Arm& subject, const Arm& baseline);

}  // namespace sigproof::benchmarks
