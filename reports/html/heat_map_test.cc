#include "reports/html/heat_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/html/html_checks.h"
#include "reports/html/html_report.h"
#include "reports/test_records.h"

namespace sigproof::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

nlohmann::json attempt(const char* check, const char* outcome, double seconds) {
  return {{"check", check},
          {"outcome", outcome},
          {"verdict", outcome == std::string("caught") ? "failed" : "passed"},
          {"seconds", seconds},
          {"executions", 12}};
}

Record mutant(const std::string& name, const std::vector<nlohmann::json>& attempts) {
  Record record = makeRecord("mutant/" + name, Kind::kMutant, Verdict::kPassed);
  record.detail = {{"caught_by", attempts}};
  return record;
}

TEST(HeatMap, ACatchIsItsSecondsInWordsAndInColour) {
  const std::string html = heatMapSection({mutant("quick", {attempt("model/a", "caught", 0.02)}),
                                           mutant("slow", {attempt("model/a", "caught", 75)})})
                               .str();
  EXPECT_THAT(html, HasSubstr("class=\"heat0\""));
  EXPECT_THAT(html, HasSubstr(">0.02</td>"));
  EXPECT_THAT(html, HasSubstr("class=\"heat4\""));
  EXPECT_THAT(html, HasSubstr(">75</td>"));
  EXPECT_THAT(html, HasSubstr("caught by model/a (20 ms, 12 executions)"));
}

TEST(HeatMap, WhatWasMissedAcceptedOrNotRunIsNoNumber) {
  Record accepted = mutant("accepted", {attempt("model/a", "missed", 1)});
  accepted.detail["accepted_because"] = "safe";
  const std::string html =
      heatMapSection({mutant("missed", {attempt("model/a", "missed", 1)}), accepted,
                      mutant("cut", {attempt("model/a", "not run", 0)})})
          .str();
  EXPECT_THAT(html, HasSubstr(">missed</td>"));
  EXPECT_THAT(html, HasSubstr(">accepted</td>"));
  EXPECT_THAT(html, HasSubstr(">not run</td>"));
  EXPECT_THAT(html, Not(HasSubstr("<td class=\"heat")));
}

TEST(HeatMap, TheChecksOwnRecordsAreTheControl) {
  const Record known_bug = mutant("bug", {attempt("model/a", "caught", 1)});
  EXPECT_THAT(heatMapSection({known_bug}).str(), Not(HasSubstr("control)")));
  const std::string html =
      heatMapSection({makeRecord("model/a", Kind::kModel, Verdict::kPassed), known_bug}).str();
  EXPECT_THAT(html, HasSubstr("none (the control)"));
  EXPECT_THAT(html, HasSubstr("class=\"control\""));
}

TEST(HeatMap, RecordsWithoutOutcomesMakeNone) {
  EXPECT_TRUE(heatMapSection({}).isEmpty());
  Record odd = mutant("odd", {nlohmann::json::object({{"check", 1}}), nlohmann::json(3),
                              nlohmann::json::object({{"outcome", "caught"}})});
  EXPECT_TRUE(heatMapSection({odd}).isEmpty());
}

TEST(HeatMap, TheFirstPageCountsTheAccepted) {
  Record accepted = mutant("accepted", {attempt("model/a", "missed", 1)});
  accepted.detail["accepted_because"] = "safe";
  const std::string page =
      htmlReport(makeRun(), {accepted, mutant("bug", {attempt("model/a", "caught", 1)})});
  EXPECT_THAT(page, HasSubstr("<small>1 caught, 1 accepted</small>"));
  EXPECT_THAT(page, HasSubstr(">accepted</span>"));
  EXPECT_TRUE(isAccepted(accepted));
}

}  // namespace
}  // namespace sigproof::reports
