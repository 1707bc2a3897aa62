#include "core/testing/allocation_count.h"

#include <gtest/gtest.h>

#include <new>

namespace sigproof {
namespace {

TEST(AllocationCount, CountsWhatThisThreadAllocates) {
  const AllocationCount count;
  EXPECT_EQ(count.soFar(), 0u);
  // Calls the operators directly, because an optimiser may leave out a `new` expression.
  ::operator delete(::operator new(1));
  ::operator delete[](::operator new[](100));
  EXPECT_EQ(count.soFar(), 2u);
}

TEST(AllocationsFail, UntilTheirScopeEnds) {
  if (!AllocationsFail::isSupported()) GTEST_SKIP() << "a sanitizer has an operator new of its own";
  bool has_failed = false;
  {
    const AllocationsFail no_memory;
    try {
      ::operator delete(::operator new(1));
    } catch (const std::bad_alloc&) {
      has_failed = true;
    }
  }
  EXPECT_TRUE(has_failed);
  EXPECT_NO_THROW(::operator delete(::operator new(1)));
}

}  // namespace
}  // namespace sigproof
