// Check programs of shell script, for the tool's own tests.
//
//   const FakeWorkspace fake;
//   fake.addProgram("sigproof-models", fakeCheckProgram("model/a", "exit 3"));
//   listChecks(fake.workspace().program("sigproof-models"));
#pragma once

#include <filesystem>
#include <string>

#include "ci/sigproof/process/temporary_directory.h"
#include "ci/sigproof/process/workspace.h"
#include "reports/record/record.h"

namespace sigproof::tool {

/// A libexec, a corpus and a folder of known bugs, all empty at first and gone afterwards.
class FakeWorkspace {
 public:
  FakeWorkspace();

  const Workspace& workspace() const { return workspace_; }
  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path addProgram(const std::string& name, const std::string& script) const;
  void addFile(const std::filesystem::path& relative_path, const std::string& content) const;

 private:
  TemporaryDirectory folder_;
  Workspace workspace_;
};

/// A record as a check program prints it.
reports::Record fakeRecord(const std::string& check, reports::Verdict verdict);

/// The shell command that prints it.
std::string printing(const reports::Record& record);

/// A program that lists the one check and does `on_run` for --run.
std::string fakeCheckProgram(const std::string& check, const std::string& on_run);

/// As fakeCheckProgram(), with a passing record.
std::string passingCheckProgram(const std::string& check);

/// A libFuzzer target that says it ran 1000 inputs, then does `at_end`, a shell command that finds
/// the folder for artifacts in $artifacts.
std::string fakeFuzzer(const std::string& at_end);

}  // namespace sigproof::tool
