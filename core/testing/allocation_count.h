// For tests: how often the calling thread took memory from the free store, and an end of it.
//
//   const AllocationCount allocations;
//   registry.deliver();
//   EXPECT_EQ(allocations.soFar(), 0u);
//   const AllocationsFail no_memory;   // every `new` of this thread throws until the scope's end
#pragma once

#include <cstdint>

namespace sigproof {

/// Counts the calling thread's calls of `operator new` since it was made. Only in core_test, which
/// replaces that operator, or asks the sanitizers.
class AllocationCount {
 public:
  AllocationCount() noexcept;
  std::uint64_t soFar() const noexcept;

 private:
  std::uint64_t before_;
};

/// As long as it lives, the calling thread's `operator new` throws std::bad_alloc. Only in
/// core_test.
class AllocationsFail {
 public:
  /// False under a sanitizer, which has an operator of its own: then nothing fails.
  static bool isSupported() noexcept;

  AllocationsFail() noexcept;
  ~AllocationsFail();
  AllocationsFail(const AllocationsFail&) = delete;
  AllocationsFail& operator=(const AllocationsFail&) = delete;
};

}  // namespace sigproof
