// One line of the benchmarks' table: what is measured, what it is held against, and its bar.
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

/// What keeps a measurement's figure within reason.
enum class Bar : std::uint8_t {
  kNone,          ///< it is told, not judged
  kAtMost,        ///< the ratio is at most `limit`
  kNoDifference,  ///< the ratio's confidence interval comes as near to 1 as those of the controls
};

struct Measurement {
  std::string name;  ///< "delivery/1000"; the check is benchmark/<name>
  std::vector<reports::Property> properties{};
  std::string subject;   ///< "delivery to 1,000 entries, an entry"
  std::string baseline;  ///< "pointer chase with a store over the same nodes"
  Bar bar = Bar::kNone;
  double limit = 0;
  int rounds = 31;
  /// A ratio of times. Throws std::runtime_error with one sentence when it can't be had.
  std::function<PairedTimes(benchmark::State&)> measure{};
  /// Or, where it is no time, a number of bytes.
  std::function<double()> measure_bytes{};
};

/// What a program measures; each has its own.
std::vector<Measurement> allMeasurements();

void addInstantiationMeasurements(std::vector<Measurement>& all);
void addEntryMeasurements(std::vector<Measurement>& all);
void addRegistrationMeasurements(std::vector<Measurement>& all);
void addMemoryMeasurements(std::vector<Measurement>& all);
void addScalingMeasurements(std::vector<Measurement>& all);

}  // namespace sigproof::benchmarks
