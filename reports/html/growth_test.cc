#include "reports/html/growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/test_records.h"

namespace sigproof::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Record measured(const std::string& check, unsigned operations, unsigned readers,
                std::uint64_t executions, bool is_exhausted) {
  Record record = makeRecord(check, Kind::kModel, Verdict::kPassed);
  record.exhausted = is_exhausted;
  record.detail["growth"] = {
      {"series", "pushes"},       {"operations", operations},
      {"readers", readers},       {"handlers_on_owner", 0},
      {"handlers_on_reader", 0},  {"search", is_exhausted ? "full" : "bound:4"},
      {"executions", executions}, {"seconds", 0.25}};
  return record;
}

TEST(Growth, TheTableHasARowForEachCompanyAndAColumnForEachLength) {
  const std::string section =
      growthSection({measured("model/a", 2, 1, 1380, true), measured("model/b", 3, 1, 6900, true),
                     measured("model/c", 2, 2, 275780, true)})
          .str();
  for (const char* part : {"2 operations", "3 operations", "1 reader", "2 readers", "1,380",
                           "6,900", "275,780", "250 ms", "#check-model-a", "<svg"}) {
    EXPECT_THAT(section, HasSubstr(part));
  }
  EXPECT_THAT(section, Not(HasSubstr("bounded")));
}

TEST(Growth, ABoundedSearchIsNotShownAsIfItWereAll) {
  const std::string section =
      growthSection({measured("model/a", 2, 1, 1380, true), measured("model/b", 3, 1, 5000, false)})
          .str();
  EXPECT_THAT(section, HasSubstr("at most 4 preemptions"));
  EXPECT_THAT(section, HasSubstr("colour0 bounded"));
}

TEST(Growth, FailedModelsAndThoseOfNoSeriesAreLeftOut) {
  Record failed = measured("model/a", 2, 1, 3, true);
  failed.verdict = Verdict::kFailed;
  Record alone = measured("model/b", 2, 1, 3, true);
  alone.detail["growth"]["series"] = "";
  EXPECT_TRUE(growthSection({failed, alone}).isEmpty());
  EXPECT_TRUE(growthSection({}).isEmpty());
}

}  // namespace
}  // namespace sigproof::reports
