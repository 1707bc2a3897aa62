// A memory that makes every forbidden access visible. A small one is allocated to the byte, and the
// part that it has not grown to yet is poisoned; a big one is reserved address space with a few
// pages in it.
//
//   auto memory = std::make_shared<GuardedMemory>(plan);
//   OwnedSpan span(memory, memory->data(), &GuardedMemory::byteLength);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "fuzz/generate/registration_program.h"
#include "fuzz/oracles/registration_reference.h"

namespace sigproof::fuzz {

class GuardedMemory {
 public:
  /// One big memory at a time. Filled with a pattern in which no word is 0.
  explicit GuardedMemory(const MemoryPlan& plan);
  ~GuardedMemory();
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  std::byte* data() const noexcept { return data_; }
  std::uint64_t length() const noexcept { return length_; }
  /// For OwnedSpan, whose owner must be the GuardedMemory.
  static std::size_t byteLength(const void* memory) noexcept {
    return static_cast<const GuardedMemory*>(memory)->length_;
  }

  void grow(std::uint64_t bytes);

  /// Everything that can be touched, also beyond the length.
  ReferenceMemory snapshot() const;

  struct Difference {
    std::uint64_t address;
    std::uint8_t expected;
    std::uint8_t seen;
  };
  /// The first byte that is not as in `expected`, which began as a snapshot() of this memory.
  std::optional<Difference> differenceFrom(const ReferenceMemory& expected) const;

  /// Whether the word there is `value`. False where a byte of it can't be touched.
  bool holds(std::uint64_t address, std::uint32_t value) const;

 private:
  // The bytes of a window, beyond the length too. While the tail is not poisoned.
  std::span<const std::uint8_t> bytesOf(const AddressWindow& window) const {
    return {reinterpret_cast<const std::uint8_t*>(data_ + window.begin), window.size};
  }
  void poisonTail() const;
  void unpoisonTail() const;

  AddressWindow whole_{};  // the one window of a small one
  std::span<const AddressWindow> windows_;
  std::unique_ptr<std::byte[]> owned_;
  std::byte* data_ = nullptr;
  std::uint64_t length_;
  std::uint64_t capacity_;
};

}  // namespace sigproof::fuzz
