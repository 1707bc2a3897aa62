// What the V8 binding ties to an entry: weak handles of the instance and of its memory.
//
//   auto watch = std::make_unique<InstanceWatch<Entry>>(isolate, instance, memory);
//   InstanceWatch<Entry>* watcher = watch.get();
//   const auto result = registry.add(span, words, std::move(watch));
//   if (result.entry != nullptr) watcher->setEntry(result.entry);
//   ...
//   if (std::optional<OwnedSpan> there = watcher->movedFrom(isolate, entry.memory())) ...
#pragma once

#include <v8.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "core/registry/owned_span.h"
#include "core/registry/signal_registry.h"

namespace sigproof {

/// The bytes of a Memory. They stay mapped while the span lives, also if the engine moves the
/// memory elsewhere. Isolate's thread; allocates nothing on the JavaScript heap.
inline OwnedSpan spanOfMemory(v8::Local<v8::WasmMemoryObject> memory) {
  std::shared_ptr<v8::BackingStore> store = memory->Buffer()->GetBackingStore();
  auto* data = static_cast<std::byte*>(store->Data());
  return OwnedSpan(std::move(store), data, [](const void* owner) noexcept {
    return static_cast<const v8::BackingStore*>(owner)->ByteLength();
  });
}

/// Owned by its entry, or by the entry's successor where the memory moved. When the engine collects
/// the instance, the entry is dead at once (D2). Keeps neither the instance nor the memory alive
/// (G2). Isolate's thread.
template <class Entry>
class InstanceWatch final : public EntryAttachment {
 public:
  InstanceWatch(v8::Isolate* isolate, v8::Local<v8::Object> instance,
                v8::Local<v8::WasmMemoryObject> memory)
      : instance_(isolate, instance), memory_(isolate, memory) {
    instance_.SetWeak(this, &onCollected, v8::WeakCallbackType::kParameter);
    memory_.SetWeak();
  }

  /// Precondition: no collection was possible since `entry` was published or replaced its
  /// predecessor.
  void setEntry(Entry* entry) noexcept { entry_ = entry; }

  /// Returns where the memory is now, if `memory.grow` moved it away from `before` (D3). Calls no
  /// JavaScript and allocates nothing on its heap, so the GC prologue may call it. Call it in a
  /// handle scope.
  std::optional<OwnedSpan> movedFrom(v8::Isolate* isolate, const OwnedSpan& before) const {
    if (memory_.IsEmpty()) return std::nullopt;
    v8::Local<v8::WasmMemoryObject> memory = memory_.Get(isolate);
    if (memory->Buffer()->Data() == before.data()) return std::nullopt;
    return spanOfMemory(memory);
  }

 private:
  static void onCollected(const v8::WeakCallbackInfo<InstanceWatch>& info) {
    InstanceWatch* self = info.GetParameter();
    self->instance_.Reset();
    self->entry_->markDead();  // if nothing was published, the handle is gone with the watch
  }

  v8::Global<v8::Object> instance_;
  v8::Global<v8::WasmMemoryObject> memory_;
  Entry* entry_ = nullptr;
};

}  // namespace sigproof
