// peer: core and another runtime on the same modules.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ci/sigproof/checks/check_program.h"
#include "ci/sigproof/checks/peer_checks.h"
#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/runs/run_and_tell.h"

namespace sigproof::tool {
namespace {

constexpr unsigned kDefaultPeerSeconds = 20;
constexpr unsigned kMostPeerSeconds = 24 * 3600;

struct PeerCommandOptions {
  std::vector<std::string> patterns;
  PeerOptions peer;
  std::string out = "build/report";
  std::string file;
  bool is_json = false;
};

void list(const CommandContext& context, bool is_json) {
  for (const Check& check : peerChecks(context.workspace, {})) {
    const nlohmann::json json{{"check", check.name},
                              {"properties", reports::toJson(check.properties)},
                              {"covered", check.covered}};
    fmt::print("{}\n", is_json ? json.dump() : check.name);
  }
}

int run(const CommandContext& context, PeerCommandOptions options, bool has_seed) {
  PeerOptions& peer = options.peer;
  if (!has_seed) peer.seed = randomSeed();
  if (peer.seconds == 0 && peer.modules == 0) peer.seconds = kDefaultPeerSeconds;
  peer.new_findings = std::filesystem::path(options.out) / "findings";
  if (options.patterns.empty()) options.patterns = {"fuzz/peer"};
  std::vector<Job> jobs;
  for (const Check& check : peerChecks(context.workspace, peer)) {
    for (const std::string& pattern : options.patterns) {
      if (!matchesGlob(pattern, check.name)) continue;
      jobs.push_back({check.name, [check, peer] { return runCheck(check, limitsOf(peer)); }});
      break;
    }
  }
  if (jobs.empty()) {
    throw UserError(fmt::format("no check matches {}; `build/bin/sigproof peer list` names them",
                                commandLine(options.patterns)));
  }
  fmt::print(stderr, "seed {}\n", peer.seed);
  return runAndTell(jobs, {.is_json = options.is_json});
}

int replay(const CommandContext& context, const std::string& file) {
  const ChildResult child = runChild(
      {.arguments = {context.workspace.program("sigproof-peer").string(), "--replay", file},
       .time_limit_s = kCheckTimeLimitS});
  fmt::print("{}", child.output);
  const bool is_told = child.end == ChildEnd::kExited && child.exit_status < kUsageStatus;
  if (is_told) return child.exit_status;
  const bool is_skipped = child.end == ChildEnd::kExited && child.exit_status == kSkippedStatus;
  const std::string said = lastLine(child.error);
  if (!is_skipped) throw UserError(said.empty() ? child.description() : said);
  fmt::print(stderr, "{}\n", said);
  return kSkippedStatus;
}

void addRun(CLI::App& parent, CommandContext& context) {
  const auto options = std::make_shared<PeerCommandOptions>();
  CLI::App* command = parent.add_subcommand("run", "Compare, and report differences that are new");
  command->add_option("NAME", options->patterns,
                      "fuzz/peer (the default), fuzz/peer-corpus: whether the known findings "
                      "still reproduce; also shell patterns");
  command->add_option("--seconds", options->peer.seconds, "End after this time (default 20)")
      ->check(CLI::Range(1U, kMostPeerSeconds));
  command->add_option("--modules", options->peer.modules, "End after so many modules")
      ->check(CLI::PositiveNumber);
  CLI::Option* seed =
      command->add_option("--seed", options->peer.seed, "Default: a random one, printed")
          ->check(kSeedRange);
  command->add_option("--out", options->out, "Where findings/ goes, with new ones")
      ->capture_default_str();
  command->add_flag("--json", options->is_json, "Print the record as one JSON line");
  command->callback([&context, options, seed] {
    context.exit_status = run(context, *options, seed->count() > 0);
  });
}

}  // namespace

void addPeerCommand(CLI::App& app, CommandContext& context) {
  CLI::App* parent = app.add_subcommand(
      "peer", "Core beside workerd, which implements the instance protocol, module by module");
  parent->require_subcommand(1);
  parent->footer(
      "Examples:\n"
      "  sigproof peer run --seconds 300\n"
      "  sigproof peer run --seed 7 --modules 10000         # the same modules each time\n"
      "  sigproof peer run fuzz/peer-corpus                 # the known findings\n"
      "  sigproof peer replay corpus/findings/NAME.json     # one of them, with what each side "
      "does\n"
      "A difference that corpus/findings doesn't know fails the run; it is minimised and stored "
      "in\n"
      "<out>/findings. Moved to corpus/findings it is known. Without workerd the run is skipped.");
  const auto options = std::make_shared<PeerCommandOptions>();
  CLI::App* list_command = parent->add_subcommand("list", "Name the checks, one a line");
  list_command->add_flag("--json", options->is_json, "As JSON lines, with what each covers");
  list_command->callback([&context, options] { list(context, options->is_json); });
  addRun(*parent, context);
  CLI::App* replay_command =
      parent->add_subcommand("replay", "Ask both sides about the module of a finding");
  replay_command->add_option("FILE", options->file, "The finding")->required();
  replay_command->callback(
      [&context, options] { context.exit_status = replay(context, options->file); });
}

}  // namespace sigproof::tool
