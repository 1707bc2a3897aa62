// The main() of sigproof-benchmarks*: measures what core costs, and what the suite does, as ratios.
// These are not timed tests: only ci/bench runs them.
//
//   build/libexec/sigproof-benchmarks --list
//   build/libexec/sigproof-benchmarks --run benchmark/delivery/1000
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "ci/benchmark/measurement.h"
#include "core/v8/testing/isolate.h"
#include "reports/check/check_main.h"

namespace sigproof::benchmarks {
namespace {

using reports::Record;
using reports::Verdict;

constexpr std::string_view kPrefix = "benchmark/";
constexpr std::string_view kCannotSee =
    "Other processors, other compilers, caches that other work has filled.";

std::string coveredBy(const Measurement& measurement) {
  if (measurement.baseline.empty()) return measurement.subject;
  return measurement.subject + ", held against " + measurement.baseline;
}

// Prints nothing, because the record has everything.
class Silence : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) error_ = run.error_message;
    }
  }
  const std::string& error() const { return error_; }

 private:
  std::string error_;
};

// Google Benchmark runs it; each iteration is a round.
PairedTimes timesOf(const Measurement& measurement, int rounds) {
  PairedTimes times;
  benchmark::RegisterBenchmark(measurement.name.c_str(),
                               [&](benchmark::State& state) {
                                 try {
                                   times = measurement.measure(state);
                                 } catch (const std::exception& error) {
                                   state.SkipWithError(error.what());
                                 }
                               })
      ->Iterations(rounds + 1)
      ->UseManualTime();
  Silence silence;
  benchmark::RunSpecifiedBenchmarks(&silence, ".");
  if (!silence.error().empty()) throw std::runtime_error(silence.error());
  if (times.rounds == 0) throw std::runtime_error("no round was run");
  return times;
}

// The controls, where both arms do the same, read from 0.997 to 1.003. A smaller difference can't
// be measured.
constexpr double kResolution = 0.003;

bool isNoDifference(const PairedTimes& times) { return times.ratio_low <= 1 + kResolution; }

bool isWithinBar(const Measurement& measurement, const PairedTimes& times) {
  switch (measurement.bar) {
    case Bar::kAtMost:
      return times.ratio <= measurement.limit;
    case Bar::kNoDifference:
      return isNoDifference(times);
    case Bar::kNone:
      return true;
  }
  return false;
}

std::string barText(const Measurement& measurement, const PairedTimes& times) {
  switch (measurement.bar) {
    case Bar::kAtMost: {
      const bool is_decided =
          times.ratio_high <= measurement.limit || times.ratio_low > measurement.limit;
      return fmt::format("; bar {}{}", measurement.limit,
                         is_decided ? "" : ", which lies within what the noise leaves open");
    }
    case Bar::kNoDifference:
      return isNoDifference(times) ? "; no measurable difference"
                                   : "; bar: no measurable difference";
    case Bar::kNone:
      return "; no bar";
  }
  return "";
}

void measureTimes(const Measurement& measurement, int rounds, Record& record) {
  const PairedTimes times = timesOf(measurement, rounds);
  record.executions = times.rounds;
  record.verdict = isWithinBar(measurement, times) ? Verdict::kPassed : Verdict::kFailed;
  record.summary = fmt::format(
      "{:.4g} ns against {:.4g} ns, ratio {:.3f} ({:.3f} to {:.3f} with 95 % confidence; {} "
      "rounds, "
      "which differ by {:.1f} %){}",
      times.subject_ns, times.baseline_ns, times.ratio, times.ratio_low, times.ratio_high,
      times.rounds, times.noise * 100, barText(measurement, times));
  record.detail = {{"measured", times.subject_ns},
                   {"held_against", times.baseline_ns},
                   {"unit", "ns"},
                   {"ratio", times.ratio},
                   {"ratio_low", times.ratio_low},
                   {"ratio_high", times.ratio_high},
                   {"noise", times.noise}};
  if (measurement.bar == Bar::kAtMost) record.detail["at_most"] = measurement.limit;
  if (measurement.bar == Bar::kNoDifference) record.detail["at_most"] = "no difference";
}

void measureBytes(const Measurement& measurement, Record& record) {
  const double bytes = measurement.measure_bytes();
  record.executions = 1;
  record.verdict = Verdict::kPassed;
  record.summary = fmt::format("{:.1f} bytes; no bar", bytes);
  record.detail = {{"measured", bytes}, {"unit", "bytes"}};
}

Record runMeasurement(const Measurement& measurement, int rounds) {
  Record record;
  record.check = std::string(kPrefix) + measurement.name;
  record.kind = reports::Kind::kBenchmark;
  record.properties = measurement.properties;
  record.engine = fmt::format("{}, clang {}, optimised", host::engineVersion(), __clang_version__);
  record.covered = coveredBy(measurement);
  record.cannot_see = kCannotSee;
  record.replay = "build/bin/sigproof benchmark run " + record.check;
  reports::measure(record, [&] {
    if (measurement.measure) {
      measureTimes(measurement, rounds > 0 ? rounds : measurement.rounds, record);
    } else {
      measureBytes(measurement, record);
    }
  });
  return record;
}

Record runNamed(const std::string& check, int rounds) {
  for (const Measurement& measurement : allMeasurements()) {
    if (check == std::string(kPrefix) + measurement.name)
      return runMeasurement(measurement, rounds);
  }
  throw reports::BadInput(fmt::format("there is no check {}; --list lists them", check));
}

std::vector<reports::CheckInfo> allChecks() {
  std::vector<reports::CheckInfo> checks;
  for (const Measurement& measurement : allMeasurements()) {
    checks.push_back({.check = std::string(kPrefix) + measurement.name,
                      .properties = measurement.properties,
                      .covered = coveredBy(measurement)});
  }
  return checks;
}

int run(int argc, const char* const* argv) {
  reports::CheckMain program(
      "sigproof-benchmarks",
      "Measures what core costs, each figure as a ratio to something measured in turn.");
  int rounds = 0;
  program.app()
      .add_option("--rounds", rounds, "Rounds, instead of the check's own number")
      ->envname("SIGPROOF_BENCHMARK_ROUNDS")
      ->check(CLI::Range(1, 1'000'000));
  program.onList(&allChecks);
  program.onRun([&](const std::string& check) { return reports::report(runNamed(check, rounds)); });
  return program.run(argc, argv);
}

}  // namespace
}  // namespace sigproof::benchmarks

// NOLINTNEXTLINE(bugprone-exception-escape): if even a message finds no memory, a crash is right
int main(int argc, char** argv) { return sigproof::benchmarks::run(argc, argv); }
