#include "core/v8/instance_registration.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "core/v8/context_functions.h"

namespace sigproof {
namespace {

using Entry = SignalRegistry<>::Entry;

// The weak handle of an instance, owned by its entry: when the engine collects the instance, the
// entry is dead at once (D2). It never keeps the instance alive (G2).
class InstanceWatch final : public EntryAttachment {
 public:
  InstanceWatch(v8::Isolate* isolate, v8::Local<v8::Object> instance)
      : instance_(isolate, instance) {
    instance_.SetWeak(this, &onCollected, v8::WeakCallbackType::kParameter);
  }

  // Between publication and this call nothing runs that could collect the instance.
  void setEntry(Entry* entry) noexcept { entry_ = entry; }

 private:
  static void onCollected(const v8::WeakCallbackInfo<InstanceWatch>& info) {
    InstanceWatch* self = info.GetParameter();
    self->instance_.Reset();
    if (self->entry_ != nullptr) self->entry_->markDead();
  }

  v8::Global<v8::Object> instance_;
  Entry* entry_ = nullptr;
};

std::size_t backingStoreByteLength(const void* store) noexcept {
  return static_cast<const v8::BackingStore*>(store)->ByteLength();
}

v8::MaybeLocal<v8::Value> exportOf(v8::Local<v8::Context> context, v8::Local<v8::Object> exports,
                                   std::string_view key) {
  v8::Local<v8::String> text;
  if (!v8::String::NewFromUtf8(context->GetIsolate(), key.data(), v8::NewStringType::kNormal,
                               static_cast<int>(key.size()))
           .ToLocal(&text)) {
    return {};
  }
  return exports->Get(context, text);
}

std::optional<OwnedSpan> spanOf(v8::Local<v8::Value> memory) {
  if (!memory->IsWasmMemoryObject()) return std::nullopt;
  std::shared_ptr<v8::BackingStore> store =
      memory.As<v8::WasmMemoryObject>()->Buffer()->GetBackingStore();
  auto* data = static_cast<std::byte*>(store->Data());
  return OwnedSpan(std::move(store), data, &backingStoreByteLength);
}

// The value of an i32 global as its 32 bits read as unsigned (R2), of an i64 global as its 64 bits.
std::optional<std::uint64_t> addressOf(v8::Local<v8::Context> context,
                                       v8::Local<v8::Object> exports, std::string_view key) {
  v8::Local<v8::Value> global;
  v8::Local<v8::Value> value;
  if (!exportOf(context, exports, key).ToLocal(&global) ||
      !ContextFunctions(context).valueGetter()->Call(context, global, 0, nullptr).ToLocal(&value)) {
    return std::nullopt;
  }
  if (value->IsInt32()) return static_cast<std::uint32_t>(value.As<v8::Int32>()->Value());
  if (value->IsBigInt()) return value.As<v8::BigInt>()->Uint64Value();
  return std::nullopt;
}

struct Declared {
  OwnedSpan memory;
  WordOffsets words;
};

std::optional<Declared> readDeclared(v8::Local<v8::Context> context, v8::Local<v8::Object> instance,
                                     const ModuleInspection& inspection,
                                     v8::Local<v8::Value> imported_memory,
                                     const SignalProtocol& protocol) {
  v8::Local<v8::Value> exports_value;
  if (!ContextFunctions(context)
           .exportsGetter()
           ->Call(context, instance, 0, nullptr)
           .ToLocal(&exports_value) ||
      !exports_value->IsObject()) {
    return std::nullopt;
  }
  v8::Local<v8::Object> exports = exports_value.As<v8::Object>();

  v8::Local<v8::Value> memory = imported_memory;
  if (inspection.memory_export &&
      !exportOf(context, exports, *inspection.memory_export).ToLocal(&memory)) {
    return std::nullopt;
  }
  std::optional<OwnedSpan> span = spanOf(memory);
  if (!span) return std::nullopt;

  WordOffsets words;
  if (inspection.has_signal) {
    words.signal = addressOf(context, exports, protocol.signal_name);
    if (!words.signal) return std::nullopt;
  }
  if (inspection.has_terminated) {
    words.terminated = addressOf(context, exports, protocol.terminated_name);
    if (!words.terminated) return std::nullopt;
  }
  return Declared{std::move(*span), words};
}

}  // namespace

void registerInstance(v8::Local<v8::Context> context, v8::Local<v8::Object> instance,
                      const ModuleInspection& inspection, v8::Local<v8::Value> imported_memory,
                      SignalRegistry<>& registry) {
  v8::Isolate* isolate = context->GetIsolate();
  const v8::TryCatch caught(isolate);
  // Everything that calls the engine comes before the registry is touched (R10).
  std::optional<Declared> declared =
      readDeclared(context, instance, inspection, imported_memory, registry.protocol());
  if (!declared) {
    registry.report(RegistrationOutcome::kEngineFailure);
    return;
  }
  std::unique_ptr<InstanceWatch> watch(new (std::nothrow) InstanceWatch(isolate, instance));
  if (watch == nullptr) {
    registry.report(RegistrationOutcome::kOutOfMemory);
    return;
  }
  InstanceWatch* watcher = watch.get();
  const auto result = registry.add(std::move(declared->memory), declared->words, std::move(watch));
  if (result.entry != nullptr) watcher->setEntry(result.entry);
}

}  // namespace sigproof
