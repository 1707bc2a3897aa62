#include "reports/record/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/test_records.h"

namespace sigproof::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

nlohmann::json goodRecord() {
  return toJson(makeRecord("model/push", Kind::kModel, Verdict::kPassed));
}

TEST(RecordSchema, AcceptsWhatTheCodeMakesForEveryKindAndVerdict) {
  for (const Kind kind : kKinds) {
    for (const Verdict verdict :
         {Verdict::kPassed, Verdict::kFailed, Verdict::kUnfinished, Verdict::kSkipped}) {
      Record record = makeRecord(toString(kind) + "/x", kind, verdict);
      record.detail = {{"anything", {1, 2}}};
      if (kind != Kind::kFuzz) record.seed.reset();
      EXPECT_THAT(schemaErrors(toJson(record)), IsEmpty());
    }
  }
}

TEST(RecordSchema, RefusesARecordThatLacksAnyOneField) {
  const auto whole = goodRecord();
  for (const auto& [name, value] : whole.items()) {
    auto record = whole;
    record.erase(name);
    const auto errors = schemaErrors(record);
    ASSERT_THAT(errors, SizeIs(1)) << name;
    EXPECT_THAT(errors[0], HasSubstr("'" + name + "'"));
    EXPECT_THROW(recordFromJson(record), std::invalid_argument) << name;
  }
}

TEST(RecordSchema, RefusesAWrongTypeInAnyOneFieldAndNamesThePlace) {
  const auto whole = goodRecord();
  for (const auto& [name, value] : whole.items()) {
    auto record = whole;
    record[name] = value.is_array() ? nlohmann::json("text") : nlohmann::json::array({1});
    const auto errors = schemaErrors(record);
    ASSERT_FALSE(errors.empty()) << name;
    EXPECT_THAT(errors[0], HasSubstr("at /" + name));
  }
}

TEST(RecordSchema, RefusesValuesOutOfRange) {
  const std::vector<std::pair<std::string, nlohmann::json>> faults{
      {"/check", "push"},
      {"/check", "model/"},
      {"/kind", "models"},
      {"/verdict", "ok"},
      {"/executions", -1},
      {"/executions", 1.5},
      {"/seconds", -0.5},
      {"/peak_memory_kib", -1},
      {"/properties/0", "X1"},
      {"/seed", 42},
      {"/properties", {"L3", "L3"}},
      {"/detail", nullptr},
      {"/exhausted", "no"},
      {"/properties/1", "L4, after"},
  };
  for (const auto& [path, value] : faults) {
    auto record = goodRecord();
    record[nlohmann::json::json_pointer(path)] = value;
    const auto errors = schemaErrors(record);
    ASSERT_THAT(errors, SizeIs(1)) << path << ' ' << value;
    EXPECT_THAT(errors[0], HasSubstr("at " + path + ":"));
  }
}

TEST(RecordSchema, RefusesAFieldThatItDoesNotKnow) {
  auto record = goodRecord();
  record["verdikt"] = "passed";
  EXPECT_THAT(schemaErrors(record), SizeIs(1));
}

TEST(RecordSchema, RefusesWhatIsNoObject) {
  for (const auto& json : {nlohmann::json(), nlohmann::json(3), nlohmann::json::array()}) {
    EXPECT_THAT(schemaErrors(json), SizeIs(1));
  }
}

TEST(RecordSchema, SurvivesTextThatIsNotUtf8) {
  auto record = goodRecord();
  record["kind"] = "\xFF\xFE";
  EXPECT_THAT(schemaErrors(record), SizeIs(1));
}

}  // namespace
}  // namespace sigproof::reports
