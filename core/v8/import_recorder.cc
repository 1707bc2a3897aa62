#include "core/v8/import_recorder.h"

namespace sigproof {
namespace {

// Internal fields of the stand-in for the import object. It keeps its state in itself, so that
// nothing dangles however long the engine holds it.
enum RecorderField : int {
  kImports,      // the program's import object
  kImportIndex,  // which import to record
  kReadCount,    // module names asked for so far
  kRecorded,     // what the import turned out to be
  kRecorderFieldCount
};

// Internal fields of the stand-in for the module object that holds that import.
enum NamespaceField : int { kNamespace, kRecorder, kNamespaceFieldCount };

template <class Key>
using Interception = void (*)(Key key, const v8::PropertyCallbackInfo<v8::Value>& info);

template <Interception<v8::Local<v8::Name>> kNamed, Interception<std::uint32_t> kIndexed>
v8::MaybeLocal<v8::Object> makeStandIn(v8::Local<v8::Context> context, int field_count) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::ObjectTemplate> shape = v8::ObjectTemplate::New(isolate);
  shape->SetInternalFieldCount(field_count);
  shape->SetHandler(v8::NamedPropertyHandlerConfiguration(kNamed));
  shape->SetHandler(v8::IndexedPropertyHandlerConfiguration(kIndexed));
  return shape->NewInstance(context);
}

v8::MaybeLocal<v8::Value> readThrough(const v8::PropertyCallbackInfo<v8::Value>& info, int field,
                                      v8::Local<v8::Value> key) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Object> real = info.Holder()->GetInternalField(field).As<v8::Object>();
  // What a getter of the program throws goes on to the engine. Without a catch of our own it would
  // skip the engine's code here where no JavaScript is on the stack: asynchronous instantiation.
  v8::TryCatch caught(isolate);
  v8::MaybeLocal<v8::Value> value = real->Get(isolate->GetCurrentContext(), key);
  if (caught.HasTerminated()) {
    isolate->TerminateExecution();
  } else if (caught.HasCaught()) {
    caught.ReThrow();
  }
  return value;
}

// Property reads of the program's module object: `imports[module][name]`.
void onNameRead(v8::Local<v8::Value> name, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Local<v8::Value> value;
  if (!readThrough(info, kNamespace, name).ToLocal(&value)) return;  // the program's getter threw
  info.Holder()->GetInternalField(kRecorder).As<v8::Object>()->SetInternalField(kRecorded, value);
  info.GetReturnValue().Set(value);
}

void onNamedNameRead(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info) {
  onNameRead(name, info);
}

void onIndexedNameRead(std::uint32_t index, const v8::PropertyCallbackInfo<v8::Value>& info) {
  onNameRead(v8::Integer::NewFromUnsigned(info.GetIsolate(), index), info);
}

// Property reads of the program's import object: `imports[module]`.
void onModuleRead(v8::Local<v8::Value> module_name,
                  const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Object> recorder = info.Holder();
  const auto read_count = recorder->GetInternalField(kReadCount).As<v8::Uint32>()->Value();
  const auto import_index = recorder->GetInternalField(kImportIndex).As<v8::Uint32>()->Value();
  recorder->SetInternalField(kReadCount, v8::Integer::NewFromUnsigned(isolate, read_count + 1));

  v8::Local<v8::Value> value;
  if (!readThrough(info, kImports, module_name).ToLocal(&value)) return;
  v8::Local<v8::Object> stand_in;
  // A module that is no object is the engine's to complain about.
  if (read_count != import_index || !value->IsObject() ||
      !makeStandIn<onNamedNameRead, onIndexedNameRead>(isolate->GetCurrentContext(),
                                                       kNamespaceFieldCount)
           .ToLocal(&stand_in)) {
    info.GetReturnValue().Set(value);
    return;
  }
  stand_in->SetInternalField(kNamespace, value);
  stand_in->SetInternalField(kRecorder, recorder);
  info.GetReturnValue().Set(stand_in);
}

void onNamedModuleRead(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info) {
  onModuleRead(name, info);
}

void onIndexedModuleRead(std::uint32_t index, const v8::PropertyCallbackInfo<v8::Value>& info) {
  onModuleRead(v8::Integer::NewFromUnsigned(info.GetIsolate(), index), info);
}

}  // namespace

v8::MaybeLocal<v8::Object> ImportRecorder::create(v8::Local<v8::Context> context,
                                                  v8::Local<v8::Object> imports,
                                                  std::uint32_t import_index) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Object> recorder;
  if (!makeStandIn<onNamedModuleRead, onIndexedModuleRead>(context, kRecorderFieldCount)
           .ToLocal(&recorder)) {
    return {};
  }
  recorder->SetInternalField(kImports, imports);
  recorder->SetInternalField(kImportIndex, v8::Integer::NewFromUnsigned(isolate, import_index));
  recorder->SetInternalField(kReadCount, v8::Integer::NewFromUnsigned(isolate, 0));
  recorder->SetInternalField(kRecorded, v8::Undefined(isolate));
  return recorder;
}

v8::Local<v8::Value> ImportRecorder::recordedValue(v8::Local<v8::Object> recorder) {
  return recorder->GetInternalField(kRecorded);
}

}  // namespace sigproof
