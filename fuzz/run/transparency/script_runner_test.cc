// fuzz-transparency and fuzz-hostile judged themselves: that their programs do what they are for,
// that runs leave no trace, and that a difference is seen.
#include "fuzz/run/transparency/script_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "fuzz/run/transparency/world.h"
#include "fuzz/support/record/statistics.h"

namespace sigproof::fuzz {
namespace {

constexpr std::size_t kScriptInputBytes = 300;

ScriptProgram randomScript(std::uint32_t seed, bool is_hostile) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(kScriptInputBytes);
  std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(random() & 0xFF); });
  ByteSource source(bytes);
  return is_hostile ? makeHostileProgram(source) : makeTransparencyProgram(source);
}

ScriptProgram scriptOf(const std::string& text, const WitnessPlan& plan, bool is_async) {
  ScriptProgram program{.modules = {}, .segments = {text}, .is_async = is_async};
  program.modules.push_back({.bytes = writeWitnessModule(plan),
                             .signal_addresses = {plan.signalAddress()},
                             .witness = plan});
  return program;
}

TEST(Worlds, TheSameBytesGiveTheSameProgram) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    for (const bool is_hostile : {false, true}) {
      EXPECT_EQ(describe(randomScript(seed, is_hostile)), describe(randomScript(seed, is_hostile)));
    }
  }
}

TEST(Worlds, ARunLeavesNoTraceInLaterOnes) {
  for (const bool is_hostile : {false, true}) {
    std::vector<std::string> first;
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
      first.push_back(runInBothWorlds(randomScript(seed, is_hostile)).text);
    }
    for (std::uint32_t seed = 100; seed < 160; ++seed) {
      runInBothWorlds(randomScript(seed, !is_hostile));
    }
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
      EXPECT_EQ(runInBothWorlds(randomScript(seed, is_hostile)).text, first[seed]) << seed;
    }
  }
}

// What the built-ins are like, from every one that a program can name: prototypes, keys in order,
// descriptors. Globals of programs are left out.
constexpr const char* kDescribeBuiltIns = R"((() => {
  const known = new Map();
  const waiting = [];
  const id = (value) => {
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
      return typeof value + String(value);
    }
    if (!known.has(value)) {
      known.set(value, known.size);
      waiting.push(value);
    }
    return '#' + known.get(value);
  };
  for (const key of ['Object', 'Function', 'Array', 'Number', 'Boolean', 'String', 'Symbol', 'Date',
                     'Promise', 'RegExp', 'Error', 'AggregateError', 'TypeError', 'RangeError',
                     'ArrayBuffer', 'Uint8Array', 'DataView', 'Map', 'BigInt', 'Set', 'WeakMap',
                     'WeakRef', 'Proxy', 'Reflect', 'SharedArrayBuffer', 'Atomics', 'WebAssembly',
                     'JSON', 'Math', 'Intl', 'escape', 'FinalizationRegistry', 'Promise']) {
    const {value, writable, enumerable, configurable} =
      Object.getOwnPropertyDescriptor(globalThis, key);
    note(key, id(value), writable, enumerable, configurable);
  }
  id([][Symbol.iterator]());
  id(Object.getPrototypeOf(async function () {}));
  while (waiting.length > 0) {
    const object = waiting.shift();
    if (object === globalThis) continue;
    let text = id(object) + id(Object.getPrototypeOf(object)) + Object.isExtensible(object);
    for (const key of Reflect.ownKeys(object)) {
      const found = Object.getOwnPropertyDescriptor(object, key);
      text += ';' + String(key);
      for (const part in found) text += part[0] + id(found[part]);
    }
    note(text);
  }
})();
)";

// Programs get the context of an earlier one where that one has changed back what it changed.
TEST(Worlds, WhatProgramsChangeInAContextThatIsUsedAgainIsChangedBack) {
  constexpr std::uint32_t kEnough = 120;
  constexpr std::uint32_t kAtOnce = 3;  // to look costs as much as several programs
  ScriptProgram look = scriptOf(kDescribeBuiltIns, {}, false);
  look.leaves_no_trace = true;
  const std::string built_ins = runInBothWorlds(look).text;
  EXPECT_GT(std::ranges::count(built_ins, '\n'), 600);
  std::uint32_t used_again = 0;
  for (std::uint32_t seed = 1000; used_again < kEnough; ++seed) {
    const ScriptProgram program = randomScript(seed, true);
    const bool is_used_again = program.leaves_no_trace && !program.has_other_realm &&
                               !program.has_streaming &&
                               program.installation == Installation::kFresh;
    if (!is_used_again) continue;
    runInBothWorlds(program);
    if (++used_again % kAtOnce != 0) continue;
    ASSERT_EQ(runInBothWorlds(look).text, built_ins) << "before seed " << seed + 1;
  }
}

// A generator whose programs mostly fail tests nothing.
TEST(Worlds, ManyProgramsInstantiateAndRegister) {
  constexpr std::uint32_t kPrograms = 100;
  for (const bool is_hostile : {false, true}) {
    const std::uint64_t shown = Statistics::counter("programs/showed an instance");
    const std::uint64_t registered = Statistics::counter("programs/registered");
    for (std::uint32_t seed = 0; seed < kPrograms; ++seed) {
      runInBothWorlds(randomScript(seed, is_hostile));
    }
    EXPECT_GE((Statistics::counter("programs/showed an instance") - shown) * 100, kPrograms * 50)
        << is_hostile;
    EXPECT_GE((Statistics::counter("programs/registered") - registered) * 100, kPrograms * 30)
        << is_hostile;
  }
}

// The two worlds' own judgement is that of the fuzz target: a violation ends the test program.
TEST(Worlds, T7_ContextsThatWereChangedBeforeCoreCameAreCompared) {
  const char* use =
      "attempt('c', () => new WebAssembly.Instance(new WebAssembly.Module(m0), {env: {w: "
      "witness0}}));\n"
      "attempt('p', () => { const p = WebAssembly.instantiate(m0, {env: {w: witness0}}); see(p); "
      "return p; });\n";
  for (const Installation installation : {Installation::kChanged, Installation::kRefused,
                                          Installation::kGateClosed, Installation::kSwitchedOff}) {
    ScriptProgram program = scriptOf(use, {}, true);
    program.installation = installation;
    program.describes_reachable = true;
    if (installation == Installation::kChanged) program.change_before = "WebAssembly.extra = 1;";
    if (installation == Installation::kRefused) {
      program.change_before = "delete WebAssembly.Global;";
    }
    EXPECT_NE(runInBothWorlds(program).text.find("exports "), std::string::npos);
    World& with = World::of(installation == Installation::kSwitchedOff ? World::Core::kSwitchedOff
                                                                       : World::Core::kOn);
    with.run(program);
    EXPECT_EQ(with.isInstalled(), installation == Installation::kChanged);
    const auto registered = static_cast<std::size_t>(RegistrationOutcome::kRegistered);
    EXPECT_EQ(with.witnessed().outcomes.at(registered), with.isInstalled() ? 2U : 0U);
    with.forget();
  }
}

// Modules that come in pieces are compiled in both worlds, whatever was compiled before.
TEST(Worlds, ModulesAreStreamed) {
  for (const bool is_async : {false, true}) {
    ScriptProgram program = scriptOf(
        "react(WebAssembly.instantiateStreaming(streamed(m0), {env: {w: witness0}}), show, note);",
        {}, is_async);
    program.has_streaming = true;
    const std::string first = runInBothWorlds(program).text;
    EXPECT_NE(first.find("exports "), std::string::npos) << first;
    EXPECT_EQ(runInBothWorlds(program).text, first);
  }
}

TEST(Worlds, T3_SettlementsAreSeenWithTheirTicks) {
  for (const bool is_async : {false, true}) {
    const std::string seen =
        runInBothWorlds(
            scriptOf("see(WebAssembly.instantiate(m0, {env: {w: witness0}}));", {}, is_async))
            .text;
    EXPECT_NE(seen.find("is fulfilled in tick 0"), std::string::npos) << seen;
  }
}

TEST(Worlds, T4_UnhandledRejectionsAreSeen) {
  const std::string seen =
      runInBothWorlds(scriptOf("WebAssembly.instantiate(m0, {});", {}, true)).text;
  EXPECT_NE(seen.find("is rejected, unhandled"), std::string::npos) << seen;
}

// What core would be seen by, done by the program to one world: the oracle refuses each.
TEST(Worlds, DifferencesAreRefused) {
  for (const char* script : {
           "if (IS_WITH) Object.defineProperty(WebAssembly.instantiate, 'name', {value: ''});",
           "if (IS_WITH) note('more');",
           "if (IS_WITH) Promise.reject(1); else see(Promise.resolve());",
           "const p = Promise.resolve().then(() => {}); see(IS_WITH ? p : p.then(() => {}));",
       }) {
    std::vector<std::vector<Notice>> logs;
    for (const bool is_with : {false, true}) {
      World& world = World::of(is_with ? World::Core::kOn : World::Core::kAbsent);
      std::string text = script;
      text.replace(text.find("IS_WITH"), 7, is_with ? "true   " : "false  ");
      world.run(scriptOf(text, {}, false));
      logs.push_back(world.log());
      world.forget();
    }
    EXPECT_TRUE(judgeLogs(logs[0], logs[1]).has_value()) << script;
  }
}

// The worlds' programs with background compilation end in the order that the input chooses.
TEST(Worlds, TheOrderOfBackgroundTasksIsChosen) {
  const auto run = [](std::uint64_t order) {
    ScriptProgram program = scriptOf(
        "for (const name of ['a', 'b', 'c', 'd']) WebAssembly.compile(m0).then(() => "
        "note(name));",
        {}, true);
    program.task_order = order;
    return runInBothWorlds(program).text;
  };
  EXPECT_EQ(run(0), run(0));
  EXPECT_EQ(run(5), run(5));
  bool is_any_different = false;
  for (std::uint64_t order = 1; order < 20; ++order) is_any_different |= run(order) != run(0);
  EXPECT_TRUE(is_any_different);
}

}  // namespace
}  // namespace sigproof::fuzz
