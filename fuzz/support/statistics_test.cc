#include "fuzz/support/statistics.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace sigproof::fuzz {
namespace {

// NOLINTBEGIN(concurrency-mt-unsafe): one thread, which sets the variable that it tests
TEST(Statistics, CountersAreWrittenAsNestedMembers) {
  const auto path = std::filesystem::path(testing::TempDir()) / "sigproof_statistics.json";
  ASSERT_EQ(setenv("SIGPROOF_STATS_FILE", path.c_str(), 1), 0);
  Statistics::counter("runs") = 3;
  Statistics::counter("outcomes/registered") = 2;
  ++Statistics::counter("runs");
  Statistics::write();
  ASSERT_EQ(unsetenv("SIGPROOF_STATS_FILE"), 0);
  const auto json = nlohmann::json::parse(std::ifstream(path));
  EXPECT_EQ(json["runs"], 4);
  EXPECT_EQ(json["outcomes"]["registered"], 2);
  std::filesystem::remove(path);
}

TEST(Statistics, AFolderThatIsNotThereIsOneMessageAndNoFailure) {
  ASSERT_EQ(setenv("SIGPROOF_STATS_FILE", "/nonexistent/folder/stats.json", 1), 0);
  testing::internal::CaptureStderr();
  Statistics::write();
  const std::string message = testing::internal::GetCapturedStderr();
  ASSERT_EQ(unsetenv("SIGPROOF_STATS_FILE"), 0);
  EXPECT_NE(message.find("statistics were not written"), std::string::npos) << message;
}

// NOLINTEND(concurrency-mt-unsafe)

}  // namespace
}  // namespace sigproof::fuzz
