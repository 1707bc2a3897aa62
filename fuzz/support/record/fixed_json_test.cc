#include "fuzz/support/record/fixed_json.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace sigproof::fuzz {
namespace {

TEST(FixedJson, TextIsReadBackAsItWas) {
  const std::string text("quote \" backslash \\ line\n tab\t nul\0 \x1f umlaut \xc3\xa4", 44);
  const auto json = std::make_unique<FixedJson>();
  json->text(text);
  EXPECT_EQ(nlohmann::json::parse(json->view()), text);
}

TEST(FixedJson, NumbersAreWhole) {
  const auto json = std::make_unique<FixedJson>();
  json->number(UINT64_MAX);
  EXPECT_EQ(json->view(), "18446744073709551615");
}

TEST(FixedJson, ATextThatIsTooLongLosesItsEndAndWhatFollowsStillFits) {
  const auto json = std::make_unique<FixedJson>();
  json->raw("[");
  json->text(std::string(FixedJson::kCapacity, '\1'), 100);
  json->raw(",");
  json->text("after");
  json->raw("]");
  EXPECT_TRUE(json->isWhole());
  const auto read = nlohmann::json::parse(json->view());
  EXPECT_EQ(read[1], "after");
  EXPECT_GT(read[0].get<std::string>().size(), FixedJson::kCapacity / 8);
}

TEST(FixedJson, WhatDoesNotFitIsNotHalfThere) {
  const auto json = std::make_unique<FixedJson>();
  json->raw(std::string(FixedJson::kCapacity - 1, ' '));
  json->raw("ab");
  EXPECT_FALSE(json->isWhole());
  EXPECT_EQ(json->view().size(), FixedJson::kCapacity - 1);
  json->clear();
  EXPECT_TRUE(json->isWhole());
}

}  // namespace
}  // namespace sigproof::fuzz
