// For tests: how often the calling thread took memory from the free store.
//
//   const AllocationCount allocations;
//   registry.deliver();
//   EXPECT_EQ(allocations.soFar(), 0u);
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

}  // namespace sigproof
