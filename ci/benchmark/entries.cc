// What delivery and filter cost an entry, compared with a bare traversal of the same nodes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>

#include "ci/benchmark/chased_registry.h"
#include "ci/benchmark/measurement.h"

namespace sigproof::benchmarks {
namespace {

constexpr double kLimit = 1.5;

// So many that the clock's own cost is negligible.
std::size_t repetitionsFor(std::size_t entries) {
  constexpr std::size_t kEntriesBetweenLooks = 300'000;
  return std::max<std::size_t>(1, kEntriesBetweenLooks / entries);
}

constexpr int kRounds = 101;

// Where nodes and words lie makes a difference of some percent. So we measure several registries,
// as many as fit into a small machine's memory.
std::size_t placesFor(std::size_t entries) {
  constexpr std::size_t kPlaces = 10;
  constexpr std::size_t kEntriesInAll = 300'000;
  return std::clamp<std::size_t>(kEntriesInAll / entries, 1, kPlaces);
}

template <class Subject, class Baseline>
Measurement entryMeasurement(const char* name, std::size_t entries, Subject subject,
                             Baseline baseline) {
  Measurement measurement;
  measurement.name = fmt::format("{}/{}", name, entries);
  measurement.subject = fmt::format("{}, {} entries, an entry", name, entries);
  measurement.limit = kLimit;
  measurement.bar = entries == 1'000 || entries == 100'000 ? Bar::kAtMost : Bar::kNone;
  measurement.rounds = kRounds;
  measurement.measure = [=](benchmark::State& state) {
    std::deque<ChasedRegistry> places;
    for (std::size_t i = 0; i < placesFor(entries); ++i) places.emplace_back(entries);
    std::size_t turn = 1;  // each round has two turns at the same place, one for each arm
    const auto arm = [&](auto& run) {
      const auto run_here = [&] { run(places[turn / 2 % places.size()]); };
      return Arm{.prepare =
                     [&turn, run_here] {
                       ++turn;
                       run_here();  // the first arm at a place would find it cold
                     },
                 .run = run_here,
                 .repetitions = repetitionsFor(entries),
                 .things = entries};
    };
    return measureInTurn(state, arm(subject), arm(baseline));
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
  all.push_back(entryMeasurement(
      "filter-after-a-death", 1'000, [](ChasedRegistry& chased) { chased.dropOneThatDied(); },
      [](const ChasedRegistry& chased) { chased.chase(); }));
  all.back().baseline = "a pointer chase over the same nodes";
  all.back().bar = Bar::kNone;  // a rare case: the bar is for the filter of each collection
}

}  // namespace sigproof::benchmarks
