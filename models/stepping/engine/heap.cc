#include "models/stepping/engine/heap.h"

#include <malloc.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <utility>

#include "models/stepping/engine/sanitizer.h"

namespace sigproof::stepping {
namespace {

constexpr std::size_t kAlignment = alignof(std::max_align_t);
constexpr std::size_t kArenaBytes = std::size_t{1} << 20;
constexpr int kPoisonByte = 0xDD;

enum class BlockState : std::uint32_t { kLive = 0x600D600D, kFreed = 0xDEADDEAD };

struct alignas(kAlignment) BlockHeader {
  std::size_t size_bytes;
  BlockState state;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): operator new has no arguments to
// carry state in.
alignas(kAlignment) std::array<std::byte, kArenaBytes> arena;
std::atomic<std::size_t> arena_used{0};
std::atomic<std::size_t> live_blocks{0};
std::atomic<bool> is_quarantining{false};
std::atomic<bool> must_fail{false};
std::atomic<const char*> misuse_seen{nullptr};
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

bool isInArena(const void* pointer) noexcept {
  const std::less<const void*> before;
  return !before(pointer, arena.data()) && before(pointer, arena.data() + arena.size());
}

void* allocateInArena(std::size_t size_bytes) {
  const std::size_t rounded = (size_bytes + kAlignment - 1) / kAlignment * kAlignment;
  const std::size_t offset = arena_used.fetch_add(sizeof(BlockHeader) + rounded);
  if (rounded > kArenaBytes || offset + sizeof(BlockHeader) + rounded > kArenaBytes) {
    throw std::bad_alloc();
  }
  auto* header = new (arena.data() + offset) BlockHeader{rounded, BlockState::kLive};
  ++live_blocks;
  allowAccess(header + 1, rounded);
  return header + 1;
}

void freeInArena(void* pointer) noexcept {
  BlockHeader* header = static_cast<BlockHeader*>(pointer) - 1;
  if (header->state != BlockState::kLive) {
    misuse_seen = header->state == BlockState::kFreed ? "a block was freed twice"
                                                      : "what was freed was never allocated";
    return;
  }
  header->state = BlockState::kFreed;
  std::memset(pointer, kPoisonByte, header->size_bytes);
  forbidAccess(pointer, header->size_bytes);
  --live_blocks;
}

// Fills malloc's cache of small free blocks in the same way each time. The instructions of an
// operation then don't depend on what the program did before, so a boundary has the same number in
// a run and in its replay.
void settleMalloc() noexcept {
  constexpr std::size_t kCachedBlocks = 7;  // of each size, glibc's tcache_count
  constexpr std::size_t kLargestSize = 512;
  struct Block {
    Block* next;
  };
  // Sizes that malloc doesn't round up.
  for (std::size_t size = 24; size <= kLargestSize + 8; size += kAlignment) {
    Block* taken = nullptr;
    for (std::size_t exact = 0; exact < kCachedBlocks;) {
      void* memory = std::malloc(size);
      if (memory == nullptr) break;
      taken = new (memory) Block{taken};
      // malloc hands out a slightly larger hole whole, and caches it with those of its own size.
      if (malloc_usable_size(memory) == size) ++exact;
    }
    while (taken != nullptr) std::free(std::exchange(taken, taken->next));
  }
}

void* allocate(std::size_t size_bytes) {
  if (must_fail.exchange(false)) throw std::bad_alloc();
  if (is_quarantining) return allocateInArena(size_bytes);
  void* block = std::malloc(size_bytes == 0 ? 1 : size_bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void release(void* pointer) noexcept {
  if (isInArena(pointer)) {
    freeInArena(pointer);
  } else {
    std::free(pointer);
  }
}

}  // namespace

std::string_view toString(HeapMode mode) noexcept {
  return mode == HeapMode::kQuarantine ? "quarantine" : "malloc";
}

HeapScope::HeapScope(HeapMode mode) noexcept {
  allowAccess(arena.data(), arena.size());
  arena_used = 0;
  live_blocks = 0;
  must_fail = false;
  misuse_seen = nullptr;
  if (mode == HeapMode::kMalloc) settleMalloc();
  is_quarantining = mode == HeapMode::kQuarantine;
}

HeapScope::~HeapScope() { leave(); }

// NOLINTBEGIN(readability-convert-member-functions-to-static): the state is the process's, the
// right to touch it is the scope's.
void HeapScope::leave() noexcept {
  is_quarantining = false;
  must_fail = false;
}

std::size_t HeapScope::liveBlockCount() const noexcept { return live_blocks; }
const char* HeapScope::misuse() const noexcept { return misuse_seen; }
// NOLINTEND(readability-convert-member-functions-to-static)

bool isLiveInQuarantine(const void* address) noexcept {
  return isInArena(address) && *static_cast<const std::uint8_t*>(address) != kPoisonByte;
}

void failNextAllocation() noexcept { must_fail = true; }

}  // namespace sigproof::stepping

// The other forms of new and delete end in these.
void* operator new(std::size_t size) { return sigproof::stepping::allocate(size); }
void operator delete(void* pointer) noexcept { sigproof::stepping::release(pointer); }
void operator delete(void* pointer, std::size_t /*size*/) noexcept {
  sigproof::stepping::release(pointer);
}
