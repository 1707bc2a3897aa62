// The host in the configuration that programs have: modules are compiled in the background.
#include <gtest/gtest.h>

#include "core/v8/testing/isolate.h"
#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

class BackgroundCompilation : public testing::Test {
 protected:
  static void SetUpTestSuite() { host::initializeEngine({.async_compilation = true}); }
};

TEST_F(BackgroundCompilation, SettlesInPumpAndNotBefore) {
  for (const bool is_shim_on : {true, false}) {
    Sandbox sandbox({.is_shim_on = is_shim_on});
    sandbox.define("m", {});
    sandbox.evaluate("WebAssembly.instantiate(m).then((r) => { globalThis.i = r.instance; })");
    EXPECT_TRUE(sandbox.isolate()->HasPendingBackgroundTasks());
    EXPECT_EQ(sandbox.evaluate("typeof i"), "undefined");
    sandbox.host().pump();
    EXPECT_EQ(sandbox.evaluate("String(i)"), "[object WebAssembly.Instance]");
  }
}

TEST_F(BackgroundCompilation, PumpWaitsForChainsOfCompilations) {
  Sandbox sandbox;
  sandbox.define("m", {});
  sandbox.evaluate(
      "globalThis.made = 0;"
      "(async () => { for (let i = 0; i < 5; ++i) {"
      "  await WebAssembly.instantiate(await WebAssembly.compile(m));"
      "  await WebAssembly.instantiate(m); ++made; } })()");
  sandbox.host().pump();
  EXPECT_EQ(sandbox.evaluate("made"), "5");
}

TEST_F(BackgroundCompilation, RejectsABadModuleInPump) {
  Sandbox sandbox;
  sandbox.evaluate(
      "WebAssembly.instantiate(new Uint8Array(9)).catch((e) => { globalThis.e = e.name; })");
  sandbox.host().pump();
  EXPECT_EQ(sandbox.evaluate("e"), "CompileError");
}

TEST_F(BackgroundCompilation, G3_AnIsolateIsDisposedOfWhileACompilationRuns) {
  for (int round = 0; round < 10; ++round) {
    Sandbox sandbox;
    sandbox.define("m", {});
    sandbox.evaluate("WebAssembly.instantiate(m)");
  }
}

}  // namespace
}  // namespace sigproof
