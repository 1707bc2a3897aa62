#include "reports/record/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "reports/html/html_checks.h"
#include "reports/junit_report.h"
#include "reports/test_records.h"

namespace sigproof::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string throwing() { throw std::out_of_range("no such place"); }

Record failedRecord() { return makeRecord("model/a", Kind::kModel, Verdict::kFailed); }

TEST(Explain, WhatCanBeMadeStandsInTheRecordAndNoNoteDoes) {
  Record record = failedRecord();
  explain(record, "trace", [] { return "step 1"; });
  EXPECT_EQ(record.detail.at("trace"), "step 1");
  EXPECT_FALSE(record.detail.contains(kNotExplained));
}

TEST(Explain, WhatThrowsIsALineBesideAVerdictThatStands) {
  Record record = failedRecord();
  explain(record, "trace", [] { return throwing(); });
  explain(record, "interleaving", []() -> nlohmann::json { throw 7; });
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_FALSE(record.detail.contains("trace"));
  EXPECT_EQ(record.detail.at(kNotExplained),
            "the trace could not be made: no such place\n"
            "the interleaving could not be made: something was thrown that is no exception");
  EXPECT_THAT(junitReport(makeRun(), {record}), HasSubstr("no such place"));
  EXPECT_THAT(problem(record).str(), HasSubstr("What could not be explained"));
}

TEST(Explain, ATextIsReplacedByItsNote) {
  EXPECT_EQ(explained("the line", [] { return throwing(); }),
            "the line could not be made: no such place");
  EXPECT_EQ(explained("the line", [] { return "a.h:7"; }), "a.h:7");
}

TEST(Explain, AVerdictIsToldInOneLine) {
  testing::internal::CaptureStderr();
  tellVerdict("L3", "expected\none thing");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "SIGPROOF VIOLATION L3: expected one thing\n");
}

TEST(Explain, ARecordIsALineOfJsonWhateverItsTextsHold) {
  Record record = failedRecord();
  record.summary = "\xFF";
  record.detail["trace"] = "printed by a symbolizer: \xFE\n";
  const std::string line = toLine(record);
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_EQ(recordFromJson(nlohmann::json::parse(line)).verdict, Verdict::kFailed);
}

TEST(HtmlReport, APartThatCanNotBeDrawnIsAParagraphAmongTheOthers) {
  const Markup part = drawn("the heat map", []() -> Markup { return text(throwing()); });
  EXPECT_THAT(part.str(), HasSubstr("the heat map could not be made: no such place"));
  EXPECT_EQ(drawn("the heat map", [] { return text("x"); }).str(), "x");
}

}  // namespace
}  // namespace sigproof::reports
