#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/stepping/engine/heap.h"
#include "models/stepping/engine/suite.h"
#include "models/stepping/judge/case_run.h"
#include "models/stepping/v8/v8_fixture.h"

namespace sigproof::stepping {
namespace {

/// How much of the operation is stepped.
enum class Extent : bool { kWhole, kWindows };

using V8Operation = std::function<std::string_view(V8Fixture&)>;

/// A fixture that a failed case has broken is leaked, with its isolate.
CaseResult runV8Case(const V8Scene& scene, const CasePlan& plan, Extent extent,
                     const V8Operation& operation) {
  auto fixture = std::make_unique<V8Fixture>(scene);
  CaseRun<DeliveryState> run(*fixture);
  std::string_view complaint;
  const auto call = [&]() noexcept { complaint = operation(*fixture); };
  if (extent == Extent::kWhole) {
    run.step(plan, call);
  } else {
    run.stepWindows(plan, call);
  }
  CaseResult result = run.conclude(std::string(complaint));
  // NOLINTNEXTLINE(bugprone-unused-return-value): it is left behind on purpose
  if (result.failure) static_cast<void>(fixture.release());
  return result;
}

Case v8Case(const std::string& name, const V8Scene& scene, Extent extent,
            const V8Operation& operation) {
  return {name, [=](const CasePlan& plan) { return runV8Case(scene, plan, extent, operation); }};
}

constexpr V8Module kListening{.role = Role::kListening};
constexpr V8Module kLeaving{.role = Role::kLeaving};
constexpr V8Module kTerminated{.role = Role::kSilent, .is_terminated_by_itself = true};
constexpr V8Module kCollected{.role = Role::kSilent, .is_collected = true};

std::vector<Case> gcPrologueCases(V8Flaw flaw) {
  const auto collect_to = [](std::size_t count) -> V8Operation {
    return [count](V8Fixture& fixture) noexcept -> std::string_view {
      fixture.collectGarbage();
      return fixture.entryCount() == count ? "" : "the prologue left another number of entries";
    };
  };
  const auto add = [&](const std::string& name, const std::vector<V8Module>& modules,
                       std::size_t left) {
    return v8Case(name, {modules, flaw}, Extent::kWindows, collect_to(left));
  };
  return {add("of-3-live", {kListening, kListening, kListening}, 3),
          add("of-2-live-1-terminated-1-collected",
              {kListening, kTerminated, kCollected, kListening}, 2),
          add("of-3-dead", {kCollected, kTerminated, kCollected}, 0), add("of-none", {}, 0)};
}

std::vector<Case> disposalCases(V8Flaw flaw) {
  const V8Operation destroy = [](V8Fixture& fixture) noexcept -> std::string_view {
    fixture.destroySignals();
    return {};
  };
  return {v8Case("of-none", {{}, V8Flaw::kNone}, Extent::kWhole, destroy),
          v8Case("of-3-live", {{kLeaving, kLeaving, kLeaving}, flaw}, Extent::kWhole, destroy),
          v8Case("of-2-live-1-terminated-1-collected",
                 {{kTerminated, kCollected, kLeaving, kLeaving}, flaw}, Extent::kWhole, destroy)};
}

std::vector<Case> instantiationCases(V8Flaw flaw) {
  const V8Operation instantiate = [](V8Fixture& fixture) noexcept -> std::string_view {
    const std::size_t before = fixture.entryCount();
    fixture.setOperating(true);
    fixture.makeLastInstance();
    fixture.setOperating(false);
    return fixture.entryCount() == before + 1 ? "" : "the instance was not registered";
  };
  const V8Module joining{.role = Role::kJoining, .is_made_before = false};
  return {
      v8Case("beside-2", {{kListening, kListening, joining}, flaw}, Extent::kWhole, instantiate)};
}

}  // namespace

std::vector<Check> makeChecks() {
  return {
      {"gc_prologue",
       {"L3", "D1", "D2", "D5", "G1"},
       "the garbage collector's prologue callback of core in V8 10.2, with live, terminated and "
       "collected instances; the engine's own work is not stepped",
       gcPrologueCases(V8Flaw::kNone),
       "finds no entry while the prologue runs",
       {{"", gcPrologueCases(V8Flaw::kHides)}}},
      {"isolate_disposal",
       {"L6", "D1", "D5", "G3"},
       "the end of core in an isolate of V8 10.2, with live, terminated and collected instances",
       disposalCases(V8Flaw::kNone),
       "writes to a module that was dropped",
       {{"", disposalCases(V8Flaw::kWritesToDropped)}}},
      {"instantiation",
       {"R6", "D1", "D5"},
       "new WebAssembly.Instance of a module that opts in, beside two that listen, in V8 10.2: "
       "the engine's part as well as core's",
       instantiationCases(V8Flaw::kNone),
       "finds no entry while the instance is made",
       {{"", instantiationCases(V8Flaw::kHides)}}}};
}

}  // namespace sigproof::stepping
