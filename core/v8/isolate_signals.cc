#include "core/v8/isolate_signals.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "core/module_inspector.h"
#include "core/v8/context_functions.h"
#include "core/v8/import_recorder.h"
#include "core/v8/instance_registration.h"
#include "core/v8/v8_string.h"

namespace sigproof {
namespace {

using Arguments = v8::FunctionCallbackInfo<v8::Value>;

// The minor collections of the young generation can't collect an instance, and are too frequent to
// walk the list at each.
constexpr auto kPrologueTypes = static_cast<v8::GCType>(
    v8::kGCTypeMarkSweepCompact | v8::kGCTypeIncrementalMarking | v8::kGCTypeProcessWeakCallbacks);

bool leaveToEngine(const Arguments& /*arguments*/) { return false; }

// The arguments of an instantiation as the program gave them, but for the imports.
class EngineArguments {
 public:
  explicit EngineArguments(const Arguments& arguments)
      : count_(std::min(arguments.Length(), static_cast<int>(values_.size()))) {
    for (int i = 0; i < count_; ++i) values_.at(i) = arguments[i];
  }
  void setImports(v8::Local<v8::Object> imports) { values_[1] = imports; }
  int count() const { return count_; }
  v8::Local<v8::Value>* data() { return values_.data(); }

 private:
  std::array<v8::Local<v8::Value>, 2> values_;
  int count_;
};

ModuleInspection inspect(v8::Local<v8::WasmModuleObject> module, const SignalProtocol& protocol) {
  v8::CompiledWasmModule compiled = module->GetCompiledModule();
  const v8::MemorySpan<const std::uint8_t> bytes = compiled.GetWireBytesRef();
  return inspectModule({bytes.data(), bytes.size()}, protocol);
}

// Inspects what a program hands to instantiate(bytes), before the engine validated it; nothing if
// it is no buffer at all.
std::optional<ModuleInspection> inspectBytes(v8::Local<v8::Value> source,
                                             const SignalProtocol& protocol) {
  std::shared_ptr<v8::BackingStore> store;
  std::size_t offset = 0;
  std::size_t size = 0;
  if (source->IsArrayBufferView()) {
    v8::Local<v8::ArrayBufferView> view = source.As<v8::ArrayBufferView>();
    store = view->Buffer()->GetBackingStore();
    offset = view->ByteOffset();
    size = view->ByteLength();
  } else if (source->IsArrayBuffer()) {
    store = source.As<v8::ArrayBuffer>()->GetBackingStore();
    size = store->ByteLength();
  } else if (source->IsSharedArrayBuffer()) {
    store = source.As<v8::SharedArrayBuffer>()->GetBackingStore();
    size = store->ByteLength();
  } else {
    return std::nullopt;
  }
  const auto* data = static_cast<const std::uint8_t*>(store->Data());
  if (data == nullptr) return std::nullopt;  // detached or empty: the engine's to refuse
  return inspectModule({data + offset, size}, protocol);
}

// Property `key` of `object` without running anything of the program's: an own data property, or
// nothing.
v8::MaybeLocal<v8::Value> ownValue(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                                   v8::Local<v8::String> key) {
  v8::Local<v8::Value> descriptor;
  v8::Local<v8::String> value_key = internalized(context->GetIsolate(), "value");
  if (!object->GetOwnPropertyDescriptor(context, key).ToLocal(&descriptor) ||
      !descriptor->IsObject() ||
      !descriptor.As<v8::Object>()->HasOwnProperty(context, value_key).FromMaybe(false)) {
    return {};
  }
  return descriptor.As<v8::Object>()->Get(context, value_key);
}

// A recorder where memory 0 can only be had from the import object; empty otherwise.
v8::Local<v8::Object> recorderFor(v8::Local<v8::Context> context, const Arguments& arguments,
                                  const ModuleInspection& inspection) {
  v8::Local<v8::Object> recorder;
  if (inspection.outcome == RegistrationOutcome::kRegistered && !inspection.memory_export &&
      inspection.memory_import_index && arguments[1]->IsObject() &&
      !ImportRecorder::create(context, arguments[1].As<v8::Object>(),
                              *inspection.memory_import_index)
           .ToLocal(&recorder)) {
    return {};
  }
  return recorder;
}

v8::MaybeLocal<v8::Value> callInstantiate(v8::Local<v8::Context> context,
                                          const Arguments& arguments,
                                          v8::Local<v8::Object> recorder) {
  EngineArguments engine_arguments(arguments);
  if (!recorder.IsEmpty()) engine_arguments.setImports(recorder);
  return ContextFunctions(context).instantiate()->Call(
      context, arguments.This(), engine_arguments.count(), engine_arguments.data());
}

}  // namespace

IsolateSignals::IsolateSignals(v8::Isolate* isolate, Options options)
    : isolate_(isolate),
      options_(std::move(options)),
      registry_({.protocol = options_.protocol,
                 .max_entries = options_.max_entries,
                 .observer = options_.observer}),
      pending_(isolate, options_.embedder_promise_hook,
               [this](v8::Local<v8::Context> context, v8::Local<v8::Promise> promise,
                      v8::Local<v8::Object> recorder) { onSettled(context, promise, recorder); }) {
  isolate_->SetData(kIsolateSlot, this);
  isolate_->SetWasmInstanceCallback(&onNewInstance);
  isolate_->AddGCPrologueCallback(&onGarbageCollection, this, kPrologueTypes);
}

IsolateSignals::~IsolateSignals() {
  isolate_->RemoveGCPrologueCallback(&onGarbageCollection, this);
  isolate_->SetWasmInstanceCallback(&leaveToEngine);
  isolate_->SetData(kIsolateSlot, nullptr);
  registry_.detachReaders();
  registry_.clear();
}

bool IsolateSignals::install(v8::Local<v8::Context> context) {
  if (!options_.is_enabled || (options_.rollout_gate && !options_.rollout_gate())) return false;
  const v8::HandleScope handles(isolate_);
  const v8::Context::Scope scope(context);
  v8::Local<v8::String> name = internalized(isolate_, "instantiate");
  v8::Local<v8::Object> web_assembly;
  v8::Local<v8::Function> instantiate;
  // One parameter and no constructor, as the engine's own.
  if (!ContextFunctions::capture(context).ToLocal(&web_assembly) ||
      !v8::Function::New(context, &onInstantiate, {}, 1, v8::ConstructorBehavior::kThrow)
           .ToLocal(&instantiate)) {
    return false;
  }
  instantiate->SetName(name);
  return web_assembly->Set(context, name, instantiate).FromMaybe(false);
}

// The engine calls this at the start of its own `WebAssembly.Instance`, which stays in place: its
// name, its errors and its reading of `new.target.prototype` are its own (T1, T2). True: handled.
bool IsolateSignals::onNewInstance(const Arguments& arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  IsolateSignals* self = of(isolate);
  if (self == nullptr || !arguments.IsConstructCall()) return false;
  if (std::exchange(self->is_next_instance_the_engines_, false)) return false;
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  if (!ContextFunctions::areCaptured(context) || !arguments[0]->IsWasmModuleObject() ||
      !(arguments[1]->IsUndefined() || arguments[1]->IsObject())) {
    return false;
  }
  return self->constructInstance(context, arguments);
}

bool IsolateSignals::constructInstance(v8::Local<v8::Context> context, const Arguments& arguments) {
  const ModuleInspection inspection =
      inspect(arguments[0].As<v8::WasmModuleObject>(), options_.protocol);
  if (inspection.outcome != RegistrationOutcome::kRegistered) {
    registry_.report(inspection.outcome);
    return false;
  }
  v8::Local<v8::Object> recorder = recorderFor(context, arguments, inspection);
  EngineArguments engine_arguments(arguments);
  if (!recorder.IsEmpty()) engine_arguments.setImports(recorder);

  v8::Local<v8::Object> instance;
  is_next_instance_the_engines_ = true;
  const bool is_made = ContextFunctions(context)
                           .instanceConstructor()
                           ->NewInstance(context, engine_arguments.count(), engine_arguments.data())
                           .ToLocal(&instance);
  is_next_instance_the_engines_ = false;  // still set where the call did not get that far
  if (!is_made) return true;

  // The engine made `this` for new.target and would have taken its prototype in the same way.
  if (!instance->SetPrototype(context, arguments.This()->GetPrototype()).FromMaybe(false)) {
    return true;
  }
  registerInstance(context, instance, inspection,
                   recorder.IsEmpty() ? v8::Undefined(isolate_).As<v8::Value>()
                                      : ImportRecorder::recordedValue(recorder),
                   registry_);
  arguments.GetReturnValue().Set(instance);
  return true;
}

void IsolateSignals::onInstantiate(const Arguments& arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  IsolateSignals* self = of(isolate);
  v8::Local<v8::Value> result;
  if ((self == nullptr ? callInstantiate(context, arguments, {})
                       : self->instantiate(context, arguments))
          .ToLocal(&result)) {
    arguments.GetReturnValue().Set(result);
  }
}

v8::MaybeLocal<v8::Value> IsolateSignals::instantiate(v8::Local<v8::Context> context,
                                                      const Arguments& arguments) {
  const bool is_module = arguments[0]->IsWasmModuleObject();
  const std::optional<ModuleInspection> inspection =
      is_module ? inspect(arguments[0].As<v8::WasmModuleObject>(), options_.protocol)
                : inspectBytes(arguments[0], options_.protocol);
  if (!inspection) return callInstantiate(context, arguments, {});
  // Bytes that can't be followed may be no module at all: the engine's word on them is awaited.
  const bool is_unclear =
      !is_module && inspection->outcome == RegistrationOutcome::kUnreadableModule;
  if (inspection->outcome != RegistrationOutcome::kRegistered && !is_unclear) {
    registry_.report(inspection->outcome);
    return callInstantiate(context, arguments, {});
  }

  v8::Local<v8::Object> recorder = recorderFor(context, arguments, *inspection);
  v8::Local<v8::Value> result;
  if (!callInstantiate(context, arguments, recorder).ToLocal(&result) || !result->IsPromise()) {
    return result;
  }
  v8::Local<v8::Promise> promise = result.As<v8::Promise>();
  if (!is_module && promise->State() == v8::Promise::kPending) {
    pending_.add(context, promise, recorder);
  } else if (is_module && promise->State() == v8::Promise::kFulfilled) {
    registerResult(context, arguments[0], promise->Result(), recorder);
  } else {
    onSettled(context, promise, recorder);
  }
  return result;
}

void IsolateSignals::onSettled(v8::Local<v8::Context> context, v8::Local<v8::Promise> promise,
                               v8::Local<v8::Object> recorder) {
  if (promise->State() == v8::Promise::kRejected) return;
  const v8::Context::Scope scope(context);
  const v8::TryCatch caught(isolate_);
  v8::Local<v8::Value> module;
  v8::Local<v8::Value> instance;
  // The engine's result object, `{module, instance}`. A promise that is still pending was taken
  // over by a `then` that the program put on Object.prototype.
  if (promise->State() != v8::Promise::kFulfilled || !promise->Result()->IsObject() ||
      !ownValue(context, promise->Result().As<v8::Object>(), internalized(isolate_, "module"))
           .ToLocal(&module) ||
      !ownValue(context, promise->Result().As<v8::Object>(), internalized(isolate_, "instance"))
           .ToLocal(&instance)) {
    registry_.report(RegistrationOutcome::kEngineFailure);
    return;
  }
  registerResult(context, module, instance, recorder);
}

void IsolateSignals::registerResult(v8::Local<v8::Context> context, v8::Local<v8::Value> module,
                                    v8::Local<v8::Value> instance, v8::Local<v8::Object> recorder) {
  if (!module->IsWasmModuleObject() || !instance->IsObject()) {
    registry_.report(RegistrationOutcome::kEngineFailure);
    return;
  }
  const ModuleInspection inspection = inspect(module.As<v8::WasmModuleObject>(), options_.protocol);
  if (inspection.outcome != RegistrationOutcome::kRegistered) {
    registry_.report(inspection.outcome);
    return;
  }
  registerInstance(context, instance.As<v8::Object>(), inspection,
                   recorder.IsEmpty() ? v8::Undefined(isolate_).As<v8::Value>()
                                      : ImportRecorder::recordedValue(recorder),
                   registry_);
}

void IsolateSignals::onGarbageCollection(v8::Isolate* /*isolate*/, v8::GCType /*type*/,
                                         v8::GCCallbackFlags /*flags*/, void* self) {
  auto* signals = static_cast<IsolateSignals*>(self);
  signals->registry_.dropDead();
  signals->pending_.forgetCollected();
}

}  // namespace sigproof
