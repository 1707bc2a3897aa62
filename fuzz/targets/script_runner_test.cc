// fuzz-transparency and fuzz-hostile judged themselves: that their programs do what they are for,
// that runs leave no trace, and that a difference is seen.
#include "fuzz/targets/script_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "fuzz/targets/statistics.h"
#include "fuzz/targets/world.h"

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
    for (std::uint32_t seed = 0; seed < 12; ++seed) {
      first.push_back(runInBothWorlds(randomScript(seed, is_hostile)).text);
    }
    for (std::uint32_t seed = 100; seed < 130; ++seed) {
      runInBothWorlds(randomScript(seed, !is_hostile));
    }
    for (std::uint32_t seed = 0; seed < 12; ++seed) {
      EXPECT_EQ(runInBothWorlds(randomScript(seed, is_hostile)).text, first[seed]) << seed;
    }
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
