// For tests of the V8 binding: an isolate with core installed, and a way to run scripts.
//
//   class Transparency : public ScriptTest {};
//   TEST_F(Transparency, T1_...) { EXPECT_EQ(run("WebAssembly.instantiate.length"), "1"); }
#pragma once

#include <gtest/gtest.h>
#include <v8.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/v8/testing/isolate.h"
#include "core/v8/testing/test_module.h"

namespace sigproof {

/// An isolate, entered, and one context in it, with the shim on or off.
class Sandbox {
 public:
  explicit Sandbox(const host::Isolate::Options& options = {})
      : isolate_(std::make_unique<host::Isolate>(options)) {
    renewContext();
  }
  ~Sandbox() { context_.Reset(); }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  v8::Isolate* isolate() const { return isolate_->get(); }
  host::Isolate& host() const { return *isolate_; }
  IsolateSignals& signals() const { return *isolate_->signals(); }
  SignalRegistry<>& registry() const { return signals().registry(); }
  std::uint64_t count(RegistrationOutcome outcome) const { return registry().counters()[outcome]; }

  /// Replaces the context by a fresh one.
  void renewContext() {
    const v8::HandleScope handles(isolate());
    context_.Reset(isolate(), isolate_->makeContext());
  }

  /// Runs a script and every task that it leaves. Returns its value as text, or the text of what it
  /// threw, or "terminated" if its execution was terminated.
  std::string run(std::string_view source) {
    const v8::HandleScope handles(isolate());
    std::string result = evaluate(source);
    isolate_->pump();
    return result;
  }

  /// Like run(), but leaves microtasks and tasks for later.
  std::string evaluate(std::string_view source) {
    const v8::HandleScope handles(isolate());
    // A value's toString() may run code of the program.
    const v8::Context::Scope scope(context());
    v8::Local<v8::Value> value = valueOf(source);
    if (value.IsEmpty()) return "terminated";
    const v8::String::Utf8Value result(isolate(), value);
    return *result == nullptr ? "terminated" : *result;
  }

  /// Returns the value itself, or what was thrown; empty if execution was terminated. Call it in a
  /// handle scope.
  v8::Local<v8::Value> valueOf(std::string_view source) {
    v8::EscapableHandleScope handles(isolate());
    const v8::Context::Scope scope(context());
    const v8::TryCatch caught(isolate());
    v8::ScriptOrigin origin(isolate(), text("test.js"));
    v8::Local<v8::Script> script;
    v8::Local<v8::Value> value;
    if (!v8::Script::Compile(context(), text(source), &origin).ToLocal(&script) ||
        !script->Run(context()).ToLocal(&value)) {
      if (caught.HasTerminated()) return {};
      value = caught.Exception();
    }
    return handles.Escape(value);
  }

  /// Makes the global `name` a Uint8Array of the bytes of `module`.
  void define(std::string_view name, const TestModule& module) {
    defineBytes(name, module.encode());
  }

  /// Makes the global `name` a Uint8Array of `bytes`.
  void defineBytes(std::string_view name, const std::vector<std::uint8_t>& bytes) {
    const v8::HandleScope handles(isolate());
    v8::Local<v8::Context> context = context_.Get(isolate());
    const v8::Context::Scope scope(context);
    v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate(), bytes.size());
    std::memcpy(buffer->GetBackingStore()->Data(), bytes.data(), bytes.size());
    context->Global()
        ->Set(context, text(name), v8::Uint8Array::New(buffer, 0, bytes.size()))
        .Check();
  }

  v8::Local<v8::Context> context() const { return context_.Get(isolate()); }

  v8::Local<v8::String> text(std::string_view characters) const {
    return v8::String::NewFromUtf8(isolate(), characters.data(), v8::NewStringType::kNormal,
                                   static_cast<int>(characters.size()))
        .ToLocalChecked();
  }

 private:
  std::unique_ptr<host::Isolate> isolate_;
  v8::Global<v8::Context> context_;
};

/// Starts the engine once, with background compilation, so that promises settle as in real
/// programs.
class ScriptTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool kOnce = [] {
      host::initializeEngine({.async_compilation = true});
      return true;
    }();
    EXPECT_TRUE(kOnce);
  }

  /// Runs a script in a sandbox with the shim and in one without, and expects the same text. Both
  /// find the bytes of `module` as `m`. `prepare` gets each isolate before its context is made.
  /// Returns what the registry counted.
  static RegistrationCounters expectNoDifference(std::string_view script,
                                                 const TestModule& module = {},
                                                 const host::Isolate::Options& options = {},
                                                 void (*prepare)(v8::Isolate*) = nullptr) {
    std::array<std::string, 2> seen;
    RegistrationCounters counters;
    for (const bool is_shim_on : {false, true}) {
      host::Isolate::Options sandbox_options = options;
      sandbox_options.is_shim_on = is_shim_on;
      Sandbox sandbox(sandbox_options);
      if (prepare != nullptr) {
        prepare(sandbox.isolate());
        sandbox.renewContext();
      }
      sandbox.define("m", module);
      sandbox.run(
          "globalThis.log = []; globalThis.note = (x) => { log[log.length] = String(x); };");
      sandbox.run(script);
      seen.at(is_shim_on ? 1 : 0) = sandbox.run("log.join('\\n')");
      if (is_shim_on) counters = sandbox.registry().counters();
    }
    EXPECT_EQ(seen[1], seen[0]) << "with the shim, then without it, for\n" << script;
    EXPECT_NE(seen[0], "") << "the script noted nothing, so nothing was compared";
    return counters;
  }
};

/// For Isolate::SetWasmStreamingCallback(). Gives the engine the bytes that the program passed to
/// the streaming function, in two parts.
inline void streamTheArgument(const v8::FunctionCallbackInfo<v8::Value>& arguments) {
  const auto streaming = v8::WasmStreaming::Unpack(arguments.GetIsolate(), arguments.Data());
  v8::Local<v8::Uint8Array> bytes = arguments[0].As<v8::Uint8Array>();
  const auto* data = static_cast<const std::uint8_t*>(bytes->Buffer()->GetBackingStore()->Data());
  const std::size_t half = bytes->ByteLength() / 2;
  streaming->OnBytesReceived(data, half);
  streaming->OnBytesReceived(data + half, bytes->ByteLength() - half);
  streaming->Finish();
}

}  // namespace sigproof
