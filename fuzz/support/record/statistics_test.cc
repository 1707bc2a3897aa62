#include "fuzz/support/record/statistics.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

namespace sigproof::fuzz {
namespace {

TEST(Statistics, CountersAreWrittenAsNestedMembers) {
  Statistics::counter("runs") = 3;
  Statistics::counter("outcomes/registered") = 2;
  Statistics::counter("outcomes/overlap") = 5;
  Statistics::counter("ways/\"new\"") = 4;
  ++Statistics::counter("runs");
  const auto text = std::make_unique<FixedJson>();
  Statistics::writeTo(*text);
  const auto json = nlohmann::json::parse(text->view());
  EXPECT_EQ(json["runs"], 4);
  EXPECT_EQ(json["outcomes"], (nlohmann::json{{"registered", 2}, {"overlap", 5}}));
  EXPECT_EQ(json["ways"]["\"new\""], 4);
}

}  // namespace
}  // namespace sigproof::fuzz
