#include "core/testing/preempt_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "core/list/atomic_list.h"

namespace sigproof {
namespace {

TEST(PreemptPolicy, WithoutAHookItIsTheProductionPolicy) {
  PreemptPolicy::Atomic<int> value(1);
  value.store(2, std::memory_order_seq_cst);
  EXPECT_EQ(value.fetchAdd(3, std::memory_order_seq_cst), 2);
  EXPECT_EQ(value.load(std::memory_order_seq_cst), 5);
  alignas(4) std::byte word[4]{};
  PreemptPolicy::storeWord(word, 0x01020304);
  EXPECT_EQ(PreemptPolicy::loadWord(word), 0x01020304u);
}

TEST(PreemptPolicy, TheHookRunsBeforeEveryStep) {
  PreemptPolicy::Atomic<int> value(0);
  alignas(4) std::byte word[4]{};
  std::vector<int> seen;
  auto look = [&]() noexcept { seen.push_back(value.load(std::memory_order_relaxed)); };
  const PreemptPolicy::ScopedHook hook(look);
  value.store(1, std::memory_order_seq_cst);
  value.storeOwned(2);
  value.fetchAdd(1, std::memory_order_seq_cst);
  value.fetchSub(2, std::memory_order_seq_cst);
  int expected = 1;
  EXPECT_TRUE(value.compareExchange(expected, 7, std::memory_order_seq_cst));
  EXPECT_FALSE(value.compareExchange(expected, 8, std::memory_order_seq_cst));
  EXPECT_EQ(expected, 7);
  EXPECT_EQ(value.fetchOr(8, std::memory_order_seq_cst), 7);
  value.storeOwned(1);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 1, 7, 7, 15}));
  seen.clear();
  value.load(std::memory_order_seq_cst);
  value.loadOwned();
  PreemptPolicy::storeWord(word, 1);
  PreemptPolicy::loadWord(word);
  PreemptPolicy::destroy(PreemptPolicy::create<int>(1));
  PreemptPolicy::yield();
  PreemptPolicy::preempt();
  EXPECT_EQ(seen, std::vector<int>(8, 1));
}

TEST(PreemptPolicy, TheDepthBoundsHowDeepHandlersNest) {
  for (const unsigned max_depth : {0u, 1u, 2u, 5u}) {
    unsigned depth = 0;
    unsigned deepest = 0;
    auto nest = [&]() noexcept {
      ++depth;
      deepest = std::max(deepest, depth);
      PreemptPolicy::preempt();
      --depth;
    };
    const PreemptPolicy::ScopedHook hook(nest, max_depth);
    PreemptPolicy::preempt();
    EXPECT_EQ(deepest, max_depth);
  }
}

TEST(PreemptPolicy, AnInnerHookReplacesTheOuterOneForItsScope) {
  int outer_calls = 0;
  int inner_calls = 0;
  auto outer_function = [&]() noexcept { ++outer_calls; };
  auto inner_function = [&]() noexcept { ++inner_calls; };
  const PreemptPolicy::ScopedHook outer(outer_function);
  PreemptPolicy::preempt();
  {
    const PreemptPolicy::ScopedHook inner(inner_function);
    PreemptPolicy::preempt();
  }
  PreemptPolicy::preempt();
  EXPECT_EQ(outer_calls, 2);
  EXPECT_EQ(inner_calls, 1);
}

TEST(PreemptPolicy, AHookIsOfItsThreadOnly) {
  int calls = 0;
  auto count = [&]() noexcept { ++calls; };
  const PreemptPolicy::ScopedHook hook(count);
  std::thread([] { PreemptPolicy::preempt(); }).join();
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace sigproof
