// What delivery and filter cost an entry, held against a bare traversal of the same nodes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "core/benchmark/chased_registry.h"
#include "core/benchmark/measurement.h"

namespace sigproof::benchmarks {
namespace {

constexpr double kLimit = 1.5;

// So often that the clock's own cost is nothing.
std::size_t repetitionsFor(std::size_t entries) {
  constexpr std::size_t kEntriesBetweenLooks = 300'000;
  return std::max<std::size_t>(1, kEntriesBetweenLooks / entries);
}

template <class Subject, class Baseline>
Measurement entryMeasurement(const char* name, std::size_t entries, Subject subject,
                             Baseline baseline) {
  Measurement measurement;
  measurement.name = fmt::format("{}/{}", name, entries);
  measurement.subject = fmt::format("{}, {} entries, an entry", name, entries);
  measurement.limit = kLimit;
  measurement.bar = entries == 1'000 || entries == 100'000 ? Bar::kAtMost : Bar::kNone;
  measurement.measure = [=](benchmark::State& state) {
    ChasedRegistry chased(entries);
    const std::size_t repetitions = repetitionsFor(entries);
    return measureInTurn(
        state, {.run = [&] { subject(chased); }, .repetitions = repetitions, .things = entries},
        {.run = [&] { baseline(chased); }, .repetitions = repetitions, .things = entries});
  };
  return measurement;
}

}  // namespace

void addEntryMeasurements(std::vector<Measurement>& all) {
  for (const std::size_t entries : {1, 10, 100, 1'000, 10'000, 100'000}) {
    all.push_back(entryMeasurement(
        "delivery", entries,
        [](ChasedRegistry& chased) { benchmark::DoNotOptimize(chased.registry().deliver()); },
        [](const ChasedRegistry& chased) { chased.chaseAndStore(); }));
    all.back().baseline = "a pointer chase with a store, over the same nodes and words";
  }
  for (const std::size_t entries : {1, 10, 100, 1'000, 10'000, 100'000}) {
    all.push_back(entryMeasurement(
        "filter", entries, [](ChasedRegistry& chased) { chased.registry().dropDead(); },
        [](const ChasedRegistry& chased) { chased.chase(); }));
    all.back().baseline = "a pointer chase over the same nodes";
  }
}

}  // namespace sigproof::benchmarks
