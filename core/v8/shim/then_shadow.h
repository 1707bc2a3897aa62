// Learns what a promise is resolved with where the program has a `then` on the prototype chain. V8
// calls the promise hook and right after it looks up `then` on the resolution, with no code of the
// program between. The program's `then` would take the promise over, and the resolution with it. So
// in the promise hook we put a native `then` in its place. Its getter receives the resolution,
// restores the program's own property, and repeats the lookup.
//
//   ThenShadow<Policy> shadow(isolate, [&](v8::Local<v8::Object> resolution) { ... });
//   // in the promise hook:
//   if (shadow.isThenOnChain(context, prototype)) shadow.place(context, prototype);
//   ...
//   shadow.remove();      // if the lookup did not come, because the promise was rejected
//
// Only for chains with such a `then`: a property that appears on Object.prototype and disappears
// again slows every promise of the isolate.
#pragma once

#include <v8.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "core/v8/shim/context_functions.h"
#include "core/v8/shim/engine_calls.h"
#include "core/v8/shim/paused_termination.h"
#include "core/v8/shim/v8_string.h"

namespace sigproof {

/// Isolate's thread only.
template <class Policy>
class ThenShadow {
 public:
  /// Called during the engine's lookup, before any code of the program sees the resolution.
  using OnResolution = std::function<void(v8::Local<v8::Object> resolution)>;

  ThenShadow(v8::Isolate* isolate, OnResolution on_resolution)
      : isolate_(isolate), on_resolution_(std::move(on_resolution)) {}
  ~ThenShadow() { remove(); }
  ThenShadow(const ThenShadow&) = delete;
  ThenShadow& operator=(const ThenShadow&) = delete;

  /// Returns whether a lookup of `then` that begins at `prototype` could find something or run
  /// code. Has no side effects. Returns true if the chain is not the engine's own, because a Proxy
  /// may be on it.
  static bool isThenOnChain(v8::Local<v8::Context> context, v8::Local<v8::Object> prototype) {
    v8::Local<v8::Value> object_prototype = v8::Object::New(context->GetIsolate())->GetPrototype();
    if (hasThen(context, prototype)) return true;
    if (prototype == object_prototype) return false;
    v8::Local<v8::Value> next = prototype->GetPrototype();
    if (next->IsNull()) return false;
    return next != object_prototype || hasThen(context, next.As<v8::Object>());
  }

  bool isPlaced() const noexcept { return !place_.IsEmpty(); }

  /// Shadows every `then` from `prototype` on, until the next lookup. `prototype` is an ordinary
  /// object of `context`; it may be frozen, and its own `then` may be anything. Changes nothing if
  /// execution is being terminated. Precondition: ContextFunctions::areCaptured(context).
  void place(v8::Local<v8::Context> context, v8::Local<v8::Object> prototype) {
    remove();
    if (!remember(context, prototype)) return forget();
    context_.Reset(isolate_, context);
    place_.Reset(isolate_, prototype);
    makePlain(context, prototype);
    // A native property rather than a function, because the engine can read it near the stack
    // limit, too.
    Policy::beforeEngineCall(isolate_);
    if (!prototype
             ->SetAccessor(context, then(), &onLookup, nullptr, v8::External::New(isolate_, this))
             .FromMaybe(false)) {
      remove();
    }
  }

  /// Restores the program's property, if place() replaced it and no lookup has restored it.
  void remove() {
    if (!isPlaced()) return;
    const v8::HandleScope handles(isolate_);
    v8::Local<v8::Context> context = context_.Get(isolate_);
    const v8::Context::Scope scope(context);  // a microtask may have no context
    v8::Local<v8::Object> prototype = place_.Get(isolate_);
    context_.Reset();
    place_.Reset();
    Policy::beforeEngineCall(isolate_);
    const PausedTermination paused(isolate_);
    makePlain(context, prototype);
    putBack(context, prototype);
  }

 private:
  using Engine = EngineCalls<Policy>;
  enum Part : std::uint8_t { kValue, kWritable, kGet, kSet, kEnumerable, kConfigurable };
  static constexpr std::array<const char*, 6> kParts = {"value", "writable",   "get",
                                                        "set",   "enumerable", "configurable"};

  v8::Local<v8::String> then() const { return internalized(isolate_, "then"); }

  static bool hasThen(v8::Local<v8::Context> context, v8::Local<v8::Object> object) {
    Policy::beforeEngineCall(context->GetIsolate());
    return object->HasRealNamedProperty(context, internalized(context->GetIsolate(), "then"))
        .FromMaybe(true);
  }

  // Makes `then` an accessor property that can be replaced. Only this method of V8 asks neither
  // whether a property is configurable nor whether an object is extensible, and keeps the
  // property's place in the order of keys. Any getter will do, because nothing calls it.
  void makePlain(v8::Local<v8::Context> context, v8::Local<v8::Object> prototype) {
    prototype->SetAccessorProperty(then(), ContextFunctions(context).exportsGetter());
  }

  // Stores every part of the program's own `then` of `prototype`, so that putting it back needs
  // nothing from the engine.
  bool remember(v8::Local<v8::Context> context, v8::Local<v8::Object> prototype) {
    v8::Local<v8::Value> found;
    if (!Engine::ownDescriptor(context, prototype, "then").ToLocal(&found)) return false;
    forget();
    if (!found->IsObject()) return true;
    for (std::size_t i = 0; i < kParts.size(); ++i) {
      v8::Local<v8::Value> part;
      if (Engine::ofDescriptor(context, found.As<v8::Object>(), kParts.at(i)).ToLocal(&part)) {
        descriptor_.at(i).Reset(isolate_, part);
      }
    }
    // A property has four parts. If there are fewer, execution is being terminated.
    return std::ranges::count_if(descriptor_, [](const auto& part) { return !part.IsEmpty(); }) ==
           4;
  }

  // Can't fail: the property there can be replaced, no code of the program runs, nothing
  // terminates.
  void putBack(v8::Local<v8::Context> context, v8::Local<v8::Object> prototype) {
    const auto define = [&](v8::PropertyDescriptor& property) {
      property.set_enumerable(descriptor_[kEnumerable].Get(isolate_)->IsTrue());
      property.set_configurable(descriptor_[kConfigurable].Get(isolate_)->IsTrue());
      static_cast<void>(prototype->DefineProperty(context, then(), property));
    };
    if (!descriptor_[kGet].IsEmpty()) {
      v8::PropertyDescriptor property(descriptor_[kGet].Get(isolate_),
                                      descriptor_[kSet].Get(isolate_));
      define(property);
    } else if (!descriptor_[kValue].IsEmpty()) {
      v8::PropertyDescriptor property(descriptor_[kValue].Get(isolate_),
                                      descriptor_[kWritable].Get(isolate_)->IsTrue());
      define(property);
    } else {  // the `then` that the shadow hid is further along the chain
      static_cast<void>(prototype->Delete(context, then()));
    }
    forget();
  }

  void forget() noexcept {
    for (auto& part : descriptor_) part.Reset();
  }

  static void onLookup(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info) {
    auto* self = static_cast<ThenShadow*>(info.Data().As<v8::External>()->Value());
    v8::Isolate* isolate = info.GetIsolate();
    v8::Local<v8::Object> resolution = info.This();
    self->remove();
    self->on_resolution_(resolution);
    v8::Local<v8::Value> value;
    if (Engine::readForEngine(isolate, [&] {
          return Engine::get(isolate->GetCurrentContext(), resolution, name.As<v8::Value>());
        }).ToLocal(&value)) {
      info.GetReturnValue().Set(value);
    }
  }

  v8::Isolate* isolate_;
  OnResolution on_resolution_;
  // Where the shadow is, and the parts of the property that was there, if any.
  v8::Global<v8::Context> context_;
  v8::Global<v8::Object> place_;
  std::array<v8::Global<v8::Value>, kParts.size()> descriptor_;
};

}  // namespace sigproof
