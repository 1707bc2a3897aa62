// The heap of the stepping programs: `operator new` and `operator delete` replaced, so that a
// signal handler that touches freed memory is noticed.
//
//   HeapScope heap(HeapMode::kQuarantine);
//   ... operator new takes from an arena; operator delete fills with 0xDD and never reuses ...
//   heap.leave();                     // from here on operator new is malloc again
//
// In a quarantine what was freed keeps its address for as long as the scope lasts, filled with
// poison. Under malloc it is reused as in production, and the list's element tells by itself that
// it is dead. Each check runs under both.
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

  /// Ends the redirection: what is allocated from here on comes from malloc. What was allocated
  /// before may still be freed.
  void leave() noexcept;

  /// Blocks of the quarantine that were allocated and not freed; 0 under malloc.
  std::size_t liveBlockCount() const noexcept;

  /// What was wrong with a call of `operator delete` since the scope began ("freed twice"), or
  /// null. Under malloc, malloc itself aborts.
  const char* misuse() const noexcept;
};

/// Whether `address`, which an object in a quarantine has or had and whose first byte is never
/// 0xDD, still belongs to it. Async-signal-safe.
bool isLiveInQuarantine(const void* address) noexcept;

/// The next allocation throws std::bad_alloc.
void failNextAllocation() noexcept;

}  // namespace sigproof::stepping
