#include "fuzz/oracles/lifecycle_oracle.h"

#include <gtest/gtest.h>

#include <string>

namespace sigproof::fuzz {
namespace {

using Instance = LifecycleOracle::Instance;
using Seen = LifecycleOracle::Seen;

/// The property that the oracle finds broken; "" if none.
std::string judged(LifecycleOracle& oracle, const Seen& seen) {
  const auto violation = oracle.judge(seen);
  return violation ? violation->property.ids() : "";
}

LifecycleOracle twoListening() {
  LifecycleOracle oracle;
  oracle.listen();
  oracle.listen();
  return oracle;
}

TEST(LifecycleOracle, AcceptsWordsThatFollowTheLevel) {
  LifecycleOracle oracle = twoListening();
  EXPECT_EQ(judged(oracle, {.entry_count = 2, .instances = {{}, {}}}), "");
  EXPECT_EQ(judged(oracle, {.is_warned = true,
                            .must_be_warned = true,
                            .entry_count = 2,
                            .is_collected = true,
                            .instances = {{.signal = 24}, {.signal = 24}}}),
            "");
}

TEST(LifecycleOracle, D6_RefusesAWordThatDoesNotFollowTheLevelAndALostWarning) {
  LifecycleOracle oracle = twoListening();
  EXPECT_EQ(
      judged(oracle,
             {.is_warned = true, .entry_count = 2, .instances = {{.signal = 24}, {.signal = 0}}}),
      "D6");
  EXPECT_EQ(judged(oracle, {.entry_count = 2, .instances = {{.signal = 24}, {}}}), "D6");
  EXPECT_EQ(judged(oracle, {.must_be_warned = true, .entry_count = 2, .instances = {{}, {}}}),
            "D6");
}

TEST(LifecycleOracle, D1_RefusesOtherValuesAndOtherBytes) {
  LifecycleOracle oracle = twoListening();
  EXPECT_EQ(judged(oracle, {.entry_count = 2, .instances = {{.signal = 23}, {}}}), "D1");
  EXPECT_EQ(judged(oracle, {.entry_count = 2, .instances = {{.terminated = 1}, {}}}), "D1");
  EXPECT_EQ(judged(oracle, {.entry_count = 2, .instances = {{.is_rest_untouched = false}, {}}}),
            "D1");
}

TEST(LifecycleOracle, D2_ADeadOneIsWrittenAtMostByADeliveryThatHadBegunBefore) {
  LifecycleOracle oracle = twoListening();
  oracle.terminate(0, 7);
  const Instance dead{.signal = 24, .terminated = 7};
  EXPECT_EQ(judged(oracle, {.entry_count = 2, .instances = {dead, {}}}), "");
  EXPECT_EQ(judged(oracle, {.entry_count = 1, .instances = {dead, {}}}), "");
  EXPECT_EQ(judged(oracle, {.entry_count = 1, .instances = {{.terminated = 7}, {}}}), "D2");
}

TEST(LifecycleOracle, G1_RefusesALiveOneWithoutAnEntryAndAnEntryThatOutlivesACollection) {
  LifecycleOracle oracle = twoListening();
  EXPECT_EQ(judged(oracle, {.entry_count = 1, .instances = {{}, {}}}), "G1");
  oracle.drop(0);
  EXPECT_EQ(judged(oracle, {.entry_count = 2, .instances = {{}}}), "") << "not collected yet";
  EXPECT_EQ(judged(oracle, {.entry_count = 2, .is_collected = true, .instances = {{}}}), "G1");
  oracle.dispose();
  EXPECT_EQ(judged(oracle, {.is_collected = true, .instances = {}}), "");
}

TEST(LifecycleOracle, T1_RefusesAnInstanceThatIsMissing) {
  LifecycleOracle oracle = twoListening();
  EXPECT_EQ(judged(oracle, {.entry_count = 2, .instances = {{}}}), "T1");
}

}  // namespace
}  // namespace sigproof::fuzz
