// For tests: counts the calling thread's allocations, and makes them fail.
//
//   const AllocationCount allocations;
//   registry.deliver();
//   EXPECT_EQ(allocations.soFar(), 0u);
//   const AllocationsFail no_memory;   // every `new` of this thread throws until the scope's end
#pragma once

#include <cstdint>

namespace sigproof {

/// Counts the calling thread's calls of `operator new` since it was made. Works only in core_test,
/// which replaces that operator, or asks the sanitizers.
class AllocationCount {
 public:
  AllocationCount() noexcept;
  std::uint64_t soFar() const noexcept;

 private:
  std::uint64_t before_;
};

/// While it lives, the calling thread's `operator new` throws std::bad_alloc. Works only in
/// core_test.
class AllocationsFail {
 public:
  /// Returns false under a sanitizer, which has an operator of its own: then nothing fails.
  static bool isSupported() noexcept;

  AllocationsFail() noexcept;
  ~AllocationsFail();
  AllocationsFail(const AllocationsFail&) = delete;
  AllocationsFail& operator=(const AllocationsFail&) = delete;
};

}  // namespace sigproof
