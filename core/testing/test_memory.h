// For tests: a module's linear memory, with bytes behind its end that `core` must not touch.
//
//   TestMemory memory(64);
//   registry.add(memory.span(), {.signal = 16, .terminated = 20}, nullptr);
//   const TestMemory::Bytes before = memory.bytes();
//   registry.deliver();
//   EXPECT_EQ(memory.bytes(), withWord(before, 16, 24));
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "core/list/std_policy.h"
#include "core/registry/owned_span.h"

namespace sigproof {

class TestMemory {
 public:
  using Bytes = std::vector<std::byte>;

  /// Makes `length` bytes, and kSlackBytes behind them, all of a pattern that is no word of the
  /// protocol.
  explicit TestMemory(std::size_t length) : store_(std::make_shared<Store>()) {
    store_->bytes.assign(length + kSlackBytes, std::byte{0xA5});
    store_->length = length;
  }

  OwnedSpan span() const { return OwnedSpan(store_, store_->bytes.data(), &Store::byteLength); }

  /// A copy of all bytes, including those behind the end.
  Bytes bytes() const { return store_->bytes; }
  std::uint32_t word(std::uint64_t offset) const {
    return StdPolicy::loadWord(store_->bytes.data() + offset);
  }
  void setWord(std::uint64_t offset, std::uint32_t value) {
    StdPolicy::storeWord(store_->bytes.data() + offset, value);
  }
  /// Changes the length within the slack, as memory.grow does.
  void setLength(std::size_t length) { store_->length = length; }
  /// Calls `action` whenever the length is asked for. A delivery asks for it under a policy that
  /// looks for misuse.
  void onLength(std::function<void()> action) { store_->on_length = std::move(action); }
  /// Returns how many spans hold the memory.
  long spanCount() const { return store_.use_count() - 1; }

  static constexpr std::size_t kSlackBytes = 64;

 private:
  struct Store {
    Bytes bytes;
    std::atomic<std::size_t> length{0};
    std::function<void()> on_length;

    static std::size_t byteLength(const void* owner) noexcept {
      const Store& store = *static_cast<const Store*>(owner);
      if (store.on_length) store.on_length();
      return store.length;
    }
  };

  std::shared_ptr<Store> store_;
};

/// Returns `bytes` with the little-endian word at `offset` replaced. Independent of the code under
/// test.
inline TestMemory::Bytes withWord(TestMemory::Bytes bytes, std::uint64_t offset,
                                  std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[static_cast<std::size_t>(offset) + i] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
  }
  return bytes;
}

}  // namespace sigproof
