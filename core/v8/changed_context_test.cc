// Contexts and isolates that an embedder changed, before core was installed or afterwards. Core
// must notice it, leave them to the engine, and register nothing that it did not understand (R7,
// T7).
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/v8/isolate_execution.h"
#include "core/v8/testing/script_test.h"

namespace sigproof::changed_context_test {
namespace {

using enum RegistrationOutcome;

class ChangedContext : public ScriptTest {
 protected:
  ChangedContext() : signals_(std::in_place, sandbox_.isolate(), IsolateSignals::Options{}) {}

  // Runs `script` in a fresh context, then installs core there.
  bool installAfter(const std::string& script) {
    sandbox_.renewContext();
    sandbox_.define("m", {});
    sandbox_.run(script);
    const v8::HandleScope handles(sandbox_.isolate());
    return signals_->install(sandbox_.context());
  }

  std::uint64_t count(RegistrationOutcome outcome) {
    return signals_->registry().counters()[outcome];
  }

  std::uint64_t countAll() {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < kRegistrationOutcomeCount; ++i) {
      all += count(static_cast<RegistrationOutcome>(i));
    }
    return all;
  }

  Sandbox sandbox_{host::Isolate::Options{.is_shim_on = false}};
  std::optional<IsolateSignals> signals_;
};

// --- before the installation ---------------------------------------------------------------------

TEST_F(ChangedContext, T7_WhereAFunctionThatIsNeededIsMissingNothingIsInstalled) {
  for (const char* script : {
           "delete globalThis.WebAssembly",
           "globalThis.WebAssembly = 5",
           "Object.defineProperty(globalThis, 'WebAssembly', {get() { throw 1; }})",
           "WebAssembly.Instance = 5",
           "WebAssembly.Instance = {prototype: {}}",
           "WebAssembly.Instance = {prototype: 5}",
           "delete WebAssembly.Global",
           "delete WebAssembly.instantiate",
           "delete WebAssembly.Instance.prototype.exports",
           "Object.defineProperty(WebAssembly.Instance.prototype, 'exports', {value: 5})",
           R"((WebAssembly.Instance = function () {}).prototype =
                  new Proxy({}, {getOwnPropertyDescriptor() { throw 1; }}))",
           "delete WebAssembly.Global.prototype.value",
       }) {
    EXPECT_FALSE(installAfter(script)) << script;
    sandbox_.run("new WebAssembly.Instance(new WebAssembly.Module(m)); WebAssembly.instantiate(m)");
  }
  EXPECT_EQ(countAll(), 0U);
}

TEST_F(ChangedContext, T7_AFunctionThatCanNotBeReplacedIsLeftAsItIs) {
  sandbox_.isolate()->SetWasmStreamingCallback(&streamTheArgument);
  for (const std::string name : {"instantiate", "instantiateStreaming"}) {
    EXPECT_FALSE(installAfter("name = '" + name + R"(';
      original = WebAssembly[name];
      Object.defineProperty(WebAssembly, name, {writable: false, configurable: false});)"))
        << name;
    EXPECT_EQ(sandbox_.run("original === WebAssembly[name]"), "true");
    // Neither the other function nor the constructor is half replaced.
    sandbox_.run("WebAssembly.instantiate(m); new WebAssembly.Instance(new WebAssembly.Module(m))");
    EXPECT_EQ(countAll(), 0U);
  }
}

TEST_F(ChangedContext, R7_AnInstantiateOfTheEmbeddersThatMakesNoInstanceRegistersNothing) {
  for (const char* value : {"5", "{}", "{module: 1, instance: 2}", "{module: {}, instance: {}}",
                            "{module: new WebAssembly.Module(m), instance: {}}"}) {
    const std::uint64_t failures_before = count(kEngineFailure);
    EXPECT_TRUE(installAfter(std::string("WebAssembly.instantiate = () => Promise.resolve(") +
                             value + ")"));
    sandbox_.run("WebAssembly.instantiate(m).then((r) => { result = r; })");
    EXPECT_EQ(sandbox_.run("JSON.stringify(result)"),
              sandbox_.run(std::string("JSON.stringify(") + value + ")"));
    EXPECT_EQ(count(kEngineFailure), failures_before + 1) << value;
  }
  EXPECT_TRUE(installAfter("WebAssembly.instantiate = () => 5"));
  EXPECT_EQ(sandbox_.run("WebAssembly.instantiate(m)"), "5");
  EXPECT_EQ(countAll(), count(kEngineFailure));
}

TEST_F(ChangedContext, G2_APromiseOfTheEmbeddersThatIsNeverSettledIsForgottenWhenItIsCollected) {
  EXPECT_TRUE(installAfter("WebAssembly.instantiate = () => new Promise(() => {})"));
  std::array<std::size_t, 2> handle_bytes{};  // the first use makes objects that are made once
  for (std::size_t& bytes_after : handle_bytes) {
    sandbox_.run("for (let i = 0; i < 100; ++i) WebAssembly.instantiate(m)");
    sandbox_.host().collectGarbage();
    v8::HeapStatistics statistics;
    sandbox_.isolate()->GetHeapStatistics(&statistics);
    bytes_after = statistics.used_global_handles_size();
  }
  EXPECT_EQ(handle_bytes[1], handle_bytes[0]);
  EXPECT_EQ(countAll(), 0U);
}

TEST_F(ChangedContext, T5_ALookupAfterARejectionIsTakenForNoResolution) {
  EXPECT_TRUE(installAfter(R"(
    WebAssembly.instantiate = () => {
      let reject;
      const promise = new Promise((_, rejecter) => { reject = rejecter; });
      reject(new Error('no'));
      seen = ({}).then;  // the engine would look up `then` on a resolution, but there is none
      return promise;
    };)"));
  sandbox_.run("Object.prototype.then = function () {}");
  sandbox_.run("promise = WebAssembly.instantiate(m)");
  EXPECT_EQ(sandbox_.run("seen === Object.prototype.then"), "true");
  EXPECT_EQ(countAll(), 0U);
}

// How many instances registered whose values were read through such a getter.
struct ChangedGetter {
  const char* object;
  const char* property;
  const char* getter;
  RegistrationOutcome outcome;
};

TEST_F(ChangedContext, R7_GettersOfTheEmbeddersRegisterOnlyWhatMakesSense) {
  for (const ChangedGetter& changed : {
           ChangedGetter{"Instance", "exports", "() => 5", kEngineFailure},
           ChangedGetter{"Instance", "exports", "() => ({memory: 5})", kEngineFailure},
           ChangedGetter{"Global", "value", "() => 'sixteen'", kEngineFailure},
           ChangedGetter{"Global", "value", "() => 16.5", kEngineFailure},
           ChangedGetter{"Global", "value", "() => 16n", kOverlap},
       }) {
    const std::uint64_t before = count(changed.outcome);
    EXPECT_TRUE(installAfter(std::string("Object.defineProperty(WebAssembly.") + changed.object +
                             ".prototype, '" + changed.property + "', {get: " + changed.getter +
                             "})"));
    EXPECT_EQ(sandbox_.run("new WebAssembly.Instance(new WebAssembly.Module(m)) instanceof "
                           "WebAssembly.Instance"),
              "true");
    EXPECT_EQ(count(changed.outcome), before + 1) << changed.getter;
  }
  EXPECT_EQ(count(kRegistered), 0U);
}

// --- behind core's back --------------------------------------------------------------------------

TEST_F(ChangedContext, T7_DataOfTheEmbeddersInOurSlotsIsTakenForNoFunctions) {
  sandbox_.renewContext();
  sandbox_.define("m", {});
  const v8::HandleScope handles(sandbox_.isolate());
  for (int slot = 0; slot < 32; ++slot) {
    sandbox_.context()->SetEmbedderData(slot, v8::Integer::New(sandbox_.isolate(), slot));
  }
  EXPECT_EQ(sandbox_.run("new WebAssembly.Instance(new WebAssembly.Module(m)) instanceof "
                         "WebAssembly.Instance"),
            "true");
  EXPECT_EQ(countAll(), 0U);
}

TEST_F(ChangedContext, G3_WhereTheSlotOfTheIsolateIsClearedTheEngineIsOnItsOwn) {
  ASSERT_TRUE(installAfter("module = new WebAssembly.Module(m); made = 0;"));
  sandbox_.evaluate("WebAssembly.instantiate(m).then((r) => { ++made; })");  // settles later
  sandbox_.isolate()->SetData(IsolateSignals::kIsolateSlot, nullptr);
  EXPECT_EQ(sandbox_.run("new WebAssembly.Instance(module) instanceof WebAssembly.Instance"),
            "true");
  sandbox_.run("WebAssembly.instantiate(module).then((r) => { ++made; })");
  EXPECT_EQ(sandbox_.run("made"), "2");
  EXPECT_EQ(countAll(), 0U);
  IsolateExecution(sandbox_.isolate()).followMemories();  // finds no object to ask
  sandbox_.isolate()->SetData(IsolateSignals::kIsolateSlot, &*signals_);
}

// The hook below has no data argument, so it finds its object here.
std::optional<IsolateSignals>* disposed_by_hook = nullptr;

void disposeWhenResolved(v8::PromiseHookType type, v8::Local<v8::Promise> /*promise*/,
                         v8::Local<v8::Value> /*parent*/) {
  if (type == v8::PromiseHookType::kResolve && disposed_by_hook != nullptr) {
    std::exchange(disposed_by_hook, nullptr)->reset();
  }
}

TEST_F(ChangedContext, G3_AnEmbedderMayDisposeOfTheFeatureWhileAResultIsOnItsWay) {
  signals_.reset();
  IsolateSignals::Options options;
  options.embedder_promise_hook = &disposeWhenResolved;
  signals_.emplace(sandbox_.isolate(), std::move(options));
  ASSERT_TRUE(installAfter("made = 0"));
  sandbox_.evaluate("WebAssembly.instantiate(m).then((r) => { ++made; })");
  disposed_by_hook = &signals_;
  EXPECT_EQ(sandbox_.run("made"), "0");
  EXPECT_EQ(sandbox_.run("made"), "1");
  EXPECT_FALSE(signals_.has_value());
  sandbox_.isolate()->SetPromiseHook(nullptr);
}

}  // namespace
}  // namespace sigproof::changed_context_test
