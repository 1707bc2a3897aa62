#include "ci/sigproof/fuzz/corpus_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "ci/sigproof/fuzz/fuzz_child.h"
#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/interruption.h"
#include "ci/sigproof/process/text.h"
#include "reports/record/explain.h"

namespace sigproof::tool {
namespace {

namespace fs = std::filesystem;
using reports::Record;
using reports::Verdict;

/// All inputs take a few seconds; one of them may take what libFuzzer would give it.
constexpr double kReplayTimeLimitS = 60 + kFuzzInputTimeLimitS;

/// As the replay programs see them: a name that starts with a dot is no input.
std::vector<fs::path> filesIn(const std::vector<fs::path>& folders) {
  std::vector<fs::path> files;
  for (const fs::path& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const bool is_hidden = entry.path().filename().string().starts_with('.');
      if (!is_hidden && entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

ChildResult replay(const fs::path& program, const std::vector<fs::path>& inputs,
                   const FuzzScratch& scratch) {
  ChildCommand command{.arguments = {program.string()},
                       .environment = scratch.environment(),
                       .time_limit_s = kReplayTimeLimitS,
                       .kept_error_bytes = kFuzzKeptErrorBytes};
  for (const fs::path& input : inputs) command.arguments.push_back(input.string());
  return runChild(command);
}

/// Which of `files` alone does what all of them did.
std::optional<fs::path> culprit(const fs::path& program, const std::vector<fs::path>& files) {
  const FuzzScratch scratch;
  for (const fs::path& file : files) {
    const ChildResult child = replay(program, {file}, scratch);
    if (child.end != ChildEnd::kExited || child.exit_status != 0) return file;
  }
  return std::nullopt;
}

void nameCulprit(Record& record, const Workspace& workspace, const std::string& target,
                 const std::vector<fs::path>& files) {
  const auto found = reports::tryToExplain("the search for the input", [&] {
    return culprit(workspace.program("replay-" + target), files);
  });
  throwIfInterrupted();
  reports::addNote(record, found.note);
  if (!found.value || !*found.value) return;
  const std::string file = workspace.shown(**found.value);
  record.detail["input"] = file;
  record.replay = fmt::format("build/bin/sigproof repro fuzz/{} {}", target, shellQuoted(file));
}

}  // namespace

Record replayStoredInputs(const Workspace& workspace, const std::string& target) {
  const fs::path program = workspace.program("replay-" + target);
  const std::vector<fs::path> folders = workspace.storedInputs(target);
  const std::vector<fs::path> files = filesIn(folders);
  const FuzzScratch scratch;
  const ChildResult child = files.empty() ? ChildResult{} : replay(program, folders, scratch);

  Record record = fuzzRecord("fuzz/" + target + "-corpus", target, child, scratch, files.size());
  record.engine = "the target without libFuzzer, with its sanitizers";
  record.covered = "the stored inputs: " + record.covered;
  record.cannot_see = "inputs that nobody stored";
  record.replay = fmt::format("build/bin/sigproof verify --only fuzz/{}-corpus", target);
  if (files.empty()) {
    record.summary = fmt::format("no input is stored in {} or corpus/crashes/{}",
                                 workspace.shown(workspace.corpus / "seeds" / target), target);
  } else if (record.verdict == Verdict::kPassed) {
    record.exhausted = true;
    record.summary = withSeparators(files.size()) + " stored inputs, no property broken";
  } else {
    nameCulprit(record, workspace, target, files);
  }
  return record;
}

}  // namespace sigproof::tool
