// Checks that repeated work costs as much the last time as the first time: a thousand
// instantiations inside each other, a million one after the other.
#include <pthread.h>

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "ci/benchmark/instantiating_isolate.h"
#include "ci/benchmark/measurement.h"

namespace sigproof::benchmarks {
namespace {

constexpr double kScalingLimit = 1.5;

// --- inside each other --------------------------------------------------------------------------

constexpr std::size_t kDeep = 1'000;
constexpr std::size_t kShallow = 125;
// The engine's default, 984 KiB, is enough for 400 levels without the shim.
constexpr std::size_t kStackBytes = std::size_t{64} << 20;

struct Nesting {
  const char* name;
  const char* subject;
  bool has_start;
  const char* imports;  // a JavaScript expression; again() instantiates one level deeper
};

constexpr std::array kNestings{
    Nesting{"start", "an instantiation in the start function of another", true,
            "({env: {f: again, memory}})"},
    Nesting{"getter", "an instantiation in a getter of the imports of another", false,
            "({get env() { again(); return {memory}; }})"},
};

// Runs `work` on a thread with a stack of kStackBytes, and rethrows what it throws.
void runOnADeepStack(const std::function<void()>& work) {
  struct Run {
    const std::function<void()>& work;
    std::exception_ptr error;
  } run{work, nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread{};
  const int error = pthread_create(
      &thread, &attributes,
      [](void* argument) -> void* {
        auto* self = static_cast<Run*>(argument);
        try {
          self->work();
        } catch (...) {
          self->error = std::current_exception();
        }
        return nullptr;
      },
      &run);
  pthread_attr_destroy(&attributes);
  if (error != 0) throw std::runtime_error("no thread with a stack of 64 MiB can be had");
  pthread_join(thread, nullptr);
  if (run.error) std::rethrow_exception(run.error);
}

PairedTimes measureNesting(benchmark::State& state, const Nesting& nesting) {
  PairedTimes times;
  runOnADeepStack([&] {
    InstantiatingIsolate isolate(Feature::kOn,
                                 {.memory = MemoryKind::kImported, .has_start = nesting.has_start});
    isolate.allowStack(kStackBytes / 2);
    isolate.run(std::string("var left = 0; const memory = new WebAssembly.Memory({initial: 1});"
                            "const again = () => {"
                            "  if (--left > 0) new WebAssembly.Instance(module, ") +
                nesting.imports + ");};");
    const auto arm = [&](std::size_t depth) {
      return Arm{.prepare = [&isolate] { isolate.collectGarbage(); },
                 .run = [&isolate,
                         depth] { isolate.run("left = " + std::to_string(depth) + "; again();"); },
                 .repetitions = kDeep / depth,
                 .things = depth};
    };
    times = measureInTurn(state, arm(kDeep), arm(kShallow));
    if (isolate.registeredCount() < kDeep) throw std::runtime_error("nothing was nested so deep");
  });
  return times;
}

// --- one after the other -------------------------------------------------------------------------

constexpr std::size_t kRegistrations = 1'000'000;
constexpr std::size_t kRegistrationsARound = 10'000;

constexpr std::size_t kRoundsOfAnIsolate = 10;

// In both isolates the engine decides when to collect.
PairedTimes measureRegistrations(benchmark::State& state) {
  const TestModule module{.memory = MemoryKind::kImportedAndExported};
  InstantiatingIsolate old(Feature::kOn, module);
  std::optional<InstantiatingIsolate> young;
  std::size_t round = 0;
  const auto instantiate = [](InstantiatingIsolate& isolate) {
    isolate.instantiate(kRegistrationsARound);
  };
  return measureInTurn(
      state, {.run = [&] { instantiate(old); }, .things = kRegistrationsARound},
      {.prepare =
           [&] {
             if (round++ % kRoundsOfAnIsolate != 0) return;
             young.reset();
             young.emplace(Feature::kOn, module);
             instantiate(*young);  // an isolate's first instances are made on an empty heap
           },
       .run = [&] { instantiate(*young); },
       .things = kRegistrationsARound});
}

}  // namespace

void addScalingMeasurements(std::vector<Measurement>& all) {
  for (const Nesting& nesting : kNestings) {
    all.push_back({.name = std::string("scaling/nested-") + nesting.name,
                   .properties = {"T5"},
                   .subject = std::string(nesting.subject) + ", 1,000 deep, a level",
                   .baseline = "the same 125 deep",
                   .bar = Bar::kAtMost,
                   .limit = kScalingLimit,
                   .rounds = 21,
                   .measure = [&nesting](benchmark::State& state) {
                     return measureNesting(state, nesting);
                   }});
  }
  all.push_back({.name = "scaling/registrations",
                 .properties = {"R9"},
                 .subject = "a registration, of a million instances of one module and memory",
                 .baseline = "the same in an isolate that is made anew every 100,000",
                 .bar = Bar::kAtMost,
                 .limit = kScalingLimit,
                 .rounds = kRegistrations / kRegistrationsARound,
                 .measure = &measureRegistrations});
}

}  // namespace sigproof::benchmarks
