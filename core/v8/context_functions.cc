#include "core/v8/context_functions.h"

#include <array>
#include <cstdint>

#include "core/v8/v8_string.h"

namespace sigproof {
namespace {

v8::MaybeLocal<v8::Object> objectProperty(v8::Local<v8::Context> context,
                                          v8::Local<v8::Object> object, const char* key) {
  v8::Local<v8::Value> value;
  if (!object->Get(context, internalized(context->GetIsolate(), key)).ToLocal(&value) ||
      !value->IsObject()) {
    return {};
  }
  return value.As<v8::Object>();
}

v8::MaybeLocal<v8::Function> functionProperty(v8::Local<v8::Context> context,
                                              v8::Local<v8::Object> object, const char* key) {
  v8::Local<v8::Object> value;
  if (!objectProperty(context, object, key).ToLocal(&value) || !value->IsFunction()) return {};
  return value.As<v8::Function>();
}

// The getter of accessor property `key` of `WebAssembly.<constructor>.prototype`.
v8::MaybeLocal<v8::Function> prototypeGetter(v8::Local<v8::Context> context,
                                             v8::Local<v8::Object> web_assembly,
                                             const char* constructor_name, const char* key) {
  v8::Local<v8::Object> constructor;
  v8::Local<v8::Object> prototype;
  v8::Local<v8::Value> descriptor;
  if (!objectProperty(context, web_assembly, constructor_name).ToLocal(&constructor) ||
      !objectProperty(context, constructor, "prototype").ToLocal(&prototype) ||
      !prototype->GetOwnPropertyDescriptor(context, internalized(context->GetIsolate(), key))
           .ToLocal(&descriptor) ||
      !descriptor->IsObject()) {
    return {};
  }
  return functionProperty(context, descriptor.As<v8::Object>(), "get");
}

}  // namespace

v8::MaybeLocal<v8::Object> ContextFunctions::capture(v8::Local<v8::Context> context) {
  const v8::TryCatch caught(context->GetIsolate());
  v8::Local<v8::Object> web_assembly;
  std::array<v8::Local<v8::Function>, kSlotCount> functions;
  if (!objectProperty(context, context->Global(), "WebAssembly").ToLocal(&web_assembly) ||
      !functionProperty(context, web_assembly, "Instance").ToLocal(&functions[0]) ||
      !functionProperty(context, web_assembly, "instantiate").ToLocal(&functions[1]) ||
      !prototypeGetter(context, web_assembly, "Instance", "exports").ToLocal(&functions[2]) ||
      !prototypeGetter(context, web_assembly, "Global", "value").ToLocal(&functions[3])) {
    return {};
  }
  for (int i = 0; i < kSlotCount; ++i) context->SetEmbedderData(kFirstSlot + i, functions.at(i));
  return web_assembly;
}

bool ContextFunctions::areCaptured(v8::Local<v8::Context> context) {
  constexpr auto kEnd = static_cast<std::uint32_t>(kFirstSlot + kSlotCount);
  return context->GetNumberOfEmbedderDataFields() >= kEnd &&
         context->GetEmbedderData(kFirstSlot)->IsFunction();
}

}  // namespace sigproof
