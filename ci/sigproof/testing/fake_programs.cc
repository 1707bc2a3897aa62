#include "ci/sigproof/testing/fake_programs.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "ci/sigproof/process/text.h"

namespace sigproof::tool {
namespace {

namespace fs = std::filesystem;

reports::Kind kindOf(const std::string& check) {
  if (check.starts_with("stepping/")) return reports::Kind::kStepping;
  if (check.starts_with("fuzz/")) return reports::Kind::kFuzz;
  return check.starts_with("real-module/") ? reports::Kind::kRealModule : reports::Kind::kModel;
}

}  // namespace

FakeWorkspace::FakeWorkspace()
    : workspace_{.source_root = folder_.path(),
                 .libexec = folder_.path() / "libexec",
                 .corpus = folder_.path() / "corpus",
                 .mutants = folder_.path() / "mutants"} {
  for (const fs::path& path : {workspace_.libexec, workspace_.corpus, workspace_.mutants}) {
    fs::create_directories(path);
  }
}

fs::path FakeWorkspace::addProgram(const std::string& name, const std::string& script) const {
  const fs::path path = workspace_.libexec / name;
  std::ofstream(path) << "#!/bin/bash\n" << script << '\n';
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

void FakeWorkspace::addFile(const fs::path& relative_path, const std::string& content) const {
  fs::create_directories((folder_.path() / relative_path).parent_path());
  std::ofstream(folder_.path() / relative_path) << content;
}

reports::Record fakeRecord(const std::string& check, reports::Verdict verdict) {
  return {.check = check,
          .kind = kindOf(check),
          .properties = {"L3"},
          .verdict = verdict,
          .exhausted = true,
          .executions = 12,
          .seconds = 0.5,
          .seed = std::nullopt,
          .engine = "none",
          .summary = "what came out",
          .covered = "nothing",
          .cannot_see = "everything",
          .replay = "build/bin/sigproof model replay " + check + " --state 7"};
}

std::string printing(const reports::Record& record) {
  return "printf '%s\\n' " + shellQuoted(reports::toLine(record));
}

std::string fakeCheckProgram(const std::string& check, const std::string& on_run) {
  const nlohmann::json list = {
      {{"check", check}, {"properties", {"L3", "L4"}}, {"covered", "what it covers"}}};
  return fmt::format("if [[ $1 == --list ]]; then printf '%s\\n' {}; exit 0; fi\n{}",
                     shellQuoted(list.dump()), on_run);
}

std::string passingCheckProgram(const std::string& check) {
  return fakeCheckProgram(check, printing(fakeRecord(check, reports::Verdict::kPassed)));
}

std::string fakeFuzzer(const std::string& at_end) {
  return R"(for argument; do
  case $argument in -artifact_prefix=*) artifacts=${argument#*=} ;; esac
done
echo "stat::number_of_executed_units: 1000" >&2
)" + at_end;
}

}  // namespace sigproof::tool
