#include "ci/benchmark/paired_measurement.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace sigproof::benchmarks {
namespace {

double threadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Nanoseconds of one thing.
double timeOf(const Arm& arm) {
  if (arm.prepare) arm.prepare();
  const double start = threadSeconds();
  for (std::size_t i = 0; i < arm.repetitions; ++i) arm.run();
  return (threadSeconds() - start) * 1e9 / static_cast<double>(arm.repetitions * arm.things);
}

// Returns the value below which `share` of the sorted values lie.
double quantile(const std::vector<double>& sorted, double share) {
  const double last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * last))];
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

}  // namespace

PairedTimes measureInTurn(benchmark::State& state, const Arm& subject, const Arm& baseline) {
  std::vector<double> subjects;
  std::vector<double> baselines;
  std::vector<double> ratios;
  std::size_t round = 0;
  for ([[maybe_unused]] const auto iteration : state) {
    const bool is_subject_first = round++ % 2 == 0;
    double subject_ns = is_subject_first ? timeOf(subject) : 0;
    const double baseline_ns = timeOf(baseline);
    if (!is_subject_first) subject_ns = timeOf(subject);
    state.SetIterationTime(subject_ns * 1e-9);
    if (round == 1) continue;  // warm-up
    subjects.push_back(subject_ns);
    baselines.push_back(baseline_ns);
    ratios.push_back(subject_ns / baseline_ns);
  }
  if (ratios.empty()) return {};
  std::sort(ratios.begin(), ratios.end());
  // How many of n rounds lie below the true median is binomial: n/2, plus or minus 0.98 sqrt(n).
  const double reach = 0.98 / std::sqrt(static_cast<double>(ratios.size()));
  const double ratio = quantile(ratios, 0.5);
  return {.subject_ns = median(subjects),
          .baseline_ns = median(baselines),
          .ratio = ratio,
          .ratio_low = quantile(ratios, 0.5 - reach),
          .ratio_high = quantile(ratios, 0.5 + reach),
          .noise = (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2 / ratio,
          .rounds = ratios.size()};
}

}  // namespace sigproof::benchmarks
