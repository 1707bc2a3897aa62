#include "ci/benchmark/measurement.h"

namespace sigproof::benchmarks {

std::vector<Measurement> allMeasurements() {
  std::vector<Measurement> all;
  addInstantiationMeasurements(all);
  addEntryMeasurements(all);
  addRegistrationMeasurements(all);
  addMemoryMeasurements(all);
  addScalingMeasurements(all);
  return all;
}

}  // namespace sigproof::benchmarks
