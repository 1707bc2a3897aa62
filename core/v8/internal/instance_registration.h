// Makes an entry of the registry from an instance that the engine made.
//
//   InstanceRegistration<Policy>::add(context, instance, inspection, memory_import, registry);
#pragma once

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "core/module/module_inspector.h"
#include "core/registry/signal_registry.h"
#include "core/v8/internal/instance_watch.h"
#include "core/v8/shim/context_functions.h"
#include "core/v8/shim/engine_calls.h"

namespace sigproof {

template <class Policy>
class InstanceRegistration {
 public:
  using Registry = SignalRegistry<typename Policy::RegistryPolicy>;

  /// Reads the memory and the globals that `inspection` names from `instance`, and registers them
  /// (R1, R2 and R5 of core/SPECIFICATION.md). It reads through functions that were captured before
  /// any program ran. `inspection` is that of the instance's own module, with the outcome
  /// kRegistered. `imported_memory` is what the module imported as memory 0, or undefined where it
  /// exports that memory.
  ///
  /// Never throws into the program and never changes what it can see (R7). Every outcome is
  /// reported to the registry's counters and observer. Isolate's thread, inside a handle scope.
  /// registry's counters and observer. Isolate's thread, inside a handle scope.
  static void add(v8::Local<v8::Context> context, v8::Local<v8::Object> instance,
                  const ModuleInspection& inspection, v8::Local<v8::Value> imported_memory,
                  Registry& registry) noexcept {
    v8::Isolate* isolate = context->GetIsolate();
    const v8::TryCatch caught(isolate);
    // Everything that calls the engine comes before the registry is touched (R10).
    std::optional<Declared> declared =
        readDeclared(context, instance, inspection, imported_memory, registry.protocol());
    if (!declared) {
      registry.report(RegistrationOutcome::kEngineFailure);
      return;
    }
    std::unique_ptr<Watch> watch = makeWatch(isolate, instance, declared->memory);
    if (watch == nullptr) {
      registry.report(RegistrationOutcome::kOutOfMemory);
      return;
    }
    Watch* watcher = watch.get();
    const auto result =
        registry.add(spanOfMemory(declared->memory), declared->words, std::move(watch));
    if (result.entry != nullptr) watcher->setEntry(result.entry);
  }

 private:
  using Engine = EngineCalls<Policy>;
  using Watch = InstanceWatch<typename Registry::Entry>;

  struct Declared {
    v8::Local<v8::WasmMemoryObject> memory;
    WordOffsets words;
  };

  static std::unique_ptr<Watch> makeWatch(v8::Isolate* isolate, v8::Local<v8::Object> instance,
                                          v8::Local<v8::WasmMemoryObject> memory) {
    Policy::beforeEngineCall(isolate);
    try {
      return std::unique_ptr<Watch>(Policy::template create<Watch>(isolate, instance, memory));
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  // Returns the value of an i32 global, its 32 bits read as unsigned (R2), or the 64 bits of an i64
  // global.
  static std::optional<std::uint64_t> addressOf(v8::Local<v8::Context> context,
                                                v8::Local<v8::Object> exports,
                                                std::string_view key) {
    v8::Local<v8::Value> global;
    v8::Local<v8::Value> value;
    if (!Engine::get(context, exports, key).ToLocal(&global) ||
        !Engine::call(context, ContextFunctions(context).valueGetter(), global).ToLocal(&value)) {
      return std::nullopt;
    }
    if (value->IsInt32()) return static_cast<std::uint32_t>(value.As<v8::Int32>()->Value());
    if (value->IsBigInt()) return value.As<v8::BigInt>()->Uint64Value();
    return std::nullopt;
  }

  static std::optional<Declared> readDeclared(v8::Local<v8::Context> context,
                                              v8::Local<v8::Object> instance,
                                              const ModuleInspection& inspection,
                                              v8::Local<v8::Value> imported_memory,
                                              const SignalProtocol& protocol) {
    v8::Local<v8::Value> exports_value;
    if (!Engine::call(context, ContextFunctions(context).exportsGetter(), instance)
             .ToLocal(&exports_value) ||
        !exports_value->IsObject()) {
      return std::nullopt;
    }
    v8::Local<v8::Object> exports = exports_value.As<v8::Object>();

    v8::Local<v8::Value> memory = imported_memory;
    if (inspection.memory_export &&
        !Engine::get(context, exports, *inspection.memory_export).ToLocal(&memory)) {
      return std::nullopt;
    }
    if (!memory->IsWasmMemoryObject()) return std::nullopt;

    WordOffsets words;
    if (inspection.has_signal) {
      words.signal = addressOf(context, exports, protocol.signal_name);
      if (!words.signal) return std::nullopt;
    }
    if (inspection.has_terminated) {
      words.terminated = addressOf(context, exports, protocol.terminated_name);
      if (!words.terminated) return std::nullopt;
    }
    return Declared{memory.As<v8::WasmMemoryObject>(), words};
  }
};

}  // namespace sigproof
