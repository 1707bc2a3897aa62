// The engine's own functions that a registration calls. They are captured when a context is fresh,
// so that a program that patches `WebAssembly` later can't replace them (T5 of
// core/SPECIFICATION.md). They are kept in the context's embedder data, so they live exactly as
// long as the context.
//
//   v8::Local<v8::Object> web_assembly;
//   if (ContextFunctions::capture(context).ToLocal(&web_assembly)) ...
//   v8::Local<v8::Function> constructor = ContextFunctions(context).instanceConstructor();
#pragma once

#include <v8.h>

namespace sigproof {

/// The functions that install() captured in a context. Isolate's thread only.
class ContextFunctions {
 public:
  /// The first embedder data slot used. Small embedders use lower ones, and Node.js those from 32.
  static constexpr int kFirstSlot = 8;
  static constexpr int kSlotCount = 6;

  /// Precondition: areCaptured(context).
  explicit ContextFunctions(v8::Local<v8::Context> context) : context_(context) {}

  /// Reads the functions from the context's `WebAssembly`, keeps them, and returns that object.
  /// Empty, with nothing changed, if one of them is missing.
  static v8::MaybeLocal<v8::Object> capture(v8::Local<v8::Context> context);

  /// Undoes capture().
  static void release(v8::Local<v8::Context> context);

  /// Returns whether capture() succeeded on this context and was not undone.
  static bool areCaptured(v8::Local<v8::Context> context);

  v8::Local<v8::Function> instanceConstructor() const { return function(0); }
  v8::Local<v8::Function> instantiate() const { return function(1); }
  /// The getter of `WebAssembly.Instance.prototype.exports`.
  v8::Local<v8::Function> exportsGetter() const { return function(2); }
  /// The getter of `WebAssembly.Global.prototype.value`.
  v8::Local<v8::Function> valueGetter() const { return function(3); }
  /// `WebAssembly.Instance.prototype`.
  v8::Local<v8::Object> instancePrototype() const { return value(4).As<v8::Object>(); }
  /// `WebAssembly.instantiateStreaming`. Precondition: hasInstantiateStreaming().
  v8::Local<v8::Function> instantiateStreaming() const { return function(5); }
  /// V8 makes that function only where the embedder set a streaming callback before it made the
  /// context.
  bool hasInstantiateStreaming() const { return value(5)->IsFunction(); }

 private:
  v8::Local<v8::Value> value(int offset) const {
    return context_->GetEmbedderData(kFirstSlot + offset);
  }
  v8::Local<v8::Function> function(int offset) const { return value(offset).As<v8::Function>(); }

  v8::Local<v8::Context> context_;
};

}  // namespace sigproof
