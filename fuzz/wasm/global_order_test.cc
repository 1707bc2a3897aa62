#include "fuzz/wasm/global_order.h"

#include <gtest/gtest.h>

namespace sigproof::fuzz {
namespace {

// Globals that are told apart by their bits; each is named from somewhere.
ModulePlan unorderedPlan() {
  ModulePlan plan;
  plan.globals = {{.is_mutable = true, .bits = 10},
                  {.bits = 11, .is_imported = true},
                  {.bits = 12, .copied_from = 3},
                  {.bits = 13, .is_imported = true}};
  plan.exports = {{"zero", ExternalKind::kGlobal, 0},
                  {"two", ExternalKind::kGlobal, 2},
                  {"function", ExternalKind::kFunction, 2}};
  plan.start = {{.kind = StartAction::Kind::kSetGlobal, .value = 5, .global = 0},
                {.kind = StartAction::Kind::kStore, .address = 8}};
  return plan;
}

std::vector<std::uint64_t> bitsOf(const ModulePlan& plan) {
  std::vector<std::uint64_t> bits;
  for (const GlobalPlan& global : plan.globals) bits.push_back(global.bits);
  return bits;
}

TEST(GlobalOrder, ImportsComeFirstAndEverythingNamesTheSameGlobalStill) {
  ModulePlan plan = unorderedPlan();
  bringImportsToFront(plan);
  EXPECT_EQ(bitsOf(plan), (std::vector<std::uint64_t>{11, 13, 10, 12}));
  EXPECT_EQ(plan.exports[0].index, 2U);
  EXPECT_EQ(plan.exports[1].index, 3U);
  EXPECT_EQ(plan.exports[2].index, 2U) << "a function's index is no global's";
  EXPECT_EQ(plan.globals[3].copied_from, 1U);
  EXPECT_EQ(plan.start[0].global, 2U);
  EXPECT_EQ(plan.start[1].global, 0U) << "a store names no global";
}

TEST(GlobalOrder, ARemovedGlobalIsNoLongerSet) {
  ModulePlan plan = unorderedPlan();
  plan.exports.erase(plan.exports.begin());
  removeGlobal(plan, 0);
  EXPECT_EQ(bitsOf(plan), (std::vector<std::uint64_t>{11, 13, 12}));
  EXPECT_EQ(plan.exports[0].index, 2U);
  ASSERT_EQ(plan.start.size(), 1U);
  EXPECT_EQ(plan.start[0].kind, StartAction::Kind::kStore);
}

}  // namespace
}  // namespace sigproof::fuzz
