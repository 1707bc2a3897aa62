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
  nlohmann::json members = reports::toJson(fakeRecord("fuzz/list", reports::Verdict::kUnfinished));
  for (const char* changing : {"verdict", "summary", "executions", "detail"}) {
    members.erase(changing);
  }
  std::string begun = members.dump();
  begun.back() = ',';
  return "begun=" + shellQuoted(begun) + R"sh(
if [[ $1 == --describe ]]; then printf '%s"of":"list"}\n' "$begun"; exit 0; fi
for argument; do
  case $argument in -artifact_prefix=*) artifacts=${argument#*=} ;; esac
done
executions=1000
detail='{}'
write_record() {
  printf '%s"verdict":"%s","summary":"%s","executions":%d,"detail":%s}' "$begun" "$1" "$2" \
    "$executions" "$detail" >"$SIGPROOF_RECORD_FILE"
}
at_exit() {
  if [[ $1 == 0 && $(<"$SIGPROOF_RECORD_FILE") != *'"failed"'* ]]; then
    write_record passed 'no property broken'
  fi
}
trap 'at_exit $?' EXIT
executions=0 write_record unfinished 'began, and said nothing of its end'
echo "stat::number_of_executed_units: 1000" >&2
)sh" + at_end;
}

}  // namespace sigproof::tool
