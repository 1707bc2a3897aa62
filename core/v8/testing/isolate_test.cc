// The host in the configuration of the fuzz targets: everything on one thread, compiled at once.
#include "core/v8/testing/isolate.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

constexpr std::string_view kInstantiate = "new WebAssembly.Instance(new WebAssembly.Module(m))";

class HostIsolate : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    // Two suites have this fixture.
    static const bool kIsStarted = (host::initializeEngine({.async_compilation = false}), true);
    EXPECT_TRUE(kIsStarted);
  }
};

TEST_F(HostIsolate, IsMadeAndDisposedOfRepeatedlyWithAndWithoutTheShim) {
  for (int round = 0; round < 10; ++round) {
    for (const bool is_shim_on : {true, false}) {
      Sandbox sandbox({.is_shim_on = is_shim_on});
      sandbox.define("m", {});
      ASSERT_EQ(sandbox.run(std::string("String(") + std::string(kInstantiate) + ")"),
                "[object WebAssembly.Instance]");
      ASSERT_EQ(sandbox.host().signals() != nullptr, is_shim_on);
    }
  }
}

// Isolates may be entered one in another. The outer one continues when the inner one is gone.
TEST_F(HostIsolate, MayBeNested) {
  Sandbox outer;
  {
    Sandbox inner;
    EXPECT_EQ(inner.run("1 + 1"), "2");
  }
  EXPECT_EQ(outer.run("1 + 2"), "3");
}

TEST_F(HostIsolate, G3_IsDisposedOfWithEntriesAndPendingPromises) {
  Sandbox sandbox;
  sandbox.define("m", {});
  sandbox.run(std::string("globalThis.i = ") + std::string(kInstantiate));
  sandbox.evaluate("WebAssembly.instantiate(m).then(() => new Promise(() => {}))");
  EXPECT_GE(sandbox.registry().entryCount(), 1U);
}

TEST_F(HostIsolate, GivesEachContextAGlobalObjectThatNoOtherContextHasDirtied) {
  for (const bool is_shim_on : {true, false}) {
    Sandbox sandbox({.is_shim_on = is_shim_on});
    constexpr std::string_view kDirty =
        "globalThis.left = 1; Object.prototype.left = 2; Promise.prototype.then = null;"
        "WebAssembly.Instance = 3; WebAssembly.instantiate = 4; delete WebAssembly.Memory;"
        "Object.freeze(Array.prototype); 'dirty'";
    constexpr std::string_view kLook =
        "[typeof left, typeof {}.left, typeof Promise.prototype.then,"
        " typeof WebAssembly.Instance, typeof WebAssembly.instantiate, typeof WebAssembly.Memory,"
        " Object.isFrozen(Array.prototype)].join(' ')";
    constexpr std::string_view kClean =
        "undefined undefined function function function function false";
    EXPECT_EQ(sandbox.run(kLook), kClean);
    EXPECT_EQ(sandbox.run(kDirty), "dirty");
    EXPECT_NE(sandbox.run(kLook), kClean) << "the script that dirties must be seen to dirty";
    sandbox.renewContext();
    EXPECT_EQ(sandbox.run(kLook), kClean);
  }
}

TEST_F(HostIsolate, RunsMicrotasksInPumpAndNowhereElse) {
  Sandbox sandbox;
  sandbox.evaluate("globalThis.ticks = 0; Promise.resolve().then(() => { ++ticks; })");
  EXPECT_EQ(sandbox.evaluate("ticks"), "0");
  sandbox.host().pump();
  EXPECT_EQ(sandbox.evaluate("ticks"), "1");
}

TEST_F(HostIsolate, SettlesInstantiationFromBytesAtOnceWithoutBackgroundCompilation) {
  Sandbox sandbox;
  sandbox.define("m", {});
  sandbox.evaluate("WebAssembly.instantiate(m)");
  EXPECT_FALSE(sandbox.isolate()->HasPendingBackgroundTasks());
}

TEST_F(HostIsolate, G2_CollectGarbageDropsTheEntryAndTheMemoryOfADroppedInstance) {
  Sandbox sandbox;
  sandbox.define("m", {});
  std::weak_ptr<v8::BackingStore> store;
  {
    const v8::HandleScope handles(sandbox.isolate());
    const v8::Context::Scope scope(sandbox.context());
    sandbox.evaluate(std::string("globalThis.i = ") + std::string(kInstantiate));
    sandbox.evaluate("globalThis.memory = i.exports.memory");
    v8::Local<v8::Value> memory = sandbox.context()
                                      ->Global()
                                      ->Get(sandbox.context(), sandbox.text("memory"))
                                      .ToLocalChecked();
    store = memory.As<v8::WasmMemoryObject>()->Buffer()->GetBackingStore();
  }
  sandbox.host().collectGarbage();
  EXPECT_EQ(sandbox.registry().entryCount(), 1U) << "the program still holds it";
  EXPECT_FALSE(store.expired());

  sandbox.evaluate("delete globalThis.i; delete globalThis.memory");
  sandbox.host().collectGarbage();
  EXPECT_EQ(sandbox.registry().entryCount(), 0U);
  EXPECT_TRUE(store.expired());
}

TEST_F(HostIsolate, CollectGarbageRunsFinalizersAndEmptiesWeakReferences) {
  Sandbox sandbox;
  sandbox.evaluate(
      "globalThis.finalized = 0; globalThis.r = new FinalizationRegistry(() => { ++finalized; });"
      "(() => { const o = {}; globalThis.w = new WeakRef(o); r.register(o, 1); })()");
  EXPECT_EQ(sandbox.evaluate("typeof w.deref()"), "object");
  sandbox.host().collectGarbage();
  EXPECT_EQ(sandbox.evaluate("typeof w.deref() + ' ' + finalized"), "undefined 1");
}

TEST_F(HostIsolate, PumpReturnsWhileExecutionIsBeingTerminated) {
  Sandbox sandbox;
  sandbox.evaluate("Promise.resolve().then(() => { for (;;) {} })");
  sandbox.isolate()->TerminateExecution();
  sandbox.host().pump();
  sandbox.isolate()->CancelTerminateExecution();
  EXPECT_EQ(sandbox.run("'again'"), "again");
}

TEST_F(HostIsolate, NamesItsEngine) {
  EXPECT_EQ(host::engineVersion().find("V8 10.2."), 0U) << host::engineVersion();
}

using HostIsolateDeathTest = HostIsolate;

TEST_F(HostIsolateDeathTest, RefusesToStartTheEngineTwice) {
  EXPECT_DEATH(host::initializeEngine({}), "called twice");
}

}  // namespace
}  // namespace sigproof
