// For tests: how often the calling thread took memory from the free store.
//
//   const AllocationCount allocations;
//   registry.deliver();
//   EXPECT_EQ(allocations.soFar(), 0u);
#pragma once

#include <cstdint>

namespace sigproof {

/// Counts the calling thread's calls of `operator new`, which core_test replaces, since it was
/// made.
class AllocationCount {
 public:
  AllocationCount() noexcept;
  std::uint64_t soFar() const noexcept;

 private:
  std::uint64_t before_;
};

}  // namespace sigproof
