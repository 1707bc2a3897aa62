#include "ci/sigproof/checks/unit_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/testing/fake_programs.h"

namespace sigproof::tool {
namespace {

using reports::Property;
using reports::Record;
using reports::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kCheck = "unit/core/a_test:A.*";

/// The record of a program that runs two tests, then does `at_end`.
Record recordOf(const std::string& at_end) {
  const FakeWorkspace fake;
  fake.addFile("libexec/unit/core/.made", "");
  fake.addProgram("unit/core/a_test",
                  "echo '[ RUN      ] A.L3_L4_IsSound'\n"
                  "echo '[       OK ] A.L3_L4_IsSound (0 ms)'\n"
                  "echo '[ RUN      ] A.R10_IsToo/0'\n" +
                      at_end);
  return runUnitCheck(fake.workspace(), kCheck);
}

TEST(UnitCheck, TestsThatPassSawNothing) {
  const Record record = recordOf("exit 0");
  EXPECT_EQ(record.verdict, Verdict::kPassed);
  EXPECT_EQ(record.executions, 2U);
  EXPECT_THAT(record.properties, ElementsAre(Property("L3"), Property("L4"), Property("R10")));
  EXPECT_EQ(record.replay, "libexec/unit/core/a_test '--gtest_filter=A.*'");
}

TEST(UnitCheck, ATestThatFailsIsNamed) {
  const Record record = recordOf("echo '[  FAILED  ] A.R10_IsToo/0, where ...'; exit 1");
  EXPECT_EQ(record.verdict, Verdict::kFailed);
  EXPECT_EQ(record.summary, "A.R10_IsToo/0 failed");
}

TEST(UnitCheck, ASanitizersReportAMisuseReportAndACrashAreFailures) {
  const Record leak = recordOf("echo 'SUMMARY: AddressSanitizer: 8 byte(s) leaked' >&2; exit 23");
  EXPECT_EQ(leak.verdict, Verdict::kFailed);
  EXPECT_THAT(leak.summary, HasSubstr("8 byte(s) leaked in A.R10_IsToo/0"));
  const Record misuse = recordOf("echo 'sigproof: AtomicList: changed' >&2; kill -ABRT $$");
  EXPECT_EQ(misuse.verdict, Verdict::kFailed);
  EXPECT_THAT(misuse.summary, HasSubstr("AtomicList: changed in A.R10_IsToo/0"));
  EXPECT_EQ(recordOf("kill -SEGV $$").verdict, Verdict::kFailed);
}

TEST(UnitCheck, WhatShowsNothingIsUnfinished) {
  EXPECT_EQ(recordOf("exit 4").verdict, Verdict::kUnfinished);
  EXPECT_EQ(recordOf("kill -KILL $$").verdict, Verdict::kUnfinished);
  const FakeWorkspace fake;
  EXPECT_THROW(runUnitCheck(fake.workspace(), kCheck), UserError);
}

TEST(UnitCheck, AFilterThatLetsNothingThroughIsUnfinished) {
  ChildResult child;
  child.output = "[==========] 0 tests from 0 test suites ran.";
  const Record record = unitRecord(kCheck, child);
  EXPECT_EQ(record.verdict, Verdict::kUnfinished);
  EXPECT_EQ(record.summary, "no test has such a name");
}

TEST(UnitCheck, AHangIsUnfinished) {
  ChildResult child;
  child.end = ChildEnd::kTimedOut;
  child.output = "[ RUN      ] A.L3_IsSound\n";
  EXPECT_EQ(unitRecord(kCheck, child).verdict, Verdict::kUnfinished);
}

}  // namespace
}  // namespace sigproof::tool
