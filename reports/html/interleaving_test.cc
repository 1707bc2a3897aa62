#include "reports/html/interleaving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sigproof::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

nlohmann::json staleRead() {
  return {{"columns", {"owner", "reader"}},
          {"steps",
           {{{"column", 0}, {"does", "head_ := node 1"}, {"order", "release"}, {"at", "list.h:7"}},
            {{"column", 0}, {"does", "head_ := null"}},
            {{"column", 1}, {"does", "head_ -> node 1"}, {"stale", true}, {"from", 0}},
            {{"column", 1}, {"does", "L4: freed"}, {"broken", true}}}}};
}

TEST(Interleaving, ADrawingHasALaneForEachThreadAndMarksWhatIsStale) {
  const std::string drawing = interleavingDrawing(staleRead()).str();
  for (const char* part : {"<svg", "owner", "reader", "head_ := null", "release", "list.h:7",
                           "class=\"read stale\"", "class=\"broken\""}) {
    EXPECT_THAT(drawing, HasSubstr(part));
  }
}

TEST(Interleaving, AnExpectedReadOfTheOwnLaneHasNoArrow) {
  nlohmann::json json = staleRead();
  json["steps"][2] = {{"column", 0}, {"does", "head_ -> null"}, {"from", 1}};
  EXPECT_THAT(interleavingDrawing(json).str(), Not(HasSubstr("<path")));
}

TEST(Interleaving, WhatIsNoInterleavingIsNotDrawn) {
  nlohmann::json no_such_lane = staleRead();
  no_such_lane["steps"][0]["column"] = 2;
  nlohmann::json no_lane = staleRead();
  no_lane["steps"][0].erase("column");
  for (const nlohmann::json& json :
       {nlohmann::json(), nlohmann::json("text"), nlohmann::json::object(), no_such_lane, no_lane,
        nlohmann::json{{"columns", {"a"}}, {"steps", nlohmann::json::array()}},
        nlohmann::json{{"columns", 3}, {"steps", 4}}}) {
    EXPECT_TRUE(interleavingDrawing(json).isEmpty()) << json;
  }
}

TEST(Interleaving, AReadFromAStepThatIsNotShownBeforeHasNoArrow) {
  nlohmann::json json = staleRead();
  json["steps"][2]["from"] = 3;
  EXPECT_THAT(interleavingDrawing(json).str(), Not(HasSubstr("<path")));
}

}  // namespace
}  // namespace sigproof::reports
