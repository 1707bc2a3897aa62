// A memory that shows every access that is not allowed: a small one is allocated exactly, and what
// it has not grown to yet is poisoned; a big one is address space with a few pages in it.
//
//   auto memory = std::make_shared<TestMemory>(plan);
//   OwnedSpan span(memory, memory->data(), &TestMemory::byteLength);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "fuzz/generate/registration_program.h"
#include "fuzz/oracles/registration_reference.h"

namespace sigproof::fuzz {

class TestMemory {
 public:
  /// One big memory at a time. Filled with a pattern in which no word is 0.
  explicit TestMemory(const MemoryPlan& plan);
  ~TestMemory();
  TestMemory(const TestMemory&) = delete;
  TestMemory& operator=(const TestMemory&) = delete;

  std::byte* data() const noexcept { return data_; }
  std::uint64_t length() const noexcept { return length_; }
  /// For OwnedSpan, whose owner must be the TestMemory.
  static std::size_t byteLength(const void* memory) noexcept {
    return static_cast<const TestMemory*>(memory)->length_;
  }

  void grow(std::uint64_t bytes);

  /// Everything that can be touched, also beyond the length.
  ReferenceMemory snapshot() const;

 private:
  void poisonTail() const;
  void unpoisonTail() const;

  std::vector<AddressWindow> windows_;
  std::unique_ptr<std::byte[]> owned_;
  std::byte* data_ = nullptr;
  std::uint64_t length_;
  std::uint64_t capacity_;
};

}  // namespace sigproof::fuzz
