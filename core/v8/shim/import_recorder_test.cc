// What the recorder remembers of an instantiation's imports, also if the engine fails while it
// remembers.
#include "core/v8/shim/import_recorder.h"

#include <gtest/gtest.h>

#include <string>

#include "core/v8/testing/script_test.h"
#include "core/v8/v8_policy.h"

namespace sigproof::import_recorder_test {
namespace {

// Terminates execution before the n-th call into the engine, as a watchdog may.
struct TerminatingPolicy : V8Policy {
  static inline int calls_left = -1;

  static void beforeEngineCall(v8::Isolate* isolate) {
    if (calls_left < 0) return;
    --calls_left;
    if (calls_left >= 0) return;
    isolate->TerminateExecution();
    // A termination takes effect at the next JavaScript.
    const v8::HandleScope handles(isolate);
    v8::Local<v8::Context> context = isolate->GetCurrentContext();
    v8::Local<v8::Script> script;
    if (v8::Script::Compile(context, v8::String::NewFromUtf8Literal(isolate, "for (;;);"))
            .ToLocal(&script)) {
      static_cast<void>(script->Run(context));
    }
  }
};

class RecordedImports : public ScriptTest {};

TEST_F(RecordedImports, R5_HalfAPairDoesNotShiftTheOnesAfterIt) {
  Sandbox sandbox({.is_shim_on = false});
  sandbox.run(
      "env = {a: new WebAssembly.Memory({initial: 1}), b: new WebAssembly.Memory({initial: 2})}");
  const v8::HandleScope handles(sandbox.isolate());
  v8::Local<v8::Context> context = sandbox.context();
  const v8::Context::Scope scope(context);
  ImportRecorder<TerminatingPolicy> recorder;
  v8::Local<v8::Object> stand_in;
  ASSERT_TRUE(recorder.makeStandIn(context, sandbox.valueOf("({env})").As<v8::Object>())
                  .ToLocal(&stand_in));
  context->Global()->Set(context, sandbox.text("standIn"), stand_in).Check();
  TerminatingPolicy::calls_left = 3;  // two reads and the position succeed, the memory fails
  EXPECT_EQ(sandbox.evaluate("standIn.env.a"), "terminated");
  ASSERT_LT(TerminatingPolicy::calls_left, 0);
  sandbox.isolate()->CancelTerminateExecution();
  sandbox.evaluate("standIn.env.b");
  using Recorder = ImportRecorder<TerminatingPolicy>;
  EXPECT_EQ(Recorder::recordedMemory(context, stand_in, 1), sandbox.valueOf("env.b"));
  EXPECT_TRUE(Recorder::recordedMemory(context, stand_in, 0)->IsUndefined());
}

TEST_F(RecordedImports, T6_NumbersAreReadThroughAsNamesAre) {
  Sandbox sandbox({.is_shim_on = false});
  sandbox.run("log = []; imports = {get 7() { log.push(this === imports); return {3: 'three'}; }}");
  const v8::HandleScope handles(sandbox.isolate());
  v8::Local<v8::Context> context = sandbox.context();
  const v8::Context::Scope scope(context);
  ImportRecorder<V8Policy> recorder;
  v8::Local<v8::Object> stand_in;
  ASSERT_TRUE(recorder.makeStandIn(context, sandbox.valueOf("imports").As<v8::Object>())
                  .ToLocal(&stand_in));
  context->Global()->Set(context, sandbox.text("standIn"), stand_in).Check();
  EXPECT_EQ(sandbox.run("standIn[7][3] + log"), "threetrue");
}

}  // namespace
}  // namespace sigproof::import_recorder_test
