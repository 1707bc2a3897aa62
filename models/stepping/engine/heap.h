// The heap of the stepping programs. It replaces `operator new` and `operator delete`, so that we
// notice a signal handler that touches freed memory.
//
//   HeapScope heap(HeapMode::kQuarantine);
//   ... operator new takes from an arena; operator delete fills with 0xDD and never reuses ...
//   heap.leave();                     // from here on operator new is malloc again
//
// In a quarantine a freed block keeps its address until the scope ends, filled with poison. Under
// malloc it is reused as in production, and the list's element itself detects that it is dead. Each
// check runs under both.
//
// Threads: one scope at a time; memory may be allocated and freed on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sigproof::stepping {

enum class HeapMode : std::uint8_t { kQuarantine, kMalloc };

/// "quarantine" or "malloc".
std::string_view toString(HeapMode mode) noexcept;

class HeapScope {
 public:
  explicit HeapScope(HeapMode mode) noexcept;
  ~HeapScope();
  HeapScope(const HeapScope&) = delete;
  HeapScope& operator=(const HeapScope&) = delete;

  /// Ends the redirection: later allocations come from malloc. What was allocated before may still
  /// be freed.
  void leave() noexcept;

  /// Returns how many blocks of the quarantine were allocated and not freed; 0 under malloc.
  std::size_t liveBlockCount() const noexcept;

  /// Returns what was wrong with a call of `operator delete` since the scope began ("freed twice"),
  /// or null. Under malloc, malloc itself aborts.
  const char* misuse() const noexcept;
};

/// Returns whether `address` still belongs to its object. Precondition: an object in a quarantine
/// has or had that address, and its first byte is never 0xDD. Async-signal-safe.
bool isLiveInQuarantine(const void* address) noexcept;

/// Makes the next allocation throw std::bad_alloc.
void failNextAllocation() noexcept;

}  // namespace sigproof::stepping
