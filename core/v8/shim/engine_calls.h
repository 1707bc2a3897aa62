// The calls into the engine that a registration makes. Each calls the policy's hook first, so that
// a test can make every one of them fail (R10).
//
//   using Engine = EngineCalls<Policy>;
//   if (!Engine::get(context, exports, key).ToLocal(&value)) ...
#pragma once

#include <v8.h>

#include <string_view>

#include "core/v8/shim/v8_string.h"

namespace sigproof {

/// Each method does what V8's method of that name does. Isolate's thread, in a handle scope.
template <class Policy>
struct EngineCalls {
  static v8::MaybeLocal<v8::Value> get(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                                       v8::Local<v8::Value> key) {
    Policy::beforeEngineCall(context->GetIsolate());
    return object->Get(context, key);
  }

  /// Reads property `key` (UTF-8, of any length).
  static v8::MaybeLocal<v8::Value> get(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                                       std::string_view key) {
    Policy::beforeEngineCall(context->GetIsolate());
    v8::Local<v8::String> text;
    if (!v8::String::NewFromUtf8(context->GetIsolate(), key.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(key.size()))
             .ToLocal(&text)) {
      return {};
    }
    return get(context, object, text.As<v8::Value>());
  }

  /// Reads property `key` without running code of the program: an own data property, or nothing.
  static v8::MaybeLocal<v8::Value> ownValue(v8::Local<v8::Context> context,
                                            v8::Local<v8::Object> object, const char* key) {
    v8::Local<v8::Value> descriptor;
    if (!ownDescriptor(context, object, key).ToLocal(&descriptor) || !descriptor->IsObject()) {
      return {};
    }
    return ofDescriptor(context, descriptor.As<v8::Object>(), "value");
  }

  static v8::MaybeLocal<v8::Value> ownDescriptor(v8::Local<v8::Context> context,
                                                 v8::Local<v8::Object> object, const char* key) {
    Policy::beforeEngineCall(context->GetIsolate());
    return object->GetOwnPropertyDescriptor(context, internalized(context->GetIsolate(), key));
  }

  /// Reads a part of what ownDescriptor() returned. Nothing if it has no such part, whatever the
  /// program put on Object.prototype.
  static v8::MaybeLocal<v8::Value> ofDescriptor(v8::Local<v8::Context> context,
                                                v8::Local<v8::Object> descriptor,
                                                const char* part) {
    v8::Local<v8::String> key = internalized(context->GetIsolate(), part);
    Policy::beforeEngineCall(context->GetIsolate());
    if (!descriptor->HasOwnProperty(context, key).FromMaybe(false)) return {};
    return get(context, descriptor, key.As<v8::Value>());
  }

  static v8::MaybeLocal<v8::Value> call(v8::Local<v8::Context> context,
                                        v8::Local<v8::Function> function,
                                        v8::Local<v8::Value> receiver, int count = 0,
                                        v8::Local<v8::Value>* arguments = nullptr) {
    Policy::beforeEngineCall(context->GetIsolate());
    return function->Call(context, receiver, count, arguments);
  }

  static v8::MaybeLocal<v8::Object> construct(v8::Local<v8::Context> context,
                                              v8::Local<v8::Function> constructor, int count,
                                              v8::Local<v8::Value>* arguments) {
    Policy::beforeEngineCall(context->GetIsolate());
    return constructor->NewInstance(context, count, arguments);
  }

  static bool setPrototype(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                           v8::Local<v8::Value> prototype) {
    Policy::beforeEngineCall(context->GetIsolate());
    return object->SetPrototype(context, prototype).FromMaybe(false);
  }

  static v8::MaybeLocal<v8::Object> instantiate(v8::Local<v8::Context> context,
                                                v8::Local<v8::ObjectTemplate> shape) {
    Policy::beforeEngineCall(context->GetIsolate());
    return shape->NewInstance(context);
  }

  static bool append(v8::Local<v8::Context> context, v8::Local<v8::Array> array,
                     v8::Local<v8::Value> value) {
    Policy::beforeEngineCall(context->GetIsolate());
    return array->CreateDataProperty(context, array->Length(), value).FromMaybe(false);
  }

  static bool setPrivate(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                         v8::Local<v8::Private> key, v8::Local<v8::Value> value) {
    Policy::beforeEngineCall(context->GetIsolate());
    return object->SetPrivate(context, key, value).FromMaybe(false);
  }

  /// Calls `read`, which may run the program's code, in a callback that the engine called to read a
  /// property, and passes on to the engine what it throws. Without our own catch, a throw would
  /// skip the engine's code here if no JavaScript is on the stack, as in asynchronous
  /// instantiation.
  template <class Read>
  static v8::MaybeLocal<v8::Value> readForEngine(v8::Isolate* isolate, Read read) {
    v8::TryCatch caught(isolate);
    v8::MaybeLocal<v8::Value> value = read();
    if (caught.HasTerminated()) {
      isolate->TerminateExecution();
    } else if (caught.HasCaught()) {
      caught.ReThrow();
    }
    return value;
  }
};

}  // namespace sigproof
