// The program as the tool starts it: what it says about bad input, and one small real module.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/v8/testing/test_module.h"
#include "reports/record/record.h"

// Given by the build: the program, and corpus/modules.
#ifndef SIGPROOF_REAL_MODULES
#error "define SIGPROOF_REAL_MODULES and SIGPROOF_MODULES"
#endif

namespace sigproof::modules {
namespace {

using testing::HasSubstr;

struct Outcome {
  int exit_code;
  std::string output;  // standard output and standard error
};

Outcome program(const std::string& arguments) {
  const std::string line = "'" SIGPROOF_REAL_MODULES "' " + arguments + " 2>&1";
  FILE* pipe = popen(line.c_str(), "r");  // NOLINT(cert-env33-c): a command line is what is tested
  if (pipe == nullptr) return {-1, "popen failed"};
  Outcome outcome{};
  std::array<char, 4096> chunk{};
  while (const std::size_t count = fread(chunk.data(), 1, chunk.size(), pipe)) {
    outcome.output.append(chunk.data(), count);
  }
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

// A folder as corpus/modules, with one package that has one file.
class Folder {
 public:
  explicit Folder(const std::string& name) : path_(testing::TempDir() + "sigproof_" + name) {
    std::filesystem::create_directories(path_ + "/node_modules/p");
    write("manifest.json",
          R"({"modules": [{"name": "m", "package": "p", "path": "p/m.wasm", "what": "a test"}]})");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& file, const std::string& content) const {
    std::ofstream(path_ + "/" + file, std::ios::binary) << content;
  }
  void writeModule(const std::vector<std::uint8_t>& bytes) const {
    write("node_modules/p/m.wasm", {bytes.begin(), bytes.end()});
  }
  Outcome run() const { return program("--modules-dir '" + path_ + "' --run real-module/m"); }

 private:
  std::string path_;
};

void expectRefusal(const Outcome& outcome, const std::string& words) {
  EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr(words));
  EXPECT_EQ(std::ranges::count(outcome.output, '\n'), 1) << outcome.output;
}

const std::vector<std::uint8_t> kUnaware = TestModule{.signal = {}, .terminated = {}}.encode();

TEST(RealModules, RunsAModuleAndPrintsItsRecord) {
  const Folder folder("runs");
  folder.writeModule(kUnaware);
  const Outcome outcome = folder.run();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  // The record is the first line; standard error follows it.
  const std::string line = outcome.output.substr(0, outcome.output.find('\n'));
  const auto record = reports::recordFromJson(nlohmann::json::parse(line));
  EXPECT_EQ(record.verdict, reports::Verdict::kPassed);
  EXPECT_EQ(record.executions, 15U);
}

TEST(RealModules, SkipsWhatTheEngineRefusesAndSaysItsReason) {
  const Folder folder("refused");
  auto module = kUnaware;
  // One function, of the one type (whose section ends at byte 15), that drops what isn't there.
  module.insert(module.begin() + 15, {3, 2, 1, 0});
  module.insert(module.end(), {10, 5, 1, 3, 0, 0x1A, 0x0B});
  folder.writeModule(module);
  const Outcome outcome = folder.run();
  ASSERT_EQ(outcome.exit_code, 3) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("the engine refuses it: CompileError"));
  EXPECT_THAT(outcome.output, HasSubstr("edited directly")) << "Binaryen ends its process on this";
}

TEST(RealModules, SkipsWhatCanNotBeMadeToListen) {
  const Folder folder("deaf");
  folder.writeModule(TestModule{.memory = MemoryKind::kAbsent}.encode());
  const Outcome outcome = folder.run();
  ASSERT_EQ(outcome.exit_code, 3) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("it has no memory 0"));
}

TEST(RealModules, RefusesFilesThatAreMissingTruncatedOrNoModules) {
  const Folder folder("bad");
  expectRefusal(folder.run(), "m.wasm: No such file or directory");
  folder.writeModule({});
  expectRefusal(folder.run(), "it doesn't begin as a WebAssembly module");
  folder.writeModule({kUnaware.begin(), kUnaware.end() - 3});
  expectRefusal(folder.run(), "it ends in the middle of section");
  folder.writeModule({'h', 'e', 'l', 'l', 'o'});
  expectRefusal(folder.run(), "it doesn't begin as a WebAssembly module");
}

TEST(RealModules, RefusesABadManifestInOneLine) {
  const Folder folder("manifest");
  for (const auto& [content, words] : std::initializer_list<std::pair<const char*, const char*>>{
           {"{", "parse error"},
           {"[]", "there is no list"},
           {R"({"modules": [{"name": "m"}]})", "needs a \"package\""},
           {R"({"modules": [{"name": "M m", "package": "p", "path": "p/x", "what": "w"}]})",
            "use a-z"},
           {R"({"modules": [{"name": "m", "package": "p", "path": "p/../x", "what": "w"}]})",
            "not in its package"}}) {
    folder.write("manifest.json", content);
    expectRefusal(folder.run(), words);
  }
  expectRefusal(program("--modules-dir /nowhere --list"), "can't read /nowhere/manifest.json");
  expectRefusal(program("--modules-dir '" SIGPROOF_MODULES "' --run real-module/x"),
                "there is no check real-module/x");
  expectRefusal(program("--nothing"), "--help");
}

TEST(RealModules, ListsItsChecksForPeopleAndForPrograms) {
  EXPECT_THAT(program("--modules-dir '" SIGPROOF_MODULES "' --list").output,
              HasSubstr("real-module/sqlite\n"));
  const auto checks =
      nlohmann::json::parse(program("--modules-dir '" SIGPROOF_MODULES "' --list --json").output);
  EXPECT_GE(checks.size(), 8U);
  EXPECT_EQ(checks[0].at("check"), "real-module/sqlite");
}

TEST(RealModules, ASmallPublishedModuleListens) {
  if (!std::filesystem::exists(SIGPROOF_MODULES "/node_modules/source-map")) {
    GTEST_SKIP() << "corpus/modules/node_modules is not there: run ci/setup";
  }
  const Outcome outcome =
      program("--modules-dir '" SIGPROOF_MODULES "' --run real-module/source-map");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

}  // namespace
}  // namespace sigproof::modules
