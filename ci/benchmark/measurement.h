// One line of the benchmarks' table: what it measures, what it compares that with, and its bar.
//
//   addEntryMeasurements(all);
//   for (const Measurement& measurement : all) print(measurement.name);
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ci/benchmark/paired_measurement.h"
#include "reports/record/property.h"

namespace sigproof::benchmarks {

/// How a measurement's figure is judged.
enum class Bar : std::uint8_t {
  kNone,          ///< it is reported, not judged
  kAtMost,        ///< the ratio is at most `limit`
  kNoDifference,  ///< the ratio's confidence interval is as near to 1 as the controls'
};

struct Measurement {
  std::string name;  ///< "delivery/1000"; the check is benchmark/<name>
  std::vector<reports::Property> properties{};
  std::string subject;   ///< "delivery to 1,000 entries, an entry"
  std::string baseline;  ///< "pointer chase with a store over the same nodes"
  Bar bar = Bar::kNone;
  double limit = 0;
  int rounds = 31;
  /// Measures a ratio of times. Throws std::runtime_error with one sentence if it can't.
  std::function<PairedTimes(benchmark::State&)> measure{};
  /// Measures a number of bytes instead, if the figure is no time.
  std::function<double()> measure_bytes{};
};

/// What a program measures. Each program defines it.
std::vector<Measurement> allMeasurements();

void addInstantiationMeasurements(std::vector<Measurement>& all);
void addEntryMeasurements(std::vector<Measurement>& all);
void addRegistrationMeasurements(std::vector<Measurement>& all);
void addMemoryMeasurements(std::vector<Measurement>& all);
void addScalingMeasurements(std::vector<Measurement>& all);

}  // namespace sigproof::benchmarks
