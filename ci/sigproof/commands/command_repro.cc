// repro: replay one input of a fuzz target.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/fuzz/fuzz_child.h"
#include "ci/sigproof/fuzz/fuzz_target.h"
#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/runs/run_and_tell.h"

namespace sigproof::tool {
namespace {

namespace fs = std::filesystem;
using reports::Record;
using reports::Verdict;

/// Twice what libFuzzer gives one input: under a debugger's eyes things go slower.
constexpr double kReproTimeLimitS = 2 * kFuzzInputTimeLimitS;
constexpr std::string_view kCorpusSuffix = "-corpus";

void requireReadableFile(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) throw UserError(file.string() + " doesn't exist");
  if (!fs::is_regular_file(file, ignored)) {
    throw UserError(file.string() + " is not a file; give one input");
  }
  if (access(file.c_str(), R_OK) != 0) throw UserError(file.string() + " can't be read");
}

/// The target that was typed, or else the one whose folder the file is in.
std::string targetOf(const Workspace& workspace, const std::vector<std::string>& words) {
  std::string name = words.size() == 2
                         ? words.front()
                         : fs::absolute(words.front()).parent_path().filename().string();
  if (name.ends_with(kCorpusSuffix)) name.resize(name.size() - kCorpusSuffix.size());
  try {
    return fuzzTargetNamed(workspace, name);
  } catch (const UserError& error) {
    if (words.size() == 2) throw;
    throw UserError(fmt::format("say which target {} is for: sigproof repro fuzz/TARGET FILE ({})",
                                words.front(), error.what()));
  }
}

Record runProgram(const fs::path& program, const std::string& target, const fs::path& file) {
  const FuzzScratch scratch;
  const ChildResult child = runChild({.arguments = {program.string(), file.string()},
                                      .environment = scratch.environment(),
                                      .time_limit_s = kReproTimeLimitS,
                                      .memory_limit_kib = kFuzzMemoryLimitMib * 1024,
                                      .kept_error_bytes = kFuzzKeptErrorBytes});
  if (child.end == ChildEnd::kExited && child.exit_status == kUsageStatus) {
    throw UserError(lastLine(child.error));
  }
  return fuzzRecord("fuzz/" + target, target, child, scratch, 1);
}

int repro(const CommandContext& context, const std::vector<std::string>& words, bool is_json) {
  const fs::path file = words.back();
  requireReadableFile(file);
  const std::string target = targetOf(context.workspace, words);
  Record record = runProgram(context.workspace.program("replay-" + target), target, file);
  record.replay = fmt::format("build/bin/sigproof repro fuzz/{} {}", target,
                              shellQuoted(context.workspace.shown(file)));
  if (record.verdict == Verdict::kPassed) {
    record.summary = fmt::format("{} breaks no property of fuzz/{}", file.string(), target);
    if (!is_json) fmt::print("{}\n", record.summary);
  }
  return tell({record}, is_json);
}

}  // namespace

void addReproCommand(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("repro", "Replay one input of a fuzz target");
  command->footer(
      "The file is given to the target without libFuzzer, with its sanitizers.\n"
      "Exit status 0: nothing is broken; 1: it reproduces.\n"
      "Examples:\n"
      "  sigproof repro fuzz/shim build/report/crashes/shim/crash-0123\n"
      "  sigproof repro corpus/crashes/shim/0123           # the folder names the target");
  const auto words = std::make_shared<std::vector<std::string>>();
  const auto is_json = std::make_shared<bool>(false);
  command->add_option("CHECK FILE", *words, "fuzz/TARGET, and the file; or the file alone")
      ->required()
      ->expected(1, 2);
  command->add_flag("--json", *is_json, "Print the record as one JSON line");
  command->callback(
      [&context, words, is_json] { context.exit_status = repro(context, *words, *is_json); });
}

}  // namespace sigproof::tool
