// The cases of the registry's operations, for SignalRegistry or one with a known bug. As in
// list_cases.h, each runs once for each heap.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/registry/signal_registry.h"
#include "models/stepping/engine/check.h"
#include "models/stepping/engine/heap.h"
#include "models/stepping/judge/case_run.h"
#include "models/stepping/registry/registry_fixture.h"

namespace sigproof::stepping {

/// The surroundings of the stepped operation.
struct RegistryScene {
  SignalRegistry<>::Options options;
  std::vector<ModulePlan> modules;
  std::uint32_t ended_generations = 0;  ///< by the call
  bool is_renewing = false;
};

/// Returns `plan` with the words placed by `index`: aligned, unaligned, and up to the memory's last
/// byte.
inline ModulePlan placed(std::size_t index, ModulePlan plan) {
  constexpr std::pair<std::uint64_t, std::uint64_t> kPlaces[] = {
      {8, 16}, {13, 21}, {kMemoryBytes - 4, 0}, {1, 5}, {32, 37}};
  plan.signal = kPlaces[index].first;
  plan.terminated = kPlaces[index].second;
  return plan;
}
inline ModulePlan listening(std::size_t index) { return placed(index, {.role = Role::kListening}); }
inline ModulePlan leaving(std::size_t index) { return placed(index, {.role = Role::kLeaving}); }
inline ModulePlan collected(std::size_t index) {
  return placed(index, {.role = Role::kSilent, .is_collected = true});
}
inline ModulePlan terminatedByItself(std::size_t index) {
  return placed(index, {.role = Role::kSilent,
                        .terminated_before = 0x0100'0000,  // only its last byte is not 0
                        .terminated_after = 0x0100'0000,
                        .is_terminated_by_itself = true});
}

/// Like tearDown() of list_case.cc. In addition every memory must be released.
template <class Registry>
std::optional<CaseFailure> tearDownRegistry(RegistryFixture<Registry>& fixture, HeapScope& heap) {
  const int crash = runGuarded([&]() noexcept {
    if (!fixture.isRegistryDestroyed()) fixture.destroyRegistry();
  });
  if (crash != 0) return CaseFailure{{}, {}, "the registry to be destroyed", describeCrash(crash)};
  for (std::size_t i = 0; i < fixture.moduleCount(); ++i) {
    if (fixture.module(i).isReleased()) continue;
    return CaseFailure{
        {}, {}, "every memory to be let go with the registry", fmt::format("module {} kept", i)};
  }
  if (heap.liveBlockCount() != 0) {
    return CaseFailure{{},
                       {},
                       "nothing to be left when the registry is destroyed",
                       fmt::format("{} blocks of memory", heap.liveBlockCount())};
  }
  if (heap.misuse() != nullptr) {
    return CaseFailure{{}, {}, "each block to be freed once", heap.misuse()};
  }
  return std::nullopt;
}

/// Runs one case. `prepare` gets the fixture once its modules are registered. `operation` is
/// stepped; it returns what is wrong with its result, or nothing.
template <class Registry, class Prepare, class Operation>
CaseResult runRegistryCase(const RegistryScene& scene, HeapMode heap_mode, const CasePlan& plan,
                           Prepare prepare, Operation operation) {
  RegistryFixture<Registry> fixture(scene.options);
  for (const ModulePlan& module : scene.modules) fixture.addModule(module);
  fixture.expectGenerations(scene.ended_generations, scene.is_renewing);
  CaseRun<DeliveryState> run(fixture);
  std::string_view complaint;
  CaseResult result;
  HeapScope heap(heap_mode);
  if (const int crash = runGuarded([&]() noexcept { fixture.registerModules(); }); crash != 0) {
    result.failure = CaseFailure{{}, {}, "the registrations to return", describeCrash(crash)};
    return result;
  }
  {
    auto prepared = prepare(fixture);
    run.step(plan, [&]() noexcept { complaint = operation(fixture, prepared); });
  }
  heap.leave();
  result = run.conclude(std::string(complaint));
  if (!result.failure) result.failure = tearDownRegistry(fixture, heap);
  return result;
}

/// Adds a case for each heap.
template <class Registry, class Prepare, class Operation>
void addPreparedCase(std::vector<Case>& cases, const std::string& name, const RegistryScene& scene,
                     Prepare prepare, Operation operation) {
  for (const HeapMode heap : {HeapMode::kQuarantine, HeapMode::kMalloc}) {
    cases.push_back({fmt::format("{}/{}", toString(heap), name), [=](const CasePlan& plan) {
                       return runRegistryCase<Registry>(scene, heap, plan, prepare, operation);
                     }});
  }
}

template <class Registry, class Operation>
void addRegistryCase(std::vector<Case>& cases, const std::string& name, const RegistryScene& scene,
                     Operation operation) {
  struct Nothing {};
  addPreparedCase<Registry>(
      cases, name, scene, [](RegistryFixture<Registry>&) { return Nothing(); },
      [operation](RegistryFixture<Registry>& fixture, Nothing) noexcept {
        return operation(fixture);
      });
}

/// An attachment that registration moves and dropping destroys.
class TestAttachment final : public EntryAttachment {};

/// The stepped call registers the scene's last module.
template <class Registry>
void addRegistration(std::vector<Case>& cases, const std::string& name, const RegistryScene& scene,
                     RegistrationOutcome outcome, bool is_memory_short = false) {
  using Fixture = RegistryFixture<Registry>;
  struct Arguments {
    OwnedSpan span;
    WordOffsets words;
    std::unique_ptr<EntryAttachment> attachment;
  };
  addPreparedCase<Registry>(
      cases, name, scene,
      [](Fixture& fixture) {
        WatchedMemory& module = fixture.module(fixture.moduleCount() - 1);
        return Arguments{module.span(),
                         {module.plan().signal, module.plan().terminated},
                         std::make_unique<TestAttachment>()};
      },
      [=](Fixture& fixture, Arguments& arguments) noexcept -> std::string_view {
        if (is_memory_short) failNextAllocation();
        const auto result = fixture.registry().add(std::move(arguments.span), arguments.words,
                                                   std::move(arguments.attachment));
        if (result.outcome != outcome) return "another outcome than the case's name says";
        const bool is_registered = outcome == RegistrationOutcome::kRegistered;
        if ((result.entry != nullptr) == is_registered) return {};
        return "an entry, but no registration, or the other way round";
      });
}

/// Two modules that listen already, and one that the call registers.
inline RegistryScene twoAnd(ModulePlan newcomer, SignalProtocol protocol,
                            std::size_t max_entries = 10) {
  newcomer.is_registered_before = false;
  return {{.protocol = protocol, .max_entries = max_entries, .observer = nullptr},
          {listening(0), listening(1), newcomer}};
}

template <class Registry>
void addSuccesses(std::vector<Case>& cases) {
  constexpr auto kRegistered = RegistrationOutcome::kRegistered;
  constexpr SignalProtocol kAddress = SignalProtocol::address();
  constexpr SignalProtocol kInstance = SignalProtocol::instance();
  const ModulePlan joining{.role = Role::kJoining};
  const auto add = [&](const char* name, const RegistryScene& scene) {
    addRegistration<Registry>(cases, name, scene, kRegistered);
  };
  ModulePlan first = joining;
  first.is_registered_before = false;
  add("first-entry", {{}, {first}});
  add("aligned", twoAnd(placed(0, joining), kAddress));
  add("unaligned", twoAnd(placed(1, joining), kAddress));
  add("at-the-end", twoAnd(placed(2, joining), kAddress));
  add("instance-both", twoAnd(placed(4, joining), kInstance));
  add("instance-signal-only",
      twoAnd({.role = Role::kJoining, .terminated = std::nullopt}, kInstance));
  add("instance-terminated-only",
      twoAnd({.role = Role::kSilent, .signal = std::nullopt}, kInstance));
  RegistryScene full = twoAnd(placed(3, joining), kAddress, 2);
  full.modules[1] = collected(1);
  add("full-with-a-dead-one", full);
}

template <class Registry>
void addRefusals(std::vector<Case>& cases) {
  using Outcome = RegistrationOutcome;
  constexpr SignalProtocol kAddress = SignalProtocol::address();
  const auto add = [&](const char* name, Outcome outcome, ModulePlan plan,
                       std::size_t max_entries = 10) {
    plan.role = Role::kSilent;
    addRegistration<Registry>(cases, name, twoAnd(plan, kAddress, max_entries), outcome,
                              outcome == Outcome::kOutOfMemory);
  };
  add("out-of-bounds-signal", Outcome::kOutOfBounds, {.signal = kMemoryBytes - 3});
  add("out-of-bounds-terminated", Outcome::kOutOfBounds, {.terminated = kMemoryBytes});
  add("address-at-the-top", Outcome::kOutOfBounds,
      {.signal = std::numeric_limits<std::uint64_t>::max()});
  add("overlap", Outcome::kOverlap, {.signal = 8, .terminated = 11});
  add("incomplete", Outcome::kIncomplete, {.terminated = std::nullopt});
  add("not-opted-in", Outcome::kNotOptedIn, {.signal = std::nullopt, .terminated = std::nullopt});
  add("already-terminated", Outcome::kAlreadyTerminated,
      {.terminated_before = 1, .terminated_after = 1});
  add("too-many-entries", Outcome::kTooManyEntries, {}, 2);
  add("out-of-memory", Outcome::kOutOfMemory, {});
}

template <class Registry>
std::vector<Case> registrationCases() {
  std::vector<Case> cases;
  addSuccesses<Registry>(cases);
  addRefusals<Registry>(cases);
  return cases;
}

template <class Registry>
std::vector<Case> deliveryCases() {
  using Fixture = RegistryFixture<Registry>;
  const auto deliver_to_three = [](Fixture& fixture) noexcept -> std::string_view {
    return fixture.registry().deliver() == 3 ? "" : "deliver() did not return 3";
  };
  const RegistryScene address{
      {}, {listening(0), terminatedByItself(1), listening(2), collected(3), listening(4)}};
  const RegistryScene instance{
      {.protocol = SignalProtocol::instance(), .max_entries = 10, .observer = nullptr},
      {listening(0),
       {.terminated = std::nullopt},
       {.role = Role::kSilent, .signal = std::nullopt},
       placed(3, {.terminated_before = 5, .terminated_after = 5}),  // ignored under this protocol
       collected(4)}};
  RegistryScene renewal = address;
  renewal.is_renewing = true;
  renewal.ended_generations = 1;
  std::vector<Case> cases;
  addRegistryCase<Registry>(cases, "deliver-address", address, deliver_to_three);
  addRegistryCase<Registry>(cases, "deliver-instance", instance, deliver_to_three);
  addRegistryCase<Registry>(cases, "deliver-empty", {}, [](Fixture& fixture) noexcept {
    return std::string_view(fixture.registry().deliver() == 0 ? "" : "deliver() did not return 0");
  });
  addRegistryCase<Registry>(cases, "renew", renewal, [](Fixture& fixture) noexcept {
    return std::string_view(fixture.registry().renew() == 3 ? "" : "renew() did not return 3");
  });
  return cases;
}

/// Runs a case with a handler at only one boundary, once for each boundary in the program's own
/// text, so that a later handler can't correct what one handler did. The time grows with the square
/// of the boundaries. So if there are many (in unoptimised or sanitized code), it uses only some,
/// evenly spread. A replay uses the given boundary.
inline Case preemptedOnce(const Case& one) {
  return {one.name, [one](const CasePlan& plan) {
            if (!plan.is_stepped || !plan.selection.isAll()) return one.run(plan);
            constexpr std::size_t kMostForAll = 125'000;
            constexpr std::size_t kMostForSome = 40'000;
            constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
            CaseResult sum = one.run({.is_stepped = true, .selection = Selection({kNever})});
            const std::size_t count = sum.program_boundaries.size();
            const std::size_t steps = count * sum.boundaries;
            const std::size_t stride = steps <= kMostForAll ? 1 : 1 + steps / kMostForSome;
            for (std::size_t i = 0; i < count && !sum.failure; i += stride) {
              CaseResult result = one.run(
                  {.is_stepped = true, .selection = Selection({sum.program_boundaries[i]})});
              sum.state_count += result.state_count;
              sum.is_complete = sum.is_complete && result.is_complete;
              sum.states = std::move(result.states);
              sum.failure = std::move(result.failure);
            }
            return sum;
          }};
}

/// The same for those of `cases` that use malloc.
inline std::vector<Case> preemptedOnce(const std::vector<Case>& cases) {
  std::vector<Case> preempted;
  for (const Case& one : cases) {
    if (!one.name.starts_with(toString(HeapMode::kMalloc))) continue;
    preempted.push_back(preemptedOnce(Case{one.name + "-preempted-once", one.run}));
  }
  return preempted;
}

/// Calls that change the level or must respect it, with a handler at one instruction at a time.
template <class Registry>
std::vector<Case> levelCases() {
  using Fixture = RegistryFixture<Registry>;
  const auto renew_twice = [](Fixture& fixture) noexcept -> std::string_view {
    fixture.registry().renew();
    return fixture.registry().renew() == 2 ? "" : "renew() did not return 2";
  };
  const auto renew_and_add = [](Fixture& fixture) noexcept -> std::string_view {
    fixture.registry().renew();
    WatchedMemory& module = fixture.module(1);
    const auto result = fixture.registry().add(
        module.span(), {module.plan().signal, module.plan().terminated}, nullptr);
    return result.entry != nullptr ? "" : "the module was not registered";
  };
  const auto retire = [](Fixture& fixture) noexcept -> std::string_view {
    fixture.registry().retireGeneration();
    return fixture.registry().isWarned() ? "" : "the warning is gone";
  };
  std::vector<Case> cases;
  ModulePlan joining = placed(1, {.role = Role::kJoining});
  joining.is_registered_before = false;
  addRegistryCase<Registry>(cases, "renew-warned-then-not",
                            {{}, {listening(0), listening(1)}, 2, true}, renew_twice);
  addRegistryCase<Registry>(cases, "renew-then-add", {{}, {listening(0), joining}, 1, true},
                            renew_and_add);
  addRegistryCase<Registry>(cases, "retire-generation", {{}, {listening(0), listening(1)}, 1},
                            retire);
  return preemptedOnce(cases);
}

/// Three entries; the engine moves the memory of the one at `index`.
template <class Registry>
void addMove(std::vector<Case>& cases, std::size_t index, bool is_memory_short) {
  using Fixture = RegistryFixture<Registry>;
  constexpr std::size_t kNew = 3;
  RegistryScene scene{{}, {listening(0), listening(1), listening(2)}};
  ModulePlan successor = placed(index, {.role = Role::kSuccessor});
  if (is_memory_short) successor.role = Role::kSilent;
  successor.is_registered_before = false;
  scene.modules.push_back(successor);
  if (!is_memory_short) scene.modules[index].role = Role::kLeaving;
  const auto name = fmt::format("{}{}", index, is_memory_short ? "-out-of-memory" : "");
  addPreparedCase<Registry>(
      cases, name, scene, [](Fixture& fixture) { return fixture.module(kNew).span(); },
      [=](Fixture& fixture, OwnedSpan& span) noexcept -> std::string_view {
        if (is_memory_short) failNextAllocation();
        auto* moved = fixture.registry().moveMemory(fixture.entry(index), std::move(span));
        if ((moved == nullptr) != is_memory_short) return "another result than the case's";
        if (fixture.module(index).isReleased() == is_memory_short) {
          return "the old memory is not let go, or too soon";
        }
        return fixture.registry().entryCount() == 3 ? "" : "entryCount() is not 3";
      });
}

template <class Registry>
std::vector<Case> moveMemoryCases() {
  std::vector<Case> cases;
  for (std::size_t index = 0; index < 3; ++index) addMove<Registry>(cases, index, false);
  addMove<Registry>(cases, 1, true);
  std::vector<Case> middle;
  addMove<Registry>(middle, 1, false);
  for (Case& one : preemptedOnce(middle)) cases.push_back(std::move(one));
  return cases;
}

template <class Registry>
std::vector<Case> dropDeadCases() {
  using Fixture = RegistryFixture<Registry>;
  constexpr std::size_t kCount = 4;
  std::vector<Case> cases;
  for (unsigned dead = 0; dead < 1u << kCount; ++dead) {
    RegistryScene scene;
    for (std::size_t i = 0; i < kCount; ++i) {
      const bool is_dead = (dead >> i & 1) != 0;
      scene.modules.push_back(!is_dead     ? listening(i)
                              : i % 2 == 0 ? terminatedByItself(i)
                                           : collected(i));
    }
    addRegistryCase<Registry>(cases, fmt::format("dead-0b{:0{}b}", dead, kCount), scene,
                              [dead](Fixture& fixture) noexcept -> std::string_view {
                                fixture.registry().dropDead();
                                for (std::size_t i = 0; i < kCount; ++i) {
                                  const bool is_dead = (dead >> i & 1) != 0;
                                  if (fixture.module(i).isReleased() == is_dead) continue;
                                  return is_dead ? "the memory of a dead entry is kept"
                                                 : "the memory of a live entry is let go";
                                }
                                return {};
                              });
  }
  return cases;
}

template <class Registry>
std::vector<Case> registryClearCases() {
  using Fixture = RegistryFixture<Registry>;
  const auto clear = [](Fixture& fixture) noexcept -> std::string_view {
    fixture.registry().clear();
    return fixture.registry().entryCount() == 0 ? "" : "entryCount() is not 0";
  };
  std::vector<Case> cases;
  addRegistryCase<Registry>(cases, "of-0", {}, clear);
  addRegistryCase<Registry>(cases, "of-1", {{}, {leaving(0)}}, clear);
  const RegistryScene four{{}, {leaving(0), leaving(1), leaving(2), leaving(3)}};
  addRegistryCase<Registry>(cases, "of-4", four, clear);
  addRegistryCase<Registry>(cases, "of-4-with-2-dead",
                            {{}, {leaving(0), terminatedByItself(1), collected(2), leaving(3)}},
                            clear);
  addRegistryCase<Registry>(cases, "destructor-of-4", four,
                            [](Fixture& fixture) noexcept -> std::string_view {
                              fixture.destroyRegistry();
                              return {};
                            });
  return cases;
}

template <class Registry>
std::vector<Case> markTerminatedCases() {
  using Fixture = RegistryFixture<Registry>;
  const auto mark_three = [](Fixture& fixture) noexcept -> std::string_view {
    return fixture.registry().markTerminated() == 3 ? "" : "markTerminated() did not return 3";
  };
  const auto marked = [](std::size_t index, Role role) {
    return placed(index, {.role = role, .terminated_after = 1});
  };
  std::vector<Case> cases;
  addRegistryCase<Registry>(cases, "address",
                            {{},
                             {terminatedByItself(0), marked(1, Role::kDying), collected(2),
                              marked(3, Role::kDying), marked(4, Role::kDying)}},
                            mark_three);
  // Under the instance protocol the word is only for the module, and deliveries continue.
  addRegistryCase<Registry>(
      cases, "instance",
      {{.protocol = SignalProtocol::instance(), .max_entries = 10, .observer = nullptr},
       {marked(0, Role::kListening),
        collected(1),
        marked(2, Role::kListening),
        {.terminated = std::nullopt},
        marked(4, Role::kListening)}},
      mark_three);
  return cases;
}

}  // namespace sigproof::stepping
