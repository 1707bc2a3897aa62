#include "fuzz/support/node_arena.h"

#include <gtest/gtest.h>
#include <sanitizer/asan_interface.h>

#include "fuzz/support/allocation_watch.h"

namespace sigproof::fuzz {
namespace {

constexpr std::size_t kSize = 40;
constexpr std::size_t kAlignment = 8;

TEST(NodeArena, TheSameRunHasItsNodesAtTheSameAddresses) {
  NodeArena::beginRun();
  void* const first = NodeArena::take(kSize, kAlignment);
  void* const second = NodeArena::take(kSize, kAlignment);
  EXPECT_LT(first, second);
  NodeArena::giveBack(first, kSize);
  EXPECT_NE(NodeArena::take(kSize, kAlignment), first) << "nothing is used twice in a run";
  NodeArena::beginRun();
  EXPECT_EQ(NodeArena::take(kSize, kAlignment), first);
  EXPECT_EQ(NodeArena::take(kSize, kAlignment), second);
}

TEST(NodeArena, WhatIsFreedAndWhatLiesAroundANodeIsPoisoned) {
  NodeArena::beginRun();
  auto* const node = static_cast<std::byte*>(NodeArena::take(kSize, kAlignment));
  EXPECT_FALSE(__asan_region_is_poisoned(node, kSize));
  EXPECT_TRUE(__asan_address_is_poisoned(node - 1));
  EXPECT_TRUE(__asan_address_is_poisoned(node + kSize));
  NodeArena::giveBack(node, kSize);
  EXPECT_TRUE(__asan_address_is_poisoned(node));
  EXPECT_TRUE(__asan_address_is_poisoned(node + kSize - 1));
}

TEST(NodeArena, AllocationsAndReleasesAreSeen) {
  NodeArena::beginRun();
  const AllocationWatch watch;
  void* const node = NodeArena::take(kSize, kAlignment);
  EXPECT_EQ(watch.count(), 1U);
  NodeArena::giveBack(node, kSize);
  EXPECT_EQ(watch.count(), 2U);
}

TEST(NodeArenaDeathTest, MoreThanThereIsEndsTheProcess) {
  NodeArena::beginRun();
  EXPECT_DEATH(NodeArena::take(NodeArena::kBytes, kAlignment), "more nodes than NodeArena");
}

}  // namespace
}  // namespace sigproof::fuzz
