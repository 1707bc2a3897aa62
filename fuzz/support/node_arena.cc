#include "fuzz/support/node_arena.h"

#include <sanitizer/asan_interface.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/support/allocation_watch.h"

namespace sigproof::fuzz {
namespace {

// As wide as AddressSanitizer's own around what it allocates.
constexpr std::size_t kRedzoneBytes = 16;

alignas(64) constinit std::byte arena[NodeArena::kBytes];
constinit std::size_t used_bytes = 0;

// Once, and not in a run: each run is to reach the same.
[[maybe_unused]] const bool kIsPoisoned = [] {
  ASAN_POISON_MEMORY_REGION(arena, NodeArena::kBytes);
  return true;
}();

}  // namespace

void NodeArena::beginRun() noexcept {
  ASAN_POISON_MEMORY_REGION(arena, used_bytes);
  used_bytes = 0;
}

void* NodeArena::take(std::size_t size, std::size_t alignment) noexcept {
  const std::size_t begin = (used_bytes + kRedzoneBytes + alignment - 1) / alignment * alignment;
  if (begin + size > kBytes) {
    std::fputs("fuzz: a run made more nodes than NodeArena has room for\n", stderr);
    std::abort();
  }
  used_bytes = begin + size;
  AllocationWatch::note();
  ASAN_UNPOISON_MEMORY_REGION(arena + begin, size);
  return arena + begin;
}

void NodeArena::giveBack(void* storage, std::size_t size) noexcept {
  AllocationWatch::note();
  ASAN_POISON_MEMORY_REGION(storage, size);
}

}  // namespace sigproof::fuzz
