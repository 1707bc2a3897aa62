#include "fuzz/real_modules/session.h"

#include <cstring>

namespace sigproof::modules {
namespace {

v8::Local<v8::String> toV8(v8::Isolate* isolate, std::string_view text) {
  return v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(text.size()))
      .ToLocalChecked();
}

std::string textOf(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  const v8::String::Utf8Value text(isolate, value);
  return *text == nullptr ? "(no text)" : *text;
}

std::string scriptOf(Way way) {
  switch (way) {
    case Way::kConstructor:
      return "globalThis.instance ="
             " new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);";
    case Way::kInstantiateModule:
      return "WebAssembly.instantiate(new WebAssembly.Module(bytes), imports).then("
             "(made) => { globalThis.instance = made; }, (e) => { globalThis.error = e; });";
    case Way::kInstantiateBytes:
      return "WebAssembly.instantiate(bytes, imports).then("
             "(made) => { globalThis.instance = made.instance; },"
             " (e) => { globalThis.error = e; });";
  }
  return "";
}

}  // namespace

std::string_view toString(Way way) {
  switch (way) {
    case Way::kConstructor:
      return "new Instance";
    case Way::kInstantiateModule:
      return "instantiate(module)";
    case Way::kInstantiateBytes:
      return "instantiate(bytes)";
  }
  return "";
}

Session::Session(const host::Isolate::Options& options, const Program& program)
    : program_(program), isolate_(options) {
  const v8::HandleScope handles(isolate_.get());
  context_.Reset(isolate_.get(), isolate_.makeContext());
  setBytes(program.bytes);
}

Session::~Session() { context_.Reset(); }

void Session::setBytes(const std::vector<std::uint8_t>& bytes) {
  v8::Local<v8::Context> context = context_.Get(isolate_.get());
  const v8::Context::Scope scope(context);
  v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate_.get(), bytes.size());
  if (!bytes.empty()) std::memcpy(buffer->GetBackingStore()->Data(), bytes.data(), bytes.size());
  context->Global()
      ->Set(context, toV8(isolate_.get(), "bytes"), v8::Uint8Array::New(buffer, 0, bytes.size()))
      .Check();
}

void Session::instantiate(Way way) {
  evaluate("globalThis.imports = " + program_.import_source);
  evaluate(scriptOf(way));
  isolate_.pump();
  evaluate("if (globalThis.error !== undefined) throw error;");
  evaluate("globalThis.memory = " + program_.memory_source);
  // Imported tables hold functions, and those hold the instance.
  evaluate("delete globalThis.imports");
}

void Session::evaluate(const std::string& source) {
  v8::Isolate* isolate = isolate_.get();
  const v8::HandleScope handles(isolate);
  v8::Local<v8::Context> context = context_.Get(isolate);
  const v8::Context::Scope scope(context);
  const v8::TryCatch caught(isolate);
  v8::Local<v8::Script> script;
  if (!v8::Script::Compile(context, toV8(isolate, source)).ToLocal(&script) ||
      script->Run(context).IsEmpty()) {
    throw EngineRefused(textOf(isolate, caught.Exception()));
  }
}

v8::Local<v8::Value> Session::global(std::string_view name) const {
  v8::Local<v8::Context> context = context_.Get(isolate_.get());
  return context->Global()->Get(context, toV8(isolate_.get(), name)).ToLocalChecked();
}

std::weak_ptr<v8::BackingStore> Session::backingStore() const {
  const v8::HandleScope handles(isolate_.get());
  return global("memory").As<v8::WasmMemoryObject>()->Buffer()->GetBackingStore();
}

bool Session::growMemory() {
  try {
    evaluate("memory.grow(1)");
    return true;
  } catch (const EngineRefused&) {
    return false;
  }
}

SignalRegistry<>* Session::registry() const {
  return isolate_.signals() == nullptr ? nullptr : &isolate_.signals()->registry();
}

}  // namespace sigproof::modules
