#include "ci/benchmark/instantiating_isolate.h"

#include <cstring>
#include <stdexcept>

namespace sigproof::benchmarks {
namespace {

constexpr bool kIsEngineStarted = true;

void startEngineOnce() {
  static const bool kOnce = [] {
    host::initializeEngine({.async_compilation = false});
    return kIsEngineStarted;
  }();
  (void)kOnce;
}

host::Isolate::Options withoutShim() {
  startEngineOnce();
  return {.is_shim_on = false};
}

v8::Local<v8::String> text(v8::Isolate* isolate, const std::string& characters) {
  return v8::String::NewFromUtf8(isolate, characters.data(), v8::NewStringType::kNormal,
                                 static_cast<int>(characters.size()))
      .ToLocalChecked();
}

std::string wordsOf(v8::Isolate* isolate, const v8::TryCatch& caught) {
  const v8::String::Utf8Value words(isolate, caught.Exception());
  return *words == nullptr ? "(no text)" : *words;
}

}  // namespace

InstantiatingIsolate::InstantiatingIsolate(Feature feature, const std::vector<std::uint8_t>& module,
                                           const std::string& imports)
    : feature_(feature), host_(withoutShim()) {
  const v8::Isolate::Scope isolate_scope(host_.get());
  const v8::HandleScope handles(host_.get());
  context_.Reset(host_.get(), host_.makeContext());
  restoreCore();
  if (signals_ != nullptr) signals_->install(context_.Get(host_.get()));
  prepare(module, imports);
}

InstantiatingIsolate::InstantiatingIsolate(Feature feature, const TestModule& module)
    : InstantiatingIsolate(feature, module.encode(),
                           "({env: {memory: new WebAssembly.Memory({initial: 1})}})") {}

InstantiatingIsolate::~InstantiatingIsolate() {
  instantiate_.Reset();
  context_.Reset();
}

void InstantiatingIsolate::prepare(const std::vector<std::uint8_t>& module,
                                   const std::string& imports) {
  v8::Isolate* isolate = host_.get();
  v8::Local<v8::Context> context = context_.Get(isolate);
  const v8::Context::Scope scope(context);
  v8::Local<v8::ArrayBuffer> bytes = v8::ArrayBuffer::New(isolate, module.size());
  std::memcpy(bytes->GetBackingStore()->Data(), module.data(), module.size());
  context->Global()->Set(context, text(isolate, "bytes"), bytes).Check();
  evaluate(
      "var imports = " + imports +
      "; var module = new WebAssembly.Module(bytes); var kept = null; delete globalThis.bytes");
  instantiate_.Reset(isolate, evaluate("(count) => {"
                                       "  for (let k = 0; k < count; ++k) {"
                                       "    const made = new WebAssembly.Instance(module, imports);"
                                       "    if (kept !== null) kept.push(made);"
                                       "  }"
                                       "}")
                                  .As<v8::Function>());
}

void InstantiatingIsolate::instantiate(std::size_t count) {
  v8::Isolate* isolate = host_.get();
  const v8::Isolate::Scope isolate_scope(isolate);
  const v8::HandleScope handles(isolate);
  v8::Local<v8::Context> context = context_.Get(isolate);
  const v8::Context::Scope scope(context);
  const v8::TryCatch caught(isolate);
  v8::Local<v8::Value> argument = v8::Number::New(isolate, static_cast<double>(count));
  if (instantiate_.Get(isolate)->Call(context, context->Global(), 1, &argument).IsEmpty()) {
    throw std::runtime_error("the engine refuses an instance: " + wordsOf(isolate, caught));
  }
}

void InstantiatingIsolate::run(const std::string& script) {
  const v8::Isolate::Scope isolate_scope(host_.get());
  const v8::HandleScope handles(host_.get());
  const v8::Context::Scope scope(context_.Get(host_.get()));
  evaluate(script);
}

void InstantiatingIsolate::allowStack(std::size_t bytes) {
  host_.get()->SetStackLimit(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - bytes);
}

void InstantiatingIsolate::removeCore() { signals_.reset(); }

void InstantiatingIsolate::restoreCore() {
  if (feature_ == Feature::kAbsent || signals_ != nullptr) return;
  IsolateSignals::Options options;
  options.is_enabled = feature_ == Feature::kOn;
  signals_ = std::make_unique<IsolateSignals>(host_.get(), std::move(options));
}

void InstantiatingIsolate::keepInstances() { run("kept = []"); }

void InstantiatingIsolate::collectGarbage() {
  const v8::Isolate::Scope isolate_scope(host_.get());
  host_.get()->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
}

std::uint64_t InstantiatingIsolate::registeredCount() const {
  if (signals_ == nullptr) return 0;
  return signals_->registry().counters()[RegistrationOutcome::kRegistered];
}

v8::Local<v8::Value> InstantiatingIsolate::evaluate(const std::string& source) {
  v8::Isolate* isolate = host_.get();
  v8::Local<v8::Context> context = context_.Get(isolate);
  const v8::TryCatch caught(isolate);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> value;
  if (!v8::Script::Compile(context, text(isolate, source)).ToLocal(&script) ||
      !script->Run(context).ToLocal(&value)) {
    throw std::runtime_error("the engine refuses: " + wordsOf(isolate, caught));
  }
  return value;
}

}  // namespace sigproof::benchmarks
