// What an instantiation costs with the shim and with the feature off, compared with the engine
// alone.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ci/benchmark/instantiating_isolate.h"
#include "ci/benchmark/measurement.h"
#include "core/v8/testing/read_file.h"
#include "fuzz/real_modules/import_source.h"
#include "fuzz/real_modules/listening_module.h"
#include "fuzz/real_modules/manifest.h"
#include "fuzz/real_modules/wasm_shape.h"

namespace sigproof::benchmarks {
namespace {

// A module and its imports.
struct Subject {
  std::vector<std::uint8_t> bytes;
  std::string imports;
};

// Odd, because each round changes which arm is first. Whatever the engine does at regular intervals
// after a collection must hit both arms equally often.
constexpr std::size_t kRoundsBetweenCollections = 17;

struct ModuleKind {
  std::string_view name;
  double limit;           // the bar without the exports, the shim on
  std::size_t instances;  // between two readings of the clock
  int rounds;
  Subject (*make)(bool is_listening);
};

Subject tinyModule(bool is_listening) {
  TestModule module;
  if (!is_listening) module.signal = module.terminated = std::nullopt;
  return {module.encode(), "undefined"};
}

Subject sqliteModule(bool is_listening) {
  const std::string folder = modules::defaultModulesDir();
  for (const modules::RealModule& module : modules::readManifest(folder + "/manifest.json")) {
    if (module.name != "sqlite") continue;
    std::vector<std::uint8_t> bytes = host::readFile(folder + "/node_modules/" + module.path);
    if (is_listening) bytes = modules::makeListen(bytes).bytes;
    const std::string imports = modules::importSource(modules::readShape(bytes));
    return {std::move(bytes), imports};
  }
  throw std::runtime_error("corpus/modules/manifest.json has no module sqlite");
}

constexpr std::array kModuleKinds{
    ModuleKind{.name = "tiny", .limit = 1.03, .instances = 10, .rounds = 2001, .make = &tinyModule},
    ModuleKind{
        .name = "sqlite", .limit = 1.005, .instances = 2, .rounds = 4001, .make = &sqliteModule}};

PairedTimes measureInstantiation(benchmark::State& state, const ModuleKind& kind, bool is_listening,
                                 Feature feature) {
  // Before the engine starts its threads, because adding the exports to a module starts a process.
  const Subject subject = kind.make(is_listening);
  // One isolate for both arms. Two isolates differ by about a percent, because of where each lies
  // on the heap, and no number of rounds removes that.
  InstantiatingIsolate isolate(feature, subject.bytes, subject.imports);
  const auto arm = [&](void (InstantiatingIsolate::*set_up)()) {
    const auto round = std::make_shared<std::size_t>(0);
    return Arm{.prepare =
                   [&isolate, set_up, round] {
                     (isolate.*set_up)();
                     if (++*round % kRoundsBetweenCollections == 0) isolate.collectGarbage();
                     isolate.instantiate(1);  // from now on core remembers the module
                   },
               .run = [&] { isolate.instantiate(kind.instances); },
               .things = kind.instances};
  };
  const PairedTimes times = measureInTurn(state, arm(&InstantiatingIsolate::restoreCore),
                                          arm(&InstantiatingIsolate::removeCore));
  isolate.restoreCore();
  isolate.instantiate(1);
  if ((isolate.registeredCount() != 0) != (is_listening && feature == Feature::kOn)) {
    throw std::runtime_error("the instances were not what was to be measured");
  }
  return times;
}

Measurement instantiation(const ModuleKind& kind, bool is_listening, Feature feature) {
  const bool is_on = feature == Feature::kOn;
  const bool is_control = feature == Feature::kAbsent;
  Measurement measurement;
  measurement.name = fmt::format("instantiation/{}/{}/{}", kind.name,
                                 is_on        ? "shim"
                                 : is_control ? "control"
                                              : "feature-off",
                                 is_listening ? "with-exports" : "without-exports");
  if (is_on && !is_listening) measurement.properties = {"R8"};
  measurement.subject = fmt::format(
      "new WebAssembly.Instance of {}, {} the exports, {}",
      kind.name == "tiny" ? "a tiny module" : "SQLite", is_listening ? "with" : "without",
      is_on        ? "with the shim"
      : is_control ? "without core as well: what this measures where there is nothing"
                   : "feature off");
  measurement.baseline = "the same, in the same isolate, without core";
  measurement.bar = !is_on ? Bar::kNoDifference : is_listening ? Bar::kNone : Bar::kAtMost;
  measurement.limit = kind.limit;
  measurement.rounds = kind.rounds;
  measurement.measure = [&kind, is_listening, feature](benchmark::State& state) {
    return measureInstantiation(state, kind, is_listening, feature);
  };
  return measurement;
}

}  // namespace

void addInstantiationMeasurements(std::vector<Measurement>& all) {
  for (const ModuleKind& kind : kModuleKinds) {
    for (const Feature feature : {Feature::kOn, Feature::kOff, Feature::kAbsent}) {
      for (const bool is_listening : {false, true}) {
        all.push_back(instantiation(kind, is_listening, feature));
      }
    }
  }
}

}  // namespace sigproof::benchmarks
