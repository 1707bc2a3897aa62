#include "reports/report_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "reports/record/atomic_file.h"
#include "reports/test_records.h"

namespace sigproof::reports {
namespace {

using ::testing::HasSubstr;

template <class Action>
std::string messageOf(Action&& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

std::vector<Record> twoRecords() {
  std::vector<Record> records{makeRecord("model/push", Kind::kModel, Verdict::kPassed),
                              makeRecord("fuzz/shim", Kind::kFuzz, Verdict::kFailed)};
  records[1].seed.reset();
  records[1].detail = {{"outcomes", {{"registered", 7}, {"overlap", 3}}}};
  return records;
}

TEST(Report, ResultsReadBackAreWhatWasWritten) {
  const TemporaryFolder folder;
  const auto directory = folder.path() / "made" / "report";
  writeReport(directory, makeRun(), twoRecords());
  const auto [run, records] = readResults(directory / "results.json");

  EXPECT_EQ(run.commit, makeRun().commit);
  EXPECT_EQ(run.started_at, makeRun().started_at);
  EXPECT_EQ(run.command, makeRun().command);
  EXPECT_EQ(run.machine, makeRun().machine);
  EXPECT_EQ(run.seed, makeRun().seed);
  EXPECT_EQ(run.seconds, makeRun().seconds);
  ASSERT_EQ(records.size(), 2U);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(toJson(records[i]), toJson(twoRecords()[i]));
  }
}

TEST(Report, HoldsThreeFilesAndNoLeftOver) {
  const TemporaryFolder folder;
  writeReport(folder.path(), makeRun(), twoRecords());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("results.json", "junit.xml", "index.html"));
}

TEST(Report, TextThatIsNotUtf8IsWrittenReadably) {
  const TemporaryFolder folder;
  auto records = twoRecords();
  records[0].detail["output"] = std::string("cut \xE2\x82 and \xFF\0", 11);
  writeReport(folder.path(), makeRun(), records);
  EXPECT_EQ(readResults(folder.path() / "results.json").second.size(), 2U);
}

TEST(Report, ARecordThatBreaksTheSchemaIsRefusedBeforeAnythingIsWritten) {
  const TemporaryFolder folder;
  auto records = twoRecords();
  records[1].properties = {"L3", "L3"};
  const std::string message = messageOf([&] { writeReport(folder.path(), makeRun(), records); });
  EXPECT_THAT(message, HasSubstr("fuzz/shim"));
  EXPECT_THAT(message, HasSubstr("/properties"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Report, AFolderThatCannotBeMadeIsNamed) {
  const TemporaryFolder folder;
  writeFileWhole(folder.path() / "file", "x");
  const std::string message =
      messageOf([&] { writeReport(folder.path() / "file" / "report", makeRun(), {}); });
  EXPECT_THAT(message, HasSubstr("file/report"));
  EXPECT_THAT(message, HasSubstr("--out"));
}

// Even root can't make files in /sys.
TEST(Report, AFolderThatCannotBeWrittenIsNamed) {
  EXPECT_THAT(
      messageOf([&] { writeReport("/sys", makeRun(), twoRecords()); }),
      ::testing::AllOf(HasSubstr("/sys/results.json"), HasSubstr("choose a folder you may write")));
}

TEST(ResultsFile, EveryTruncationIsRefusedWithOneSentence) {
  const TemporaryFolder folder;
  writeReport(folder.path(), makeRun(), twoRecords());
  const std::string whole = fileText(folder.path() / "results.json");
  const auto truncated = folder.path() / "truncated.json";
  for (std::size_t size = 0; size + 2 < whole.size(); size += 37) {
    std::ofstream(truncated, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    EXPECT_THAT(messageOf([&] { readResults(truncated); }),
                HasSubstr("truncated.json is not a whole results file, run ci/verify again"));
  }
}

TEST(ResultsFile, OneThatIsMissingOrAFolderIsNamed) {
  const TemporaryFolder folder;
  EXPECT_THAT(messageOf([&] { readResults(folder.path() / "no.json"); }),
              ::testing::AllOf(HasSubstr("no.json"), HasSubstr("No such file")));
  EXPECT_THAT(messageOf([&] { readResults(folder.path()); }), HasSubstr("can't read"));
}

TEST(ResultsFile, ARecordThatBreaksTheSchemaIsNamedByItsPlace) {
  const TemporaryFolder folder;
  writeReport(folder.path(), makeRun(), twoRecords());
  std::string content = fileText(folder.path() / "results.json");
  content.replace(content.rfind("\"failed\""), 8, "\"green\" ");
  writeFileWhole(folder.path() / "results.json", content);
  EXPECT_THAT(messageOf([&] { readResults(folder.path() / "results.json"); }),
              HasSubstr("record 1 at /verdict: is \"green\""));
}

TEST(WholeFile, ReplacesTheOldOne) {
  const TemporaryFolder folder;
  writeFileWhole(folder.path() / "a", "old");
  writeFileWhole(folder.path() / "a", "new");
  EXPECT_EQ(fileText(folder.path() / "a"), "new");
}

TEST(WholeFile, AMissingFolderIsNamed) {
  EXPECT_THAT(messageOf([] { writeFileWhole("/nonexistent/a", "x"); }),
              HasSubstr("/nonexistent/a"));
}

// A limit on the size of files simulates a full disk: write(2) fails half-way in both cases.
TEST(WholeFile, AFullDiskLeavesTheOldFileAndNoLeftOver) {
  const TemporaryFolder folder;
  writeFileWhole(folder.path() / "a", "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit tight{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const std::string message =
      messageOf([&] { writeFileWhole(folder.path() / "a", std::string(100'000, 'x')); });
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);

  EXPECT_THAT(message, HasSubstr("can't write"));
  EXPECT_EQ(fileText(folder.path() / "a"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

}  // namespace
}  // namespace sigproof::reports
