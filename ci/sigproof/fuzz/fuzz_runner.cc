#include "ci/sigproof/fuzz/fuzz_runner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "ci/sigproof/fuzz/fuzz_child.h"
#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "reports/record/atomic_file.h"
#include "reports/record/explain.h"

namespace sigproof::tool {
namespace {

namespace fs = std::filesystem;
using reports::Record;

/// What a run takes beyond its time: reading the corpus, a last slow input, a sanitizer's report.
constexpr double kGraceS = 60;
/// Without a number of seconds the number of runs ends it; this ends what doesn't get there.
constexpr double kRunsTimeLimitS = 6.0 * 3600;

void requireUsableCorpus(const fs::path& corpus) {
  std::error_code ignored;
  if (!fs::is_directory(corpus, ignored)) {
    throw UserError("the corpus folder " + corpus.string() +
                    " doesn't exist; make it first, or leave --corpus out");
  }
  if (access(corpus.c_str(), R_OK | W_OK | X_OK) != 0) {
    throw UserError("the corpus folder " + corpus.string() +
                    " can't be read and written; choose another, or leave --corpus out");
  }
}

/// What the target itself asks of libFuzzer: the lines `name = value` below [libfuzzer] of
/// fuzz-<target>.options beside the program, and fuzz-<target>.dict. Both as OSS-Fuzz reads them.
std::vector<std::string> ownArguments(const fs::path& program) {
  std::vector<std::string> arguments;
  std::ifstream options(program.string() + ".options");
  bool is_ours = false;
  for (std::string line; std::getline(options, line);) {
    std::erase(line, ' ');
    if (line.starts_with('[')) is_ours = line == "[libfuzzer]";
    const bool is_comment = line.empty() || line.starts_with('#') || line.starts_with('[');
    if (is_ours && !is_comment) arguments.push_back("-" + line);
  }
  const fs::path dictionary = program.string() + ".dict";
  if (fs::exists(dictionary)) arguments.push_back("-dict=" + dictionary.string());
  return arguments;
}

ChildCommand fuzzCommand(const Workspace& workspace, const FuzzOptions& options,
                         const FuzzScratch& scratch) {
  ChildCommand command{
      .arguments = {workspace.program("fuzz-" + options.target).string(),
                    fmt::format("-seed={}", options.seed),
                    fmt::format("-rss_limit_mb={}", kFuzzMemoryLimitMib),
                    fmt::format("-timeout={}", kFuzzInputTimeLimitS),
                    fmt::format("-artifact_prefix={}/", scratch.artifacts().string()),
                    // Long inputs from the start: short ones decode to the simplest programs.
                    "-len_control=0", "-print_final_stats=1"},
      .environment = scratch.environment(),
      .time_limit_s = kGraceS + (options.seconds > 0 ? double(options.seconds) : kRunsTimeLimitS),
      // libFuzzer watches its own limit and says which input reached it; ours is behind it.
      .memory_limit_kib = (kFuzzMemoryLimitMib + 512) * 1024,
      .kept_error_bytes = kFuzzKeptErrorBytes};
  std::vector<std::string>& arguments = command.arguments;
  for (std::string& own : ownArguments(arguments[0])) arguments.push_back(std::move(own));
  if (options.seconds > 0) arguments.push_back(fmt::format("-max_total_time={}", options.seconds));
  if (options.runs > 0) arguments.push_back(fmt::format("-runs={}", options.runs));
  // libFuzzer writes to the first folder only.
  arguments.push_back(options.corpus.value_or(scratch.corpus()).string());
  if (options.is_corpus_empty) return command;
  for (const fs::path& folder : workspace.storedInputs(options.target)) {
    arguments.push_back(folder.string());
  }
  return command;
}

/// Stores what libFuzzer left and gives its place; nothing if it left nothing.
std::optional<fs::path> storeArtifact(const FuzzScratch& scratch, const fs::path& directory) {
  for (const auto& entry : fs::directory_iterator(scratch.artifacts())) {
    fs::create_directories(directory);
    fs::path stored = directory / entry.path().filename();
    reports::writeFileWhole(stored, fileContent(entry.path()));
    return stored;
  }
  return std::nullopt;
}

std::string runCommand(const FuzzOptions& options, std::uint64_t executions) {
  // A number of runs, so that the time that this machine had makes no difference.
  return fmt::format("build/bin/sigproof fuzz run {} --seed {} --runs {}{}", options.target,
                     options.seed, std::max<std::uint64_t>(executions, 1),
                     options.is_corpus_empty ? " --from-empty" : "");
}

}  // namespace

Record runFuzz(const Workspace& workspace, const FuzzOptions& options) {
  if (options.corpus) requireUsableCorpus(*options.corpus);
  const FuzzScratch scratch;
  const ChildResult child = runChild(fuzzCommand(workspace, options, scratch));
  Record record = fuzzRecord("fuzz/" + options.target, options.target, child, scratch);
  record.seed = std::to_string(options.seed);
  record.replay = runCommand(options, record.executions);
  const auto artifact = reports::tryToExplain(
      "the file of the input", [&] { return storeArtifact(scratch, options.crash_directory); });
  reports::addNote(record, artifact.note);
  if (const auto& stored = artifact.value; stored && *stored) {
    record.detail["crash_file"] = workspace.shown(**stored);
    record.replay = fmt::format("build/bin/sigproof repro {} {}", record.check,
                                shellQuoted(workspace.shown(**stored)));
  }
  return record;
}

}  // namespace sigproof::tool
