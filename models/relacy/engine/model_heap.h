// The heap of a model's elements. It decides what happens to an address once it was freed.
//
//   ModelHeap::setLifetime(Lifetime::kReuse);       // for the search that follows
//   void* memory = ModelHeap::allocate(size);       // in a model's execution
//   ModelHeap::free(memory);
//
// With kReuse an allocation gets a fresh block or any freed block of its size, and the search tries
// each. So a pointer to a freed element may lead to a new one (ABA). With kQuarantine no address
// comes back, so a pointer to a freed element always leads to a freed element.
//
// Relacy has a heap of its own, which decides at each deallocation whether the address comes back.
// That doubles the executions for every freed element, even if no allocation follows. This heap
// decides at the allocation, so the choice costs nothing where it doesn't matter, and it includes
// all freed blocks. Both heaps detect use after free in the same way: the destructors of Relacy's
// variables mark them.
#pragma once

#include "models/relacy/engine/relacy_include.h"
// Relacy comes first.
#include "models/relacy/engine/lifetime.h"
#include "models/relacy/engine/relacy_bridge.h"

namespace sigproof::models {

/// Process-wide: one search at a time.
class ModelHeap {
 public:
  static void setLifetime(Lifetime lifetime) noexcept { lifetime_ = lifetime; }

  static void* allocate(std::size_t size_bytes, Location at = Location::current()) noexcept {
    Block& block = choose(size_bytes);
    block.is_live = true;
    log(rl::memory_alloc_event{block.begin, block.size_bytes, false}, at);
    return block.begin;
  }

  static void free(void* memory, Location at = Location::current()) noexcept {
    log(rl::memory_free_event{memory, false}, at);
    for (std::size_t i = 0; i < block_count_; ++i) {
      if (blocks_[i].begin != memory || !blocks_[i].is_live) continue;
      blocks_[i].is_live = false;
      return;
    }
    fail("L4: freed what is not allocated", at);
  }

  /// Make one for each execution, from before the first allocation to after the last deallocation.
  class Execution {
   public:
    Execution() noexcept {
      block_count_ = 0;
      used_bytes_ = 0;
    }
    ~Execution() {
      for (std::size_t i = 0; i < block_count_; ++i) {
        require(!blocks_[i].is_live, "L4: memory leak");
      }
    }
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;
  };

 private:
  struct Block {
    std::byte* begin;
    std::size_t size_bytes;
    bool is_live;
  };

  static constexpr std::size_t kMaxBlocks = 16;
  static constexpr std::size_t kArenaBytes = std::size_t{16} * 1024;

  template <class Event>
  static void log(const Event& event, const Location& at) noexcept {
    if (rl::ctx().collecting_history()) rl::ctx().exec_log(debugInfo(at), event);
  }

  static bool isReusable(const Block& block, std::size_t size_bytes) noexcept {
    return lifetime_ == Lifetime::kReuse && !block.is_live && block.size_bytes == size_bytes;
  }

  static Block& choose(std::size_t size_bytes) noexcept {
    unsigned reusable = 0;
    for (std::size_t i = 0; i < block_count_; ++i) {
      if (isReusable(blocks_[i], size_bytes)) ++reusable;
    }
    unsigned choice = reusable == 0 ? 0 : rl::rand(reusable + 1);
    for (std::size_t i = 0; i < block_count_ && choice > 0; ++i) {
      if (isReusable(blocks_[i], size_bytes) && --choice == 0) return blocks_[i];
    }
    return fresh(size_bytes);
  }

  static Block& fresh(std::size_t size_bytes) noexcept {
    constexpr std::size_t kAlignment = alignof(std::max_align_t);
    const std::size_t padded = (size_bytes + kAlignment - 1) / kAlignment * kAlignment;
    require(block_count_ < kMaxBlocks && used_bytes_ + padded <= kArenaBytes,
            "the model allocates more than its heap has room for");
    Block& block = blocks_[block_count_++];
    block = {arena_.data() + used_bytes_, size_bytes, false};
    used_bytes_ += padded;
    return block;
  }

  static inline Lifetime lifetime_ = Lifetime::kReuse;
  static inline std::array<Block, kMaxBlocks> blocks_{};
  static inline std::size_t block_count_ = 0;
  static inline std::size_t used_bytes_ = 0;
  alignas(std::max_align_t) static inline std::array<std::byte, kArenaBytes> arena_{};
};

}  // namespace sigproof::models
