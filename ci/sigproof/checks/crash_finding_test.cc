#include "ci/sigproof/checks/crash_finding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sigproof::tool {
namespace {

TEST(Finding, AViolationLineGivesPropertyAndText) {
  const Finding finding = findingIn(
      "INFO: Seed: 7\nSIGPROOF VIOLATION R4: words overlap, expected overlap, saw registered\n"
      "==1== ERROR: libFuzzer: deadly signal\nSUMMARY: libFuzzer: deadly signal\n");
  EXPECT_TRUE(finding.isEvidence());
  EXPECT_THAT(finding.properties, testing::ElementsAre(reports::Property("R4")));
  EXPECT_EQ(finding.violation, "R4: words overlap, expected overlap, saw registered");
  EXPECT_EQ(finding.sanitizer, "");
}

TEST(Finding, TheModuleIsWhatStandsBetweenTheMarks) {
  const Finding finding = findingIn(
      "SIGPROOF VIOLATION R5: x\nSIGPROOF MODULE BEGIN\n(module\n)\nSIGPROOF MODULE END\nmore\n");
  EXPECT_EQ(finding.module_text, "(module\n)\n");
}

TEST(Finding, AModuleThatWasCutOffIsStillShown) {
  EXPECT_EQ(findingIn("SIGPROOF MODULE BEGIN\n(module").module_text, "(module");
  EXPECT_EQ(findingIn("SIGPROOF MODULE BEGIN").module_text, "");
}

TEST(Finding, ASanitizersReportIsEvidence) {
  const Finding finding = findingIn(
      "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x602\n"
      "SUMMARY: AddressSanitizer: heap-use-after-free core/list/atomic_list.h:12 in iterate\n");
  EXPECT_TRUE(finding.isEvidence());
  EXPECT_EQ(finding.headline(),
            "AddressSanitizer: heap-use-after-free core/list/atomic_list.h:12 in iterate");
}

TEST(Finding, ARuntimeErrorWithoutASummaryIsEvidence) {
  EXPECT_TRUE(findingIn("core/a.h:3:4: runtime error: signed integer overflow\n").isEvidence());
}

TEST(Finding, ACrashAloneIsNoEvidence) {
  EXPECT_FALSE(findingIn("").isEvidence());
  EXPECT_FALSE(findingIn("==1== ERROR: libFuzzer: deadly signal\nSUMMARY: libFuzzer: deadly signal")
                   .isEvidence());
  EXPECT_FALSE(findingIn("# Fatal error in v8::ToLocalChecked\n").isEvidence());
}

}  // namespace
}  // namespace sigproof::tool
