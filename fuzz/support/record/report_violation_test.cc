#include "fuzz/support/record/report_violation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>

namespace sigproof::fuzz {
namespace {

const Violation kViolation{"R5", "expected nothing,\nsaw a write"};

TEST(ReportViolation, AModuleThatHasNoTextCostsNoViolation) {
  const auto throws = []() -> std::string { throw std::runtime_error("no such type"); };
  EXPECT_EXIT(reportViolation(kViolation, throws), ::testing::KilledBySignal(SIGABRT),
              "SIGPROOF VIOLATION R5: expected nothing, saw a write\n"
              "SIGPROOF MODULE BEGIN\nthe module's text could not be made: no such type\n"
              "SIGPROOF MODULE END");
}

// Binaryen ends the process where it meets what it can't print.
TEST(ReportViolation, IsToldBeforeTheModuleIsPrinted) {
  const auto ends = []() -> std::string { _exit(1); };
  EXPECT_EXIT(reportViolation(kViolation, ends), ::testing::ExitedWithCode(1),
              "SIGPROOF VIOLATION R5: expected nothing, saw a write\n");
}

}  // namespace
}  // namespace sigproof::fuzz
