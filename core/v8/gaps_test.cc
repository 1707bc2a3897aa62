// What the binding does not do on V8 10.2, each gap shown by a test that fails on the day it
// closes. core/v8/README.md lists them in words.
#include <gtest/gtest.h>

#include <memory>

#include "core/v8/script_test.h"

namespace sigproof {
namespace {

using enum RegistrationOutcome;

class Gaps : public ScriptTest {
 protected:
  Gaps() { sandbox_.define("m", {}); }
  Sandbox sandbox_;
};

// The promise of an instantiation is resolved with an object, whose `then` the engine looks up. One
// that a program put on Object.prototype takes the promise over, and nobody tells us the result.
TEST_F(Gaps, T5_AThenOnObjectPrototypeHidesAnAsynchronousInstance) {
  sandbox_.run(R"(
    Object.prototype.then = function (resolve) {
      delete Object.prototype.then;
      made = this;
      resolve(1);
    };
    WebAssembly.instantiate(m);
  )");
  EXPECT_EQ(sandbox_.run("made.instance instanceof WebAssembly.Instance"), "true");
  EXPECT_EQ(sandbox_.count(kRegistered), 0U);
  EXPECT_EQ(sandbox_.count(kEngineFailure), 1U) << "but the embedder is told";
}

TEST_F(Gaps, T5_AThenOnObjectPrototypeHidesAnInstanceOfAModule) {
  sandbox_.run(R"(
    Object.prototype.then = function (resolve) { delete Object.prototype.then; made = this; resolve(1); };
    WebAssembly.instantiate(new WebAssembly.Module(m));
  )");
  EXPECT_EQ(sandbox_.run("made instanceof WebAssembly.Instance"), "true");
  EXPECT_EQ(sandbox_.count(kRegistered), 0U);
  EXPECT_EQ(sandbox_.count(kEngineFailure), 1U);
}

// A getter in the same place runs before the registration and can put another instance into the
// result: that one is then judged by the first one's sections. Its words are checked as all are.
TEST_F(Gaps, R1_AThenGetterOnObjectPrototypeCanPassOffAFloatAsAnAddress) {
  sandbox_.define("floats", {.is_float = true});
  sandbox_.define("m", {});
  sandbox_.run(R"(
    other = new WebAssembly.Instance(new WebAssembly.Module(floats));
    Object.defineProperty(Object.prototype, 'then', {configurable: true, get() {
      if (this.instance) { delete Object.prototype.then; this.instance = other; }
    }});
    WebAssembly.instantiate(m);
  )");
  EXPECT_EQ(sandbox_.count(kWrongType), 1U) << "the module of floats itself";
  // Both its floats are 16, so the words overlap: judged, and refused, as if they were i32.
  EXPECT_EQ(sandbox_.count(kOverlap), 1U);
}

// Gives the engine the bytes that the program passed to instantiateStreaming().
void streamTheArgument(const v8::FunctionCallbackInfo<v8::Value>& arguments) {
  const std::shared_ptr<v8::WasmStreaming> streaming =
      v8::WasmStreaming::Unpack(arguments.GetIsolate(), arguments.Data());
  v8::Local<v8::Uint8Array> bytes = arguments[0].As<v8::Uint8Array>();
  streaming->OnBytesReceived(
      static_cast<const std::uint8_t*>(bytes->Buffer()->GetBackingStore()->Data()),
      bytes->ByteLength());
  streaming->Finish();
}

// WebAssembly.instantiateStreaming exists only where the embedder set a streaming callback. It
// instantiates within the engine, past every hook of V8 10.2.
TEST_F(Gaps, T8_InstantiateStreamingIsNotCovered) {
  sandbox_.isolate()->SetWasmStreamingCallback(&streamTheArgument);
  sandbox_.renewContext();
  sandbox_.define("m", {});
  sandbox_.run("WebAssembly.instantiateStreaming(m).then((r) => { made = r.instance; })");
  EXPECT_EQ(sandbox_.run("made instanceof WebAssembly.Instance"), "true");
  EXPECT_EQ(sandbox_.count(kRegistered), 0U);
}

// A nested construction inside the callback takes more of the native stack than the engine alone,
// so a program that instantiates from start functions, one inside the other, gets less deep.
TEST_F(Gaps, T5_NestedInstantiationsReachTheStackLimitSooner) {
  constexpr const char* kNest = R"(
    depth = 0;
    const module = new WebAssembly.Module(m);
    const nest = () => { ++depth; new WebAssembly.Instance(module, {env: {f: nest}}); };
    try { nest(); } catch (e) { kind = e.name; }
    depth)";
  Sandbox plain({.is_shim_on = false});
  plain.define("m", {.has_start = true});
  sandbox_.define("m", {.has_start = true});
  const int depth_without = std::stoi(plain.run(kNest));
  const int depth_with = std::stoi(sandbox_.run(kNest));
  EXPECT_GT(depth_with, 100);
  EXPECT_LT(depth_with, depth_without);
  EXPECT_EQ(sandbox_.run("kind"), plain.run("kind"));
}

}  // namespace
}  // namespace sigproof
