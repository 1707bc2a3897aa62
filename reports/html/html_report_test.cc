#include "reports/html/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "reports/html/html_checks.h"
#include "reports/junit_report.h"
#include "reports/test_records.h"

namespace sigproof::reports {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostile = "<script>alert(1)</script>\"'&\x01\xFF";

// Returns the first place where an element is not closed in order, or where a stray '<' or a
// control character is. That is enough for what Markup makes; void elements are listed.
std::string firstFault(std::string_view markup) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = markup.find('<', at)) != std::string_view::npos;) {
    const std::size_t end = markup.find('>', at);
    if (end == std::string_view::npos) return "a tag is not ended";
    const std::string_view tag = markup.substr(at + 1, end - at - 1);
    at = end;
    if (tag.starts_with('!') || tag.starts_with('?') || tag.starts_with("meta ")) continue;
    if (tag.find('<') != std::string_view::npos) return "a stray <";
    const std::string name(tag.substr(0, tag.find(' ')));
    if (!name.starts_with('/')) {
      open.push_back(name);
    } else {
      if (open.empty() || '/' + open.back() != name) return "unexpected " + name;
      open.pop_back();
    }
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

std::vector<Record> hostileRecords() {
  std::vector<Record> records;
  for (const Kind kind : kKinds) {
    for (const Verdict verdict :
         {Verdict::kPassed, Verdict::kFailed, Verdict::kUnfinished, Verdict::kSkipped}) {
      Record record = makeRecord(toString(kind) + '/' + kHostile, kind, verdict);
      record.seed = kHostile;
      record.engine = record.summary = record.covered = record.cannot_see = kHostile;
      record.replay = kHostile;
      record.detail = {{"trace", kHostile},
                       {"interleaving",
                        {{"columns", {kHostile, "b"}},
                         {"steps",
                          {{{"column", 0}, {"does", kHostile}, {"order", kHostile}},
                           {{"column", 1},
                            {"does", kHostile},
                            {"from", 0},
                            {"stale", true},
                            {"at", kHostile}}}}}},
                       {"growth",
                        {{"series", kHostile},
                         {"operations", 3},
                         {"search", kHostile},
                         {"executions", 7},
                         {"seconds", kHostile}}},
                       {"module_text", kHostile},
                       {"output", kHostile},
                       {kHostile, kHostile},
                       {"outcomes", {{kHostile, 1}, {"b", 2}}},
                       {"rows", {{{kHostile, kHostile}}, {{"b", nullptr}}}},
                       {"list", {kHostile, 1, -2, 0.5, true}},
                       {"caught_by", {{{"check", kHostile}, {"verdict", kHostile}}, 3}}};
      records.push_back(record);
    }
  }
  return records;
}

std::string html(const std::vector<Record>& records) { return htmlReport(makeRun(), records); }

TEST(HtmlReport, HostileTextsStayTexts) {
  const std::string page = html(hostileRecords());
  EXPECT_EQ(firstFault(page), "");
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("\x01")));
  EXPECT_THAT(page, Not(HasSubstr("\xFF")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
}

TEST(HtmlReport, NeedsNoNetworkAndRunsNoScript) {
  const std::string page = html({makeRecord("model/push", Kind::kModel, Verdict::kPassed)});
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* const load : {"http:", "https:", "src=", "<link", "@import", "url("}) {
    EXPECT_THAT(page, Not(HasSubstr(load)));
  }
}

TEST(HtmlReport, TheHeadlineSaysPassedOnlyIfEveryCheckDid) {
  const auto passed = makeRecord("model/a", Kind::kModel, Verdict::kPassed);
  const auto failed = makeRecord("model/b", Kind::kModel, Verdict::kFailed);
  const auto unfinished = makeRecord("model/c", Kind::kModel, Verdict::kUnfinished);
  const auto skipped = makeRecord("model/d", Kind::kModel, Verdict::kSkipped);
  const auto headline = [](const std::vector<Record>& records) {
    const std::string page = html(records);
    const std::size_t begin = page.find("<h1>") + 4;
    return page.substr(begin, page.find("</h1>") - begin);
  };
  EXPECT_EQ(headline({passed, passed}), "All 2 checks passed");
  EXPECT_EQ(headline({passed}), "The one check passed");
  EXPECT_EQ(headline({passed, skipped}), "1 check passed, 1 skipped");
  EXPECT_EQ(headline({passed, failed, skipped}), "1 of 3 checks failed");
  EXPECT_EQ(headline({passed, unfinished}), "1 of 2 checks did not finish");
  EXPECT_EQ(headline({failed, unfinished}), "1 of 2 checks failed, 1 did not finish");
  EXPECT_EQ(headline({skipped}), "Nothing was checked: all 1 skipped");
  EXPECT_EQ(headline({}), "No check ran");
}

TEST(HtmlReport, AFailureComesFirstWithItsEvidence) {
  auto model = makeRecord("model/b", Kind::kModel, Verdict::kFailed);
  model.detail["trace"] = "thread 1: store head";
  auto fuzz = makeRecord("fuzz/shim", Kind::kFuzz, Verdict::kFailed);
  fuzz.detail["module_text"] = "(module)";
  const std::string page =
      html({makeRecord("model/a", Kind::kModel, Verdict::kPassed), model, fuzz});
  const std::string problems =
      page.substr(page.find("id=\"problems\""), page.find("id=\"kind-model\""));
  EXPECT_THAT(problems, HasSubstr("thread 1: store head"));
  EXPECT_THAT(problems, HasSubstr("(module)"));
  EXPECT_THAT(problems, HasSubstr("sigproof model replay model/b --state"));
}

std::string propertyState(const std::string& page, Property property) {
  const std::size_t row = page.find("<tr id=\"property-" + property.anchor() + "\"");
  const std::size_t state = page.find("class=\"state\">", row) + 14;
  return page.substr(state, page.find("</td>", state) - state);
}

TEST(HtmlReport, APropertyWithoutAFinishedCheckIsNotCalledDefended) {
  auto passed = makeRecord("model/a", Kind::kModel, Verdict::kPassed);
  passed.properties = {"L3", "L4", "L5"};
  auto failed = makeRecord("model/b", Kind::kModel, Verdict::kFailed);
  failed.properties = {"L4"};
  auto unfinished = makeRecord("model/c", Kind::kModel, Verdict::kUnfinished);
  unfinished.properties = {"L5", "L6"};
  auto skipped = makeRecord("stepping/d", Kind::kStepping, Verdict::kSkipped);
  skipped.properties = {"L7"};
  auto mutant = makeRecord("mutant/e", Kind::kMutant, Verdict::kPassed);
  mutant.properties = {"R3"};
  const std::string page = html({passed, failed, unfinished, skipped, mutant});
  EXPECT_EQ(propertyState(page, "L3"), "held where looked at");
  EXPECT_EQ(propertyState(page, "L4"), "broken");
  EXPECT_EQ(propertyState(page, "L5"), "not all checks finished");
  EXPECT_EQ(propertyState(page, "L6"), "not all checks finished");
  for (const Property property : {Property("L7"), Property("R3"), Property("L1"), Property("T9")}) {
    EXPECT_EQ(propertyState(page, property), "not defended by this run") << property.id();
  }
}

TEST(HtmlReport, WhatCoreDoesNotHoldYetIsNeitherDefendedNorMerelyUndefended) {
  auto passed = makeRecord("model/a", Kind::kModel, Verdict::kPassed);
  passed.properties = {"R13", "L8"};
  const std::string page = html({passed});
  EXPECT_EQ(propertyState(page, "R13"), "not held by core yet");
  EXPECT_EQ(propertyState(page, "D8"), "not held by core yet");
  EXPECT_EQ(propertyState(page, "L8"), "held by core in part; held where looked at");
  EXPECT_EQ(propertyState(page, "G5"), "held by core in part; not defended by this run");
  passed.verdict = Verdict::kFailed;
  EXPECT_EQ(propertyState(html({passed}), "R13"), "broken");
}

// The values of an attribute, wherever it stands.
std::vector<std::string> valuesOf(const std::string& page, const std::string& attribute) {
  std::vector<std::string> values;
  const std::string begin = ' ' + attribute + "=\"";
  for (std::size_t at = 0; (at = page.find(begin, at)) != std::string::npos;) {
    at += begin.size();
    values.push_back(page.substr(at, page.find('"', at) - at));
  }
  return values;
}

TEST(HtmlReport, EveryLinkLeadsToSomethingOnThePageAndNoAnchorIsTwice) {
  std::vector<Record> records;
  for (const Kind kind : kKinds) {
    Record record = makeRecord(toString(kind) + "/a", kind, Verdict::kFailed);
    const auto all = Property::all();
    record.properties = {all.begin(), all.end()};
    record.summary = "L3/L4: missed; see R10_ATest";
    record.detail = {{"trace", "D1: wrong"},
                     {"output", "SIGPROOF VIOLATION R4: overlap"},
                     {"caught_by", {{{"check", "model/a"}, {"verdict", "failed"}}}}};
    records.push_back(record);
  }
  const std::string page = html(records);
  const std::vector<std::string> anchors = valuesOf(page, "id");
  EXPECT_EQ(std::set(anchors.begin(), anchors.end()).size(), anchors.size());
  std::set<std::string> linked;
  for (const std::string& href : valuesOf(page, "href")) {
    ASSERT_TRUE(href.starts_with('#')) << href;
    EXPECT_THAT(anchors, Contains(href.substr(1)));
    linked.insert(href);
  }
  for (const Property property : Property::all()) {
    EXPECT_THAT(linked, Contains('#' + property.anchor()));
    EXPECT_THAT(linked, Contains("#property-" + property.anchor()));
  }
}

TEST(HtmlReport, APropertyInTheTextOfAFailureLeadsToTheSpecification) {
  auto failed = makeRecord("model/a", Kind::kModel, Verdict::kFailed);
  failed.summary = "L3: <missed>";
  const std::string page = html({failed});
  EXPECT_THAT(page, HasSubstr("<p class=\"summary\"><a href=\"#l3\" title=\"A handler at any "
                              "instruction sees all that stays and nothing destroyed\">L3</a>: "
                              "&lt;missed&gt;</p>"));
}

TEST(HtmlReport, TheSpecificationIsPartOfThePage) {
  const std::string page = html({});
  EXPECT_EQ(firstFault(page), "");
  EXPECT_THAT(page, HasSubstr("<h2 id=\"what-core-promises\">"));
  EXPECT_THAT(page, HasSubstr("<strong>An i32 address is unsigned.</strong>"));
}

TEST(HtmlReport, AMutantShowsWhatCaughtItAndWhatDidNot) {
  auto mutant = makeRecord("mutant/free_before_unlink", Kind::kMutant, Verdict::kPassed);
  mutant.detail = {{"caught_by",
                    {{{"check", "model/a"}, {"verdict", "failed"}, {"seconds", 0.012}},
                     {{"check", "stepping/b"}, {"verdict", "passed"}, {"seconds", 1.0}}}}};
  const std::string page = html({mutant});
  EXPECT_THAT(page, HasSubstr("<code>model/a</code></a> in 12 ms</div>"));
  EXPECT_THAT(page, HasSubstr("<code>stepping/b</code></a> in 1.0 s: passed</div>"));
}

TEST(HtmlReport, ABenchmarkIsDrawnAgainstItsBar) {
  auto benchmark = makeRecord("benchmark/delivery/1000", Kind::kBenchmark, Verdict::kFailed);
  benchmark.detail = {
      {"measured", 4.5}, {"held_against", 2.25}, {"unit", "ns"}, {"ratio", 2.0}, {"at_most", 1.5}};
  const std::string page = html({benchmark});
  EXPECT_EQ(firstFault(page), "");
  EXPECT_THAT(page, HasSubstr(">4.5 ns</span>"));
  EXPECT_THAT(page, HasSubstr("class=\"bar failed\" style=\"width:50.0%\""));
  EXPECT_THAT(page, HasSubstr("class=\"mark\" style=\"left:37.5%\""));
}

TEST(HtmlReport, ABenchmarkWithoutFiguresIsStillShown) {
  auto benchmark = makeRecord("benchmark/delivery/1", Kind::kBenchmark, Verdict::kUnfinished);
  benchmark.detail = {{"ratio", "text"}, {"measured", nullptr}, {"at_most", {1}}};
  EXPECT_EQ(firstFault(html({benchmark})), "");
}

TEST(HtmlReport, NumbersAreReadable) {
  EXPECT_EQ(formatCount(0), "0");
  EXPECT_EQ(formatCount(999), "999");
  EXPECT_EQ(formatCount(1000), "1,000");
  EXPECT_EQ(formatCount(1234567), "1,234,567");
  EXPECT_EQ(formatSeconds(0.0231), "23 ms");
  EXPECT_EQ(formatSeconds(12.34), "12.3 s");
  EXPECT_EQ(formatSeconds(252), "4 min 12 s");
}

TEST(JunitReport, IsWellFormedXmlWhateverTheRecordsHold) {
  const std::string xml = junitReport(makeRun(), hostileRecords());
  EXPECT_EQ(firstFault(xml), "");
  EXPECT_THAT(xml, Not(HasSubstr("<script")));
  EXPECT_THAT(xml, Not(HasSubstr("\x01")));
  EXPECT_THAT(xml, Not(HasSubstr("\xFF")));
}

TEST(JunitReport, CountsEachVerdictAsWhatItIs) {
  const std::string xml =
      junitReport(makeRun(), {makeRecord("model/a", Kind::kModel, Verdict::kPassed),
                              makeRecord("model/b", Kind::kModel, Verdict::kFailed),
                              makeRecord("model/c", Kind::kModel, Verdict::kUnfinished),
                              makeRecord("fuzz/d", Kind::kFuzz, Verdict::kSkipped)});
  EXPECT_THAT(xml, HasSubstr("<testsuites name=\"sigproof 1f8064d\" tests=\"4\" failures=\"1\" "
                             "errors=\"1\" skipped=\"1\" time=\"0.092\">"));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"model\" tests=\"3\" failures=\"1\" errors=\"1\" "
                             "skipped=\"0\" time=\"0.069\""));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"fuzz\" tests=\"1\" failures=\"0\" errors=\"0\" "
                             "skipped=\"1\""));
  EXPECT_THAT(xml, HasSubstr("<skipped message="));
  EXPECT_THAT(xml, HasSubstr("<error message="));
  EXPECT_THAT(xml, HasSubstr("replay: build/bin/sigproof model replay model/b"));
}

TEST(JunitReport, AFailureSaysWhatTheBrokenPropertyPromisesAndWhere) {
  auto failed = makeRecord("fuzz/a", Kind::kFuzz, Verdict::kFailed);
  failed.summary = "R4: one entry too many";
  EXPECT_THAT(junitReport(makeRun(), {failed}),
              HasSubstr("R4: Signal and terminated words share no byte "
                        "(core/SPECIFICATION.md#r4)\n"));
}

}  // namespace
}  // namespace sigproof::reports
