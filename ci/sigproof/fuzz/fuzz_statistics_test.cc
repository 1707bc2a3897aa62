#include "ci/sigproof/fuzz/fuzz_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sigproof::tool {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(FuzzStatistics, TheCorpusGrowthIsReadOffLibFuzzersOwnLines) {
  const json growth = corpusGrowth(
      "INFO: Seed: 7\n"
      "#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 40Mb\n"
      "#3\tNEW    cov: 12 ft: 14 corp: 2/9b lim: 384 exec/s: 0 rss: 40Mb L: 8/8 MS: 1 Custom-\n"
      "#4096\tpulse  cov: 20 ft: 33 corp: 12/900b lim: 384 exec/s: 2048 rss: 41Mb\n"
      "#5000\tDONE   cov: 21 ft: 34 corp: 13/990b lim: 384 exec/s: 2500 rss: 41Mb\n");
  ASSERT_EQ(growth.size(), 3U);
  EXPECT_EQ(growth[1],
            (json{{"executions", 4096.0}, {"seconds", 2.0}, {"features", 33}, {"inputs", 12}}));
  EXPECT_EQ(growth[2]["inputs"], 13);
}

TEST(FuzzStatistics, OutputWithoutSuchLinesHasNoGrowth) {
  EXPECT_EQ(corpusGrowth("a sanitizer's report\n#0 0x1234 in main\n"), json::array());
}

reports::Record recordWith(json statistics) {
  reports::Record record;
  record.executions = 1000;
  record.seconds = 2;
  if (!statistics.is_null()) record.detail["statistics"] = std::move(statistics);
  return record;
}

TEST(FuzzStatistics, SharesAreOfTheRequests) {
  reports::Record record = recordWith({{"runs", 50},
                                       {"ways", {{"new", 60}, {"subclass", 40}}},
                                       {"instantiations", {{"made", 70}, {"LinkError", 30}}},
                                       {"outcomes", {{"registered", 40}, {"overlap", 3}}},
                                       {"rules", {{"R1", 12}, {"R9", 2}}},
                                       {"wasted", {{"trapped", 10}}}});
  const std::string words = addStatistics(record);
  EXPECT_EQ(
      words,
      ", 500 a second; of 100 requests 70 % made an instance, 40 % registered; 20 % of the "
      "runs registered nothing; rarest of the rules: R9 2; rarest of the outcomes: overlap 3");
  EXPECT_EQ(record.detail["executions_per_s"], 500);
  EXPECT_EQ(record.detail["registered_percent"], 40);
}

TEST(FuzzStatistics, ATargetThatCountsNothingTellsItsSpeed) {
  reports::Record record = recordWith(nullptr);
  EXPECT_EQ(addStatistics(record), ", 500 a second");
}

}  // namespace
}  // namespace sigproof::tool
