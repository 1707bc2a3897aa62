// Tells whether anything is allocated or freed while a handler runs (L2, D1). Works in programs
// that are built with AddressSanitizer, whose allocator has hooks; elsewhere it sees nothing.
//
//   AllocationWatch watch;
//   list.iterate(...);
//   if (watch.count() != 0) ...
#pragma once

#include <cstdint>

namespace sigproof::fuzz {

class AllocationWatch {
 public:
  AllocationWatch() noexcept : start_(total()) {}

  /// Allocations and releases on this thread since the watch was made.
  std::uint64_t count() const noexcept { return total() - start_; }

  /// Counts one that no allocator sees (NodeArena).
  static void note() noexcept;

  /// Whether allocations are seen in this program.
  static bool isAvailable() noexcept;

 private:
  static std::uint64_t total() noexcept;

  std::uint64_t start_;
};

}  // namespace sigproof::fuzz
