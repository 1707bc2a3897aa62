// The implementation of BasicIsolateSignals. Only isolate_signals.cc includes it, and tests that
// bring a policy of their own:
//
//   #include "core/v8/internal/isolate_signals_impl.h"
//   BasicIsolateSignals<InjectionPolicy> signals(isolate, {});
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "core/module/module_inspector.h"
#include "core/v8/internal/instance_registration.h"
#include "core/v8/isolate_signals.h"
#include "core/v8/shim/context_functions.h"
#include "core/v8/shim/engine_calls.h"
#include "core/v8/shim/v8_string.h"

namespace sigproof {

// Minor collections can't collect an instance, and are too frequent to walk the list at each.
inline constexpr auto kGcPrologueTypes = static_cast<v8::GCType>(
    v8::kGCTypeMarkSweepCompact | v8::kGCTypeIncrementalMarking | v8::kGCTypeProcessWeakCallbacks);

// The arguments of an instantiation as the program gave them, except for the imports.
class EngineArguments {
 public:
  // `recorder` is empty, or replaces the imports.
  EngineArguments(const v8::FunctionCallbackInfo<v8::Value>& arguments,
                  v8::Local<v8::Object> recorder)
      : count_(std::min(arguments.Length(), static_cast<int>(values_.size()))) {
    for (int i = 0; i < count_; ++i) values_.at(i) = arguments[i];
    if (!recorder.IsEmpty()) values_[1] = recorder;
  }
  int count() const { return count_; }
  v8::Local<v8::Value>* data() { return values_.data(); }

 private:
  std::array<v8::Local<v8::Value>, 2> values_;
  int count_;
};

// Returns whether memory 0 of a module that may register comes only from the import object. If it
// is not exported it must be imported, or the outcome would be kNoReachableMemory.
inline bool isMemoryOnlyImported(const ModuleInspection& inspection) noexcept {
  return !inspection.memory_export;
}

// --- the embedder's side -------------------------------------------------------------------------

template <class Policy>
BasicIsolateSignals<Policy>::BasicIsolateSignals(v8::Isolate* isolate, Options options)
    : isolate_(isolate),
      options_(std::move(options)),
      registry_({.protocol = options_.protocol,
                 .max_entries = options_.max_entries,
                 .observer = options_.observer}),
      pending_(isolate, options_.embedder_promise_hook,
               [this](const typename Pending::Settled& settled) { onSettled(settled); }) {
  isolate_->SetData(kIsolateSlot, this);
  isolate_->SetWasmInstanceCallback(&onNewInstance);
  isolate_->AddGCPrologueCallback(&onGarbageCollection, this, kGcPrologueTypes);
}

template <class Policy>
BasicIsolateSignals<Policy>::~BasicIsolateSignals() {
  isolate_->RemoveGCPrologueCallback(&onGarbageCollection, this);
  isolate_->SetWasmInstanceCallback([](const Arguments& /*arguments*/) { return false; });
  isolate_->SetData(kIsolateSlot, nullptr);
  registry_.detachReaders();
  registry_.clear();
}

template <class Policy>
bool BasicIsolateSignals<Policy>::install(v8::Local<v8::Context> context) {
  if (!options_.is_enabled || (options_.rollout_gate && !options_.rollout_gate())) return false;
  const v8::HandleScope handles(isolate_);
  const v8::Context::Scope scope(context);
  v8::Local<v8::Object> web_assembly;
  if (!ContextFunctions::capture(context).ToLocal(&web_assembly)) return false;
  const ContextFunctions functions(context);
  if (!replace<Entrance::kInstantiate>(context, web_assembly, "instantiate")) {
    ContextFunctions::release(context);
    return false;
  }
  if (functions.hasInstantiateStreaming() &&
      !replace<Entrance::kInstantiateStreaming>(context, web_assembly, "instantiateStreaming")) {
    // `instantiate` was replaced a moment ago, so restoring it can't fail.
    static_cast<void>(web_assembly->CreateDataProperty(
        context, internalized(isolate_, "instantiate"), functions.instantiate()));
    ContextFunctions::release(context);
    return false;
  }
  return true;
}

template <class Policy>
template <typename BasicIsolateSignals<Policy>::Entrance kEntrance>
bool BasicIsolateSignals<Policy>::replace(v8::Local<v8::Context> context,
                                          v8::Local<v8::Object> web_assembly, const char* name) {
  v8::Local<v8::String> key = internalized(isolate_, name);
  v8::Local<v8::Function> function;
  // One parameter and no constructor, like the engine's own function.
  if (!v8::Function::New(context, &onInstantiate<kEntrance>, {}, 1, v8::ConstructorBehavior::kThrow)
           .ToLocal(&function)) {
    return false;
  }
  function->SetName(key);
  // The attributes are those that the engine gave the function. Set() would report success for a
  // read-only property.
  return web_assembly->CreateDataProperty(context, key, function).FromMaybe(false);
}

template <class Policy>
void BasicIsolateSignals<Policy>::onGarbageCollection(v8::Isolate* /*isolate*/, v8::GCType /*type*/,
                                                      v8::GCCallbackFlags /*flags*/, void* self) {
  auto* signals = static_cast<BasicIsolateSignals*>(self);
  signals->followMemories();
  signals->registry_.dropDead();
  signals->pending_.forgetCollected();
}

template <class Policy>
void BasicIsolateSignals<Policy>::followMemories() noexcept {
  using Entry = typename Registry::Entry;
  if (registry_.isEmpty()) return;
  const v8::HandleScope handles(isolate_);
  // InstanceRegistration made every entry of this registry.
  const auto watch_of = [](Entry& entry) noexcept {
    return static_cast<InstanceWatch<Entry>*>(entry.attachment());
  };
  registry_.refreshMemories(
      [&](Entry& entry) noexcept { return watch_of(entry)->movedFrom(isolate_, entry.memory()); },
      [&](Entry& entry) noexcept { watch_of(entry)->setEntry(&entry); });
}

template <class Policy>
void BasicIsolateSignals<Policy>::requestFollowMemories(v8::Isolate* isolate) {
  // The request carries the isolate, not this object, because the object may be gone by then.
  isolate->RequestInterrupt(
      [](v8::Isolate* interrupted, void* /*data*/) {
        if (BasicIsolateSignals* self = of(interrupted)) self->followMemories();
      },
      nullptr);
}

// --- new WebAssembly.Instance --------------------------------------------------------------------

// The engine calls this at the start of its own `WebAssembly.Instance`. That stays in place, so its
// name, its errors and its reading of `new.target.prototype` are the engine's own (T1, T2). Returns
// true if it made the instance.
template <class Policy>
bool BasicIsolateSignals<Policy>::onNewInstance(const Arguments& arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  BasicIsolateSignals* self = of(isolate);
  if (self == nullptr || !arguments.IsConstructCall()) return false;
  if (std::exchange(self->is_next_instance_the_engines_, false)) return false;
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  if (!ContextFunctions::areCaptured(context) || !arguments[0]->IsWasmModuleObject() ||
      !(arguments[1]->IsUndefined() || arguments[1]->IsObject())) {
    return false;
  }
  return self->constructInstance(context, arguments);
}

// This frame stays live while start functions recurse, so keep it small: the work before and after
// the engine's call is in noinline functions.
template <class Policy>
bool BasicIsolateSignals<Policy>::constructInstance(v8::Local<v8::Context> context,
                                                    const Arguments& arguments) {
  if (const auto outcome = refused_.outcomeOf(arguments[0])) {
    registry_.report(*outcome);
    return false;
  }
  const ModuleInspection inspection = inspect(arguments[0]);
  if (inspection.outcome != RegistrationOutcome::kRegistered) {
    refuse(arguments[0], inspection.outcome);
    return false;
  }
  v8::Local<v8::Object> recorder;
  if (isMemoryOnlyImported(inspection)) recorder = makeRecorder(context, arguments);
  EngineArguments engine_arguments(arguments, recorder);

  v8::Local<v8::Object> instance;
  is_next_instance_the_engines_ = true;
  const bool is_made =
      EngineCalls<Policy>::construct(context, ContextFunctions(context).instanceConstructor(),
                                     engine_arguments.count(), engine_arguments.data())
          .ToLocal(&instance);
  is_next_instance_the_engines_ = false;  // still set if the call failed before that
  if (!is_made) return true;

  // The engine made `this` for new.target, so `this` has the prototype that the instance needs.
  if (EngineCalls<Policy>::setPrototype(context, instance, arguments.This()->GetPrototype())) {
    arguments.GetReturnValue().Set(instance);
  }
  registerMade(context, instance, inspection, recorder);
  return true;
}

template <class Policy>
[[gnu::noinline]] void BasicIsolateSignals<Policy>::refuse(v8::Local<v8::Value> module,
                                                           RegistrationOutcome outcome) noexcept {
  // Lack of memory says nothing about the module, so don't remember it.
  if (outcome != RegistrationOutcome::kOutOfMemory) refused_.remember(isolate_, module, outcome);
  registry_.report(outcome);
}

// --- WebAssembly.instantiate, WebAssembly.instantiateStreaming -----------------------------------

template <class Policy>
template <typename BasicIsolateSignals<Policy>::Entrance kEntrance>
void BasicIsolateSignals<Policy>::onInstantiate(const Arguments& arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  BasicIsolateSignals* self = of(isolate);
  v8::Local<v8::Value> result;
  if ((self == nullptr ? callEngine(context, kEntrance, arguments, {})
                       : self->instantiate(context, kEntrance, arguments))
          .ToLocal(&result)) {
    arguments.GetReturnValue().Set(result);
  }
}

template <class Policy>
v8::MaybeLocal<v8::Value> BasicIsolateSignals<Policy>::callEngine(v8::Local<v8::Context> context,
                                                                  Entrance entrance,
                                                                  const Arguments& arguments,
                                                                  v8::Local<v8::Object> recorder) {
  EngineArguments engine_arguments(arguments, recorder);
  const ContextFunctions functions(context);
  return EngineCalls<Policy>::call(
      context,
      entrance == Entrance::kInstantiate ? functions.instantiate()
                                         : functions.instantiateStreaming(),
      arguments.This(), engine_arguments.count(), engine_arguments.data());
}

template <class Policy>
v8::MaybeLocal<v8::Value> BasicIsolateSignals<Policy>::instantiate(v8::Local<v8::Context> context,
                                                                   Entrance entrance,
                                                                   const Arguments& arguments) {
  // A streamed module is unknown until it has arrived.
  const Plan plan = entrance == Entrance::kInstantiateStreaming
                        ? Plan{.is_followed = true, .is_recorded = true}
                        : planInstantiate(arguments);
  return plan.is_followed ? followInstantiate(context, entrance, arguments, plan.is_recorded)
                          : callEngine(context, entrance, arguments, {});
}

template <class Policy>
v8::MaybeLocal<v8::Value> BasicIsolateSignals<Policy>::followInstantiate(
    v8::Local<v8::Context> context, Entrance entrance, const Arguments& arguments,
    bool is_recorded) {
  const bool is_module = arguments[0]->IsWasmModuleObject();
  v8::Local<v8::Object> recorder;
  if (is_recorded) recorder = makeRecorder(context, arguments);
  std::optional<typename Pending::Call> call;
  try {
    call.emplace(pending_, context, is_module ? arguments[0] : v8::Local<v8::Value>(), recorder);
  } catch (const std::bad_alloc&) {
    registry_.report(RegistrationOutcome::kOutOfMemory);
  }
  v8::MaybeLocal<v8::Value> result = callEngine(context, entrance, arguments, recorder);
  if (!call) return result;
  if (!call->isFollowed()) registry_.report(RegistrationOutcome::kEngineFailure);
  call->finish(context, result);
  return result;
}

template <class Policy>
[[gnu::noinline]] typename BasicIsolateSignals<Policy>::Plan
BasicIsolateSignals<Policy>::planInstantiate(const Arguments& arguments) noexcept {
  if (const auto outcome = refused_.outcomeOf(arguments[0])) {
    registry_.report(*outcome);
    return {};
  }
  const bool is_module = arguments[0]->IsWasmModuleObject();
  const std::optional<ModuleInspection> inspection =
      is_module ? inspect(arguments[0]) : inspectBytes(arguments[0]);
  if (!inspection) return {};
  if (inspection->outcome == RegistrationOutcome::kRegistered) {
    return {.is_followed = true, .is_recorded = isMemoryOnlyImported(*inspection)};
  }
  // Our parser rejected the bytes. They may be invalid or just newer, so decide after V8 has
  // compiled them.
  if (!is_module && inspection->outcome == RegistrationOutcome::kUnreadableModule) {
    return {.is_followed = true, .is_recorded = true};
  }
  if (is_module) {
    refuse(arguments[0], inspection->outcome);
  } else {
    registry_.report(inspection->outcome);
  }
  return {};
}

// Makes a stand-in for the imports, if these are an object. Empty if they are not, or if the engine
// can't make it; the memory will then not be found, and that will be reported.
template <class Policy>
[[gnu::noinline]] v8::Local<v8::Object> BasicIsolateSignals<Policy>::makeRecorder(
    v8::Local<v8::Context> context, const Arguments& arguments) {
  v8::Local<v8::Object> recorder;
  if (!arguments[1]->IsObject() ||
      !import_recorder_.makeStandIn(context, arguments[1].As<v8::Object>()).ToLocal(&recorder)) {
    return {};
  }
  return recorder;
}

template <class Policy>
void BasicIsolateSignals<Policy>::onSettled(const typename Pending::Settled& settled) noexcept {
  const v8::Context::Scope scope(settled.context);
  const v8::TryCatch caught(isolate_);
  v8::Local<v8::Value> module = settled.module;
  v8::Local<v8::Value> instance = settled.resolution;
  if (!instance.IsEmpty() && module.IsEmpty()) {
    // `{module, instance}`, which only the engine has touched so far.
    v8::Local<v8::Value> pair = instance;
    if (!pair->IsObject() ||
        !EngineCalls<Policy>::ownValue(settled.context, pair.As<v8::Object>(), "module")
             .ToLocal(&module) ||
        !EngineCalls<Policy>::ownValue(settled.context, pair.As<v8::Object>(), "instance")
             .ToLocal(&instance)) {
      instance.Clear();
    }
  }
  if (instance.IsEmpty() || !instance->IsObject() || !module->IsWasmModuleObject()) {
    registry_.report(RegistrationOutcome::kEngineFailure);
    return;
  }
  registerResult(settled.context, module, instance, settled.recorder);
}

// --- registration --------------------------------------------------------------------------------

template <class Policy>
void BasicIsolateSignals<Policy>::registerResult(v8::Local<v8::Context> context,
                                                 v8::Local<v8::Value> module,
                                                 v8::Local<v8::Value> instance,
                                                 v8::Local<v8::Object> recorder) noexcept {
  const ModuleInspection inspection = inspect(module);
  if (inspection.outcome != RegistrationOutcome::kRegistered) {
    registry_.report(inspection.outcome);
    return;
  }
  registerMade(context, instance.As<v8::Object>(), inspection, recorder);
}

template <class Policy>
[[gnu::noinline]] void BasicIsolateSignals<Policy>::registerMade(
    v8::Local<v8::Context> context, v8::Local<v8::Object> instance,
    const ModuleInspection& inspection, v8::Local<v8::Object> recorder) noexcept {
  v8::Local<v8::Value> memory = v8::Undefined(isolate_);
  if (!recorder.IsEmpty() && inspection.memory_import_index) {
    memory = import_recorder_.recordedMemory(context, recorder, *inspection.memory_import_index);
  }
  InstanceRegistration<Policy>::add(context, instance, inspection, memory, registry_);
}

template <class Policy>
[[gnu::noinline]] ModuleInspection BasicIsolateSignals<Policy>::inspect(
    v8::Local<v8::Value> module) noexcept {
  Policy::beforeEngineCall(isolate_);
  v8::CompiledWasmModule compiled = module.As<v8::WasmModuleObject>()->GetCompiledModule();
  const v8::MemorySpan<const std::uint8_t> bytes = compiled.GetWireBytesRef();
  return inspectSpan({bytes.data(), bytes.size()});
}

// Inspects what a program passes to instantiate(bytes), before the engine validates it. Returns
// nothing if it is no buffer at all. Shared bytes may change before the engine copies them, so they
// count as unreadable.
template <class Policy>
std::optional<ModuleInspection> BasicIsolateSignals<Policy>::inspectBytes(
    v8::Local<v8::Value> source) noexcept {
  v8::Local<v8::Value> buffer = source;
  std::size_t offset = 0;
  std::optional<std::size_t> size;
  if (source->IsArrayBufferView()) {
    Policy::beforeEngineCall(isolate_);
    v8::Local<v8::ArrayBufferView> view = source.As<v8::ArrayBufferView>();
    buffer = view->Buffer();
    offset = view->ByteOffset();
    size = view->ByteLength();
  }
  if (buffer->IsSharedArrayBuffer()) {
    return ModuleInspection{};  // unreadable
  }
  if (!buffer->IsArrayBuffer()) return std::nullopt;
  const std::shared_ptr<v8::BackingStore> store = buffer.As<v8::ArrayBuffer>()->GetBackingStore();
  const auto* data = static_cast<const std::uint8_t*>(store->Data());
  if (data == nullptr) return std::nullopt;  // detached or empty: the engine refuses it
  return inspectSpan({data + offset, size.value_or(store->ByteLength())});
}

template <class Policy>
ModuleInspection BasicIsolateSignals<Policy>::inspectSpan(
    std::span<const std::uint8_t> wire_bytes) noexcept {
  try {
    Policy::beforeAllocation();
    return inspectModule(wire_bytes, options_.protocol);
  } catch (const std::bad_alloc&) {
    ModuleInspection inspection;
    inspection.outcome = RegistrationOutcome::kOutOfMemory;
    return inspection;
  }
}

}  // namespace sigproof
