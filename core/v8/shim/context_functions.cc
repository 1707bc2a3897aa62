#include "core/v8/shim/context_functions.h"

#include <array>
#include <cstdint>

#include "core/v8/shim/v8_string.h"

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

// `WebAssembly.<constructor>.prototype`.
v8::MaybeLocal<v8::Object> prototypeOf(v8::Local<v8::Context> context,
                                       v8::Local<v8::Object> web_assembly,
                                       const char* constructor_name) {
  v8::Local<v8::Object> constructor;
  if (!objectProperty(context, web_assembly, constructor_name).ToLocal(&constructor)) return {};
  return objectProperty(context, constructor, "prototype");
}

v8::MaybeLocal<v8::Function> getterOf(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                                      const char* key) {
  v8::Local<v8::Value> descriptor;
  if (!object->GetOwnPropertyDescriptor(context, internalized(context->GetIsolate(), key))
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
  v8::Local<v8::Object> instance_prototype;
  v8::Local<v8::Object> global_prototype;
  std::array<v8::Local<v8::Function>, 4> functions;
  if (!objectProperty(context, context->Global(), "WebAssembly").ToLocal(&web_assembly) ||
      !prototypeOf(context, web_assembly, "Instance").ToLocal(&instance_prototype) ||
      !prototypeOf(context, web_assembly, "Global").ToLocal(&global_prototype) ||
      !functionProperty(context, web_assembly, "Instance").ToLocal(&functions[0]) ||
      !functionProperty(context, web_assembly, "instantiate").ToLocal(&functions[1]) ||
      !getterOf(context, instance_prototype, "exports").ToLocal(&functions[2]) ||
      !getterOf(context, global_prototype, "value").ToLocal(&functions[3])) {
    return {};
  }
  v8::Local<v8::Value> streaming = v8::Undefined(context->GetIsolate());
  v8::Local<v8::Function> instantiate_streaming;
  if (functionProperty(context, web_assembly, "instantiateStreaming")
          .ToLocal(&instantiate_streaming)) {
    streaming = instantiate_streaming;
  }
  const std::array<v8::Local<v8::Value>, kSlotCount> values = {
      functions[0], functions[1], functions[2], functions[3], instance_prototype, streaming};
  for (int i = 0; i < kSlotCount; ++i) context->SetEmbedderData(kFirstSlot + i, values.at(i));
  return web_assembly;
}

void ContextFunctions::release(v8::Local<v8::Context> context) {
  for (int i = 0; i < kSlotCount; ++i) {
    context->SetEmbedderData(kFirstSlot + i, v8::Undefined(context->GetIsolate()));
  }
}

bool ContextFunctions::areCaptured(v8::Local<v8::Context> context) {
  constexpr auto kEnd = static_cast<std::uint32_t>(kFirstSlot + kSlotCount);
  return context->GetNumberOfEmbedderDataFields() >= kEnd &&
         context->GetEmbedderData(kFirstSlot)->IsFunction();
}

}  // namespace sigproof
