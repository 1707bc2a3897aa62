#include "ci/sigproof/checks/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kLcov =
    "SF:/r/core/list.h\nDA:1,5\nDA:2,0\nend_of_record\n"
    "SF:/usr/include/x.h\nDA:1,0\nend_of_record\n";

// One branch, as two instantiations of a template tell of it.
constexpr const char* kBranches =
    R"({"data": [{"files": [{"filename": "/r/core/list.h", "branches":
        [[1, 7, 1, 13, 0, 0, 0, 0, 4], [1, 7, 1, 13, 3, 0, 0, 0, 4]]}]}]})";

std::string pretendedLine(const std::string& /*file*/, std::uint64_t line) {
  return line == 1 ? "  if (failed) return;" : "  abort();";
}

std::vector<CoverageException> readExceptionsOf(const std::string& json_text) {
  return readExceptions(json_text, "exceptions.json");
}

// A hundred lines and branches, of which so many are not reached.
std::vector<CoveredFile> fileWith(std::size_t unreached_lines, std::size_t unreached_branches) {
  CoveredFile file{.file = "core/list.h", .things = {}};
  for (std::size_t i = 0; i < 100; ++i) {
    file.things.push_back({2, false, i >= unreached_lines});
    file.things.push_back({1, true, i >= unreached_branches});
  }
  return {file};
}

const std::vector<CoverageException> kBoth{
    {.file = "core/list.h", .is_branch = false, .code = "abort()", .reason = "ends the process"},
    {.file = "core/list.h", .is_branch = true, .code = "failed", .reason = "can't be provoked"}};

TEST(Coverage, ReadsLinesAndBranchesOfTheRepositoryAlone) {
  auto files = readLcov(kLcov, "/r/");
  readBranches(kBranches, "/r/", files);
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(files[0].file, "core/list.h");
  ASSERT_THAT(files[0].things, SizeIs(4));
  EXPECT_TRUE(files[0].things[0].is_reached);
  EXPECT_FALSE(files[0].things[1].is_reached);
  EXPECT_TRUE(files[0].things[2].is_branch);
  EXPECT_FALSE(files[0].things[3].is_reached);
  EXPECT_TRUE(files[0].things[2].is_reached) << "by one of the two instantiations";
  EXPECT_THROW(readLcov("no such file\n", "/r/"), UserError);
  EXPECT_THROW(readBranches("[]", "/r/", files), UserError);
}

TEST(Coverage, PassesWhereWhatIsNotReachedIsArgued) {
  const auto record = judgeCoverage(unitTestAim(), fileWith(2, 2), kBoth, pretendedLine);
  EXPECT_EQ(record.verdict, reports::Verdict::kPassed) << record.summary;
}

TEST(Coverage, FailsForOneThingThatNobodyArgued) {
  const auto record = judgeCoverage(unitTestAim(), fileWith(1, 1), {kBoth[0]}, pretendedLine);
  EXPECT_EQ(record.verdict, reports::Verdict::kFailed);
  EXPECT_THAT(record.detail.dump(), HasSubstr("NOT ARGUED"));
}

TEST(Coverage, FailsBelowTheBarHoweverMuchIsArgued) {
  EXPECT_EQ(judgeCoverage(unitTestAim(), fileWith(3, 1), kBoth, pretendedLine).verdict,
            reports::Verdict::kFailed);
  EXPECT_EQ(judgeCoverage(unitTestAim(), fileWith(1, 3), kBoth, pretendedLine).verdict,
            reports::Verdict::kFailed);
}

TEST(Coverage, FailsForAnExceptionThatArguesForNothing) {
  const auto record = judgeCoverage(unitTestAim(), fileWith(1, 0), kBoth, pretendedLine);
  EXPECT_EQ(record.verdict, reports::Verdict::kFailed);
  EXPECT_THAT(record.detail.at("stale_exceptions").dump(), HasSubstr("failed"));
}

TEST(Coverage, FailsWhereNothingWasMeasured) {
  EXPECT_EQ(judgeCoverage(unitTestAim(), {}, {}, pretendedLine).verdict, reports::Verdict::kFailed);
}

TEST(Coverage, TheEndOfABlockIsArguedWithWhatIsInIt) {
  const auto line = [](const std::string& /*file*/, std::uint64_t number) -> std::string {
    return number == 2 ? "  abort();" : "}";
  };
  CoveredFile file = fileWith(0, 0)[0];
  file.things.push_back({2, false, false});
  file.things.push_back({3, false, false});
  const auto passed = judgeCoverage(unitTestAim(), {file}, {kBoth[0]}, line);
  EXPECT_EQ(passed.verdict, reports::Verdict::kPassed) << passed.summary;
  file.things[file.things.size() - 2].is_reached = true;
  EXPECT_EQ(judgeCoverage(unitTestAim(), {file}, {}, line).verdict, reports::Verdict::kFailed);
}

TEST(Coverage, FailsForAnExceptionThatArguesForMorePlacesThanItSays) {
  CoveredFile file = fileWith(1, 0)[0];
  file.things.push_back({3, false, false});
  std::vector<CoverageException> exceptions{kBoth[0]};
  const auto refused = judgeCoverage(unitTestAim(), {file}, exceptions, pretendedLine);
  EXPECT_EQ(refused.verdict, reports::Verdict::kFailed);
  EXPECT_THAT(refused.detail.at("stale_exceptions").dump(), HasSubstr("2 places, not 1"));
  exceptions[0].places = 2;
  EXPECT_EQ(judgeCoverage(unitTestAim(), {file}, exceptions, pretendedLine).verdict,
            reports::Verdict::kPassed);
}

TEST(Coverage, AnExceptionNeedsItsReasonAndWhatItArguesFor) {
  EXPECT_THROW(readExceptionsOf(R"([{"file": "a", "lines": ["b"], "reason": "c", "places": "2"}])"),
               UserError);
  EXPECT_THROW(readExceptionsOf("{}"), UserError);
  EXPECT_THROW(readExceptionsOf(R"([{"file": "a", "lines": ["b"], "reason": ""}])"), UserError);
  EXPECT_THROW(readExceptionsOf(R"([{"file": "a", "lines": [5], "reason": "c"}])"), UserError);
  EXPECT_THROW(readExceptionsOf(R"([{"file": "a", "reason": "c"}])"), UserError);
  EXPECT_THAT(readExceptionsOf(R"([{"file": "a", "lines": ["b", "d"], "branches": ["e"],
                                    "reason": "c"}])"),
              SizeIs(3));
}

}  // namespace
}  // namespace sigproof::tool
