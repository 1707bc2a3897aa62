// A module's linear memory as `core` sees it. The span keeps the memory alive; its length may grow.
//
//   auto store = memory->Buffer()->GetBackingStore();       // std::shared_ptr<v8::BackingStore>
//   std::byte* data = static_cast<std::byte*>(store->Data());
//   OwnedSpan span(std::move(store), data, &backingStoreByteLength);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace sigproof {

/// Memory that stays mapped at one address while the span lives. The span asks for the length each
/// time, because `memory.grow` changes it; it only ever grows. Methods are async-signal-safe. The
/// destructor, which releases the memory, is not.
class OwnedSpan {
 public:
  /// Returns how many bytes are accessible now. Must be async-signal-safe; must never return less.
  using ByteLengthFunction = std::size_t (*)(const void* owner) noexcept;

  OwnedSpan(std::shared_ptr<void> owner, std::byte* data, ByteLengthFunction byte_length) noexcept
      : owner_(std::move(owner)), data_(data), byte_length_(byte_length) {}

  std::byte* data() const noexcept { return data_; }
  std::size_t byteLength() const noexcept { return byte_length_(owner_.get()); }

  /// Returns whether `size` bytes from `offset` lie inside, without overflow (R3 of
  /// core/SPECIFICATION.md).
  bool contains(std::uint64_t offset, std::uint64_t size) const noexcept {
    const std::uint64_t length = byteLength();
    return size <= length && offset <= length - size;
  }

 private:
  std::shared_ptr<void> owner_;
  std::byte* data_;
  ByteLengthFunction byte_length_;
};

}  // namespace sigproof
