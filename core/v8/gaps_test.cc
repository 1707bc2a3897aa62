// What a program can still notice on V8 10.2, and ways to an instance that are not followed. Each
// has a test that fails when a newer V8 closes the gap. core/v8/README.md lists them in words.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/v8/shim/context_functions.h"
#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

using enum RegistrationOutcome;

class Gaps : public ScriptTest {
 protected:
  Gaps() { sandbox_.define("m", {}); }
  Sandbox sandbox_;
};

// Returns how deep a program gets that instantiates inside `script`, which calls nest().
int depthOf(bool is_shim_on, const char* script) {
  Sandbox sandbox({.is_shim_on = is_shim_on});
  sandbox.define("m", {.memory = MemoryKind::kImported, .has_start = true});
  sandbox.run(R"(
    depth = 0;
    memory = new WebAssembly.Memory({initial: 1});
    module = new WebAssembly.Module(m);
    kind = "RangeError";
    run = (make) => {
      nest = () => { ++depth; make(); };
      try { nest(); } catch (e) { kind = e.name; }
      return depth;
    };
  )");
  const int depth = std::stoi(sandbox.run(std::string("run(() => ") + script + ")"));
  EXPECT_EQ(sandbox.run("kind"), "RangeError");
  return depth;
}

// The engine's constructor is called inside its own callback, and its `instantiate` inside ours. So
// each level passes the engine's entry frames twice, and a program gets less deep until the stack
// is exhausted. A level takes 1.9 KB more, of which our frames are 0.2 KB.
TEST_F(Gaps, T5_NestedInstantiationsReachTheStackLimitSooner) {
  for (const char* script : {"new WebAssembly.Instance(module, {env: {f: nest, memory}})",
                             "WebAssembly.instantiate(module, {env: {f: nest, memory}})",
                             "new WebAssembly.Instance(module, {env: {f() {}, get memory() { "
                             "nest(); return memory; }}})",
                             "WebAssembly.instantiate(module, {env: {f() {}, get memory() { "
                             "nest(); return memory; }}})"}) {
    const int without = depthOf(false, script);
    const int with = depthOf(true, script);
    RecordProperty(script, std::to_string(with) + " of " + std::to_string(without));
    EXPECT_LT(with, without) << script;
    // The bounds are those of the production build: debug and sanitizer builds have larger frames.
    if constexpr (!StdPolicy::kReportMisuse) {
      EXPECT_GT(with * 100, without * 40) << script;
      EXPECT_GT(with, 100) << script;
    }
  }
}

// Only instantiations of modules that opt in take more stack.
TEST_F(Gaps, T5_ModulesThatDoNotOptInNestAsDeepAsEver) {
  std::array<int, 2> depths{};
  for (const bool is_shim_on : {false, true}) {
    Sandbox sandbox({.is_shim_on = is_shim_on});
    sandbox.define("m", {.signal = std::nullopt, .terminated = std::nullopt, .has_start = true});
    depths.at(is_shim_on ? 1 : 0) = std::stoi(sandbox.run(R"(
      depth = 0;
      const module = new WebAssembly.Module(m);
      const nest = () => { ++depth; new WebAssembly.Instance(module, {env: {f: nest}}); };
      try { nest(); } catch (e) {}
      depth)"));
  }
  EXPECT_EQ(depths[1], depths[0]);
}

// V8 compiles asm.js as WebAssembly inside, but a program sees functions and no instance. It can
// export no global, so it can't opt in.
TEST_F(Gaps, T8_AsmJsModulesCannotOptIn) {
  EXPECT_EQ(sandbox_.run(R"(
    function Asm(stdlib, foreign, heap) {
      'use asm';
      var word = new stdlib.Int32Array(heap);
      function __signal_address() { return 16; }
      function __terminated_address() { return 20; }
      return {__signal_address: __signal_address, __terminated_address: __terminated_address};
    }
    heap = new ArrayBuffer(65536);
    new Int32Array(heap)[4] = 7;
    made = Asm(globalThis, {}, heap);
    [made instanceof WebAssembly.Instance, made.__signal_address(), new Int32Array(heap)[4]])"),
            "false,16,7");
  for (std::size_t i = 0; i < kRegistrationOutcomeCount; ++i) {
    EXPECT_EQ(sandbox_.count(static_cast<RegistrationOutcome>(i)), 0U);
  }
}

// A context in which nobody called install() behaves as the engine's own, also in an isolate that
// has the feature.
TEST_F(Gaps, T7_T8_AContextWithoutTheFeatureIsNotFollowed) {
  const v8::HandleScope handles(sandbox_.isolate());
  v8::Local<v8::Context> bare = v8::Context::New(sandbox_.isolate());
  bare->SetSecurityToken(sandbox_.context()->GetSecurityToken());
  sandbox_.context()
      ->Global()
      ->Set(sandbox_.context(), sandbox_.text("bare"), bare->Global())
      .Check();
  sandbox_.run(
      "new bare.WebAssembly.Instance(new WebAssembly.Module(m)); bare.WebAssembly.instantiate(m)");
  EXPECT_EQ(sandbox_.count(kRegistered), 0U);
  sandbox_.run("new WebAssembly.Instance(new bare.WebAssembly.Module(m))");
  EXPECT_EQ(sandbox_.count(kRegistered), 1U);
}

// V8 10.2 lacks these.
TEST_F(Gaps, T8_ThereAreNoOtherRealmsForAProgramToMake) {
  EXPECT_EQ(sandbox_.run("[typeof ShadowRealm, typeof Worker, typeof WebAssembly.Function]"),
            "undefined,undefined,undefined");
}

// The test terminates a program while the engine reads its import object for asynchronous bytes. No
// JavaScript is on the stack then that could carry the termination. The engine rejects the promise
// with an internal value; with the shim it rejects it with a TypeError. Nobody sees either unless
// the embedder lets a terminated program continue.
TEST_F(Gaps, T4_TheRejectionOfATerminatedInstantiationHasAnotherReason) {
  std::array<std::string, 2> reasons;
  for (const bool is_shim_on : {false, true}) {
    Sandbox sandbox({.is_shim_on = is_shim_on});
    sandbox.define("m", {.memory = MemoryKind::kImported});
    {
      const v8::HandleScope handles(sandbox.isolate());
      v8::Local<v8::Context> context = sandbox.context();
      const v8::Context::Scope scope(context);
      const auto stop = [](const v8::FunctionCallbackInfo<v8::Value>& arguments) {
        arguments.GetIsolate()->TerminateExecution();
      };
      context->Global()
          ->Set(context, sandbox.text("stop"), v8::Function::New(context, stop).ToLocalChecked())
          .Check();
    }
    sandbox.run("p = WebAssembly.instantiate(m, {get env() { stop(); for (;;); }})");
    sandbox.isolate()->CancelTerminateExecution();
    sandbox.run("p.catch((e) => { reason = String(e); })");
    reasons.at(is_shim_on ? 1 : 0) = sandbox.run("reason");
  }
  EXPECT_EQ(reasons[0], "termination_exception");
  EXPECT_EQ(reasons[1].substr(0, 10), "TypeError:");
}

// Core is installed by the test, in a context that the test changed before.
class InstallationGaps : public ScriptTest {
 protected:
  InstallationGaps() : signals_(std::in_place, sandbox_.isolate(), IsolateSignals::Options{}) {
    sandbox_.define("m", {});
  }

  bool install() {
    const v8::HandleScope handles(sandbox_.isolate());
    return signals_->install(sandbox_.context());
  }
  // Whether core calls the function `name` where it means to call the engine's instantiate.
  bool isTakenForTheEngine(const char* name) {
    const v8::HandleScope handles(sandbox_.isolate());
    return sandbox_.valueOf(name)->StrictEquals(ContextFunctions(sandbox_.context()).instantiate());
  }
  std::uint64_t registeredCount() { return signals_->registry().counters()[kRegistered]; }

  Sandbox sandbox_{host::Isolate::Options{.is_shim_on = false}};
  std::optional<IsolateSignals> signals_;
};

// V8 10.2 reads two arguments. What stands in for the engine here shows how many it gets.
TEST_F(InstallationGaps, T6_AThirdArgumentIsNotPassedOn) {
  sandbox_.run("WebAssembly.instantiate = (...all) => { count = all.length; return 0; }");
  ASSERT_TRUE(install());
  sandbox_.run("WebAssembly.instantiate(new WebAssembly.Module(m), {}, {builtins: []})");
  EXPECT_EQ(sandbox_.run("count"), "2");
}

// A call of it would go round until the stack ends, and the process with it.
TEST_F(InstallationGaps, T10_ASecondInstallationTakesTheFirstForTheEngine) {
  ASSERT_TRUE(install());
  sandbox_.run("first = WebAssembly.instantiate");
  ASSERT_TRUE(install());
  EXPECT_TRUE(isTakenForTheEngine("first"));
}

TEST_F(InstallationGaps, T10_AnInstallationAfterAFormerObjectTakesItsFunctionForTheEngine) {
  ASSERT_TRUE(install());
  sandbox_.run("former = WebAssembly.instantiate");
  signals_.reset();
  signals_.emplace(sandbox_.isolate(), IsolateSignals::Options{});
  ASSERT_TRUE(install());
  EXPECT_TRUE(isTakenForTheEngine("former"));
}

TEST_F(InstallationGaps, T10_AWrapperThatUsesTheConstructorHasItsInstanceRegisteredTwice) {
  sandbox_.run(R"(
    WebAssembly.instantiate = (module, imports) =>
        Promise.resolve(new WebAssembly.Instance(module, imports));)");
  ASSERT_TRUE(install());
  sandbox_.run("WebAssembly.instantiate(new WebAssembly.Module(m)).then((i) => { made = i; })");
  EXPECT_EQ(registeredCount(), 2U);
}

TEST_F(InstallationGaps, T10_WithTheFeatureOffTheSlotIsTakenAllTheSame) {
  signals_.reset();
  EXPECT_EQ(IsolateSignals::of(sandbox_.isolate()), nullptr);
  signals_.emplace(sandbox_.isolate(), IsolateSignals::Options{.is_enabled = false});
  EXPECT_NE(IsolateSignals::of(sandbox_.isolate()), nullptr);
}

}  // namespace
}  // namespace sigproof
