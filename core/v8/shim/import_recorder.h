// Finds out which Memory an instantiation imported, without a second read of the program's import
// object (T6 of core/SPECIFICATION.md). The engine gets a stand-in. Each property read of the
// stand-in reads the real object, once and in the engine's order. The stand-in remembers each value
// that is a Memory.
//
//   ImportRecorder<Policy> recorder;                              // one for an isolate
//   v8::Local<v8::Object> stand_in;
//   if (recorder.makeStandIn(context, imports).ToLocal(&stand_in)) ...
//   constructor->NewInstance(context, 2, {module, stand_in});
//   v8::Local<v8::Value> memory = recorder.recordedMemory(context, stand_in, index);
//
// The stand-in is an object with interceptors rather than a Proxy. An interceptor leaves no frame
// in a stack (T9), and getters of the program still see the program's own object as `this`.
#pragma once

#include <v8.h>

#include <cstdint>

#include "core/v8/shim/engine_calls.h"

namespace sigproof {

/// A stand-in is garbage collected like any object. It holds its state in itself, so it may outlive
/// the recorder's call safely. The program never sees it. It keeps nothing alive that the engine
/// itself doesn't keep during an instantiation. Isolate's thread only.
template <class Policy>
class ImportRecorder {
 public:
  /// Returns empty if the stack or the heap is exhausted, or execution is being terminated.
  v8::MaybeLocal<v8::Object> makeStandIn(v8::Local<v8::Context> context,
                                         v8::Local<v8::Object> imports) {
    v8::Isolate* isolate = context->GetIsolate();
    v8::Local<v8::Object> recorder;
    v8::Local<v8::Object> modules_stand_in;
    if (!Engine::instantiate(context, shapeOf<onModuleRead>(isolate, imports_shape_))
             .ToLocal(&recorder) ||
        !Engine::instantiate(context, shapeOf<onNameRead>(isolate, module_shape_))
             .ToLocal(&modules_stand_in)) {
      return {};
    }
    modules_stand_in->SetInternalField(kRecorder, recorder);
    recorder->SetInternalField(kImports, imports);
    recorder->SetInternalField(kReadCount, v8::Integer::NewFromUnsigned(isolate, 0));
    recorder->SetInternalField(kModulesStandIn, modules_stand_in);
    recorder->SetInternalField(kMemories, v8::Array::New(isolate));
    return recorder;
  }

  /// Returns the Memory that the engine got for the import with position `import_index` in the
  /// module's import section; undefined if it got none.
  static v8::Local<v8::Value> recordedMemory(v8::Local<v8::Context> context,
                                             v8::Local<v8::Object> recorder,
                                             std::uint32_t import_index) {
    v8::Local<v8::Array> memories = recorder->GetInternalField(kMemories).As<v8::Array>();
    v8::Local<v8::Value> index;
    v8::Local<v8::Value> memory;
    for (std::uint32_t i = 0; i + 1 < memories->Length(); i += 2) {
      if (at(context, memories, i).ToLocal(&index) &&
          index.As<v8::Uint32>()->Value() == import_index &&
          at(context, memories, i + 1).ToLocal(&memory)) {
        return memory;
      }
    }
    return v8::Undefined(context->GetIsolate());
  }

 private:
  using Engine = EngineCalls<Policy>;
  using Info = v8::PropertyCallbackInfo<v8::Value>;
  using Interception = void (*)(v8::Local<v8::Value> key, const Info& info);

  // Internal fields of the stand-in for the import object.
  static constexpr int kImports = 0;         // the program's import object
  static constexpr int kReadCount = 1;       // module names asked for so far
  static constexpr int kModulesStandIn = 2;  // for the module object that was read last
  static constexpr int kMemories = 3;        // alternating: position, Memory

  // Internal fields of the stand-in for a module object. One name is enough, because the engine
  // asks a module object for its one name before it asks for the next.
  static constexpr int kNamespace = 0;
  static constexpr int kRecorder = 1;

  static constexpr int kFieldCount = 4;  // of either stand-in

  // V8 makes further objects of a template faster than the first one.
  template <Interception kOnRead>
  static v8::Local<v8::ObjectTemplate> shapeOf(v8::Isolate* isolate,
                                               v8::Global<v8::ObjectTemplate>& known) {
    if (!known.IsEmpty()) return known.Get(isolate);
    v8::Local<v8::ObjectTemplate> shape = v8::ObjectTemplate::New(isolate);
    shape->SetInternalFieldCount(kFieldCount);
    shape->SetHandler(v8::NamedPropertyHandlerConfiguration(
        [](v8::Local<v8::Name> name, const Info& info) { kOnRead(name, info); }));
    shape->SetHandler(
        v8::IndexedPropertyHandlerConfiguration([](std::uint32_t index, const Info& info) {
          kOnRead(v8::Integer::NewFromUnsigned(info.GetIsolate(), index), info);
        }));
    known.Reset(isolate, shape);
    return shape;
  }

  static v8::MaybeLocal<v8::Value> at(v8::Local<v8::Context> context, v8::Local<v8::Array> array,
                                      std::uint32_t index) {
    Policy::beforeEngineCall(context->GetIsolate());
    return array->Get(context, index);
  }

  static v8::MaybeLocal<v8::Value> readThrough(const Info& info, int field,
                                               v8::Local<v8::Value> key) {
    v8::Isolate* isolate = info.GetIsolate();
    v8::Local<v8::Object> real = info.Holder()->GetInternalField(field).As<v8::Object>();
    return Engine::readForEngine(
        isolate, [&] { return Engine::get(isolate->GetCurrentContext(), real, key); });
  }

  // `imports[module]`.
  static void onModuleRead(v8::Local<v8::Value> module_name, const Info& info) {
    v8::Isolate* isolate = info.GetIsolate();
    v8::Local<v8::Object> recorder = info.Holder();
    const auto read_count = recorder->GetInternalField(kReadCount).As<v8::Uint32>()->Value();
    recorder->SetInternalField(kReadCount, v8::Integer::NewFromUnsigned(isolate, read_count + 1));
    v8::Local<v8::Value> value;
    if (!readThrough(info, kImports, module_name).ToLocal(&value)) return;  // a getter threw
    if (value->IsObject()) {
      v8::Local<v8::Object> stand_in = recorder->GetInternalField(kModulesStandIn).As<v8::Object>();
      stand_in->SetInternalField(kNamespace, value);
      value = stand_in;
    }
    info.GetReturnValue().Set(value);  // if this is no object, the engine complains
  }

  // `imports[module][name]`.
  static void onNameRead(v8::Local<v8::Value> name, const Info& info) {
    v8::Isolate* isolate = info.GetIsolate();
    v8::Local<v8::Value> value;
    if (!readThrough(info, kNamespace, name).ToLocal(&value)) return;
    info.GetReturnValue().Set(value);
    if (!value->IsWasmMemoryObject()) return;
    v8::Local<v8::Object> recorder = info.Holder()->GetInternalField(kRecorder).As<v8::Object>();
    v8::Local<v8::Array> memories = recorder->GetInternalField(kMemories).As<v8::Array>();
    const auto read_count = recorder->GetInternalField(kReadCount).As<v8::Uint32>()->Value();
    v8::Local<v8::Context> context = isolate->GetCurrentContext();
    if (!Engine::append(context, memories, v8::Integer::NewFromUnsigned(isolate, read_count - 1)) ||
        !Engine::append(context, memories, value)) {
      // Execution is being terminated. Half a pair would shift all later pairs, so forget them all.
      recorder->SetInternalField(kMemories, v8::Array::New(isolate));
    }
  }

  v8::Global<v8::ObjectTemplate> imports_shape_;
  v8::Global<v8::ObjectTemplate> module_shape_;
};

}  // namespace sigproof
