// What a sanitizer has found is a failure whose input is stored, whatever the symbolizer does.
#include "ci/sigproof/process/symbolizer_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ci/sigproof/fuzz/fuzz_runner.h"
#include "ci/sigproof/testing/fake_programs.h"

namespace sigproof::tool {
namespace {

using reports::Record;
using reports::Verdict;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// ASAN_SYMBOLIZER_PATH, for a time.
class NamedSymbolizer {
 public:
  explicit NamedSymbolizer(const std::string& path) {
    setenv(kName, path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread
  }
  ~NamedSymbolizer() { unsetenv(kName); }  // NOLINT(concurrency-mt-unsafe): one thread
  NamedSymbolizer(const NamedSymbolizer&) = delete;
  NamedSymbolizer& operator=(const NamedSymbolizer&) = delete;

 private:
  static constexpr const char* kName = "ASAN_SYMBOLIZER_PATH";
};

/// Of the fuzz target that touches what it freed.
Record recordWith(const FakeWorkspace& fake, const std::optional<std::string>& script) {
  std::optional<NamedSymbolizer> named;
  if (script) {
    const auto path =
        script->empty() ? fake.folder() / "absent" : fake.addProgram("symbolizer", *script);
    named.emplace(path.string());
  }
  std::filesystem::create_symlink(SIGPROOF_USE_AFTER_FREE, fake.workspace().libexec / "fuzz-list");
  return runFuzz(fake.workspace(),
                 {.target = "list", .runs = 10, .crash_directory = fake.folder() / "crashes"});
}

void expectAWholeFailure(const Record& record) {
  EXPECT_EQ(record.verdict, Verdict::kFailed) << record.summary;
  EXPECT_THAT(record.summary, StartsWith("AddressSanitizer: heap-use-after-free"));
  EXPECT_THAT(record.detail.value("crash_file", ""), StartsWith("crashes/crash-"));
  EXPECT_LT(record.seconds, 60);
}

TEST(SymbolizerWithLimit, PassesOnWhatTheRealOneAnswers) {
  const FakeWorkspace fake;
  const Record record = recordWith(fake, std::nullopt);
  expectAWholeFailure(record);
  EXPECT_THAT(record.detail.at("output").get<std::string>(), HasSubstr("touchWhatIsFreed"));
  EXPECT_THAT(record.detail.at("output").get<std::string>(), Not(HasSubstr("the symbolizer ")));
}

TEST(SymbolizerWithLimit, AFailureIsWholeWhateverTheRealOneDoes) {
  const std::pair<std::string, std::string> odd[] = {
      {"while read -r line; do echo; done", "printed what is no answer|gave no answer"},
      {"exit 0", "has ended"},
      {"head -c 100000 /dev/urandom; echo; echo; exec cat >/dev/null", "no answer|without end"},
      {"exec yes", "without end"},
      {"while read -r line; do printf 'x\\ny\\n\\n'; done", "printed what is no answer"},
      {"exec sleep 600", "gave no answer in 10 s"},
      {"exec >&-; exec sleep 600", "has ended"},
      {"kill -SEGV $$", "has ended"},
      {"", "can't be run"},
  };
  for (const auto& [script, told] : odd) {
    SCOPED_TRACE(script);
    const FakeWorkspace fake;
    const Record record = recordWith(fake, script);
    expectAWholeFailure(record);
    EXPECT_THAT(record.detail.at("output").get<std::string>(), HasSubstr("the symbolizer "));
    EXPECT_THAT(record.detail.at("output").get<std::string>(), testing::ContainsRegex(told));
  }
}

TEST(SymbolizerWithLimit, WhatIsNotKnownIsPassedOnAsItIs) {
  for (const std::string place : {"??:0:0", ":0:0"}) {
    const FakeWorkspace fake;
    const Record record =
        recordWith(fake, "while read -r line; do printf '??\\n" + place + "\\n\\n'; done");
    expectAWholeFailure(record);
    EXPECT_THAT(record.detail.at("output").get<std::string>(), Not(HasSubstr("the symbolizer ")));
  }
}

}  // namespace
}  // namespace sigproof::tool
