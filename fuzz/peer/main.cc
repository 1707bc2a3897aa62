// sigproof-peer: core and another runtime, asked about the same modules.
#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/peer/campaign.h"
#include "fuzz/peer/peer_finding.h"
#include "fuzz/peer/sides/core_side.h"
#include "fuzz/peer/sides/workerd_side.h"
#include "reports/check/check_main.h"
#include "reports/record/explain.h"
#include "reports/record/record.h"

namespace sigproof::peer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using reports::Record;

constexpr double kDefaultSeconds = 20;

constexpr std::string_view kCampaign = "fuzz/peer";
constexpr std::string_view kFindings = "fuzz/peer-corpus";
constexpr std::string_view kCovered =
    "Generated modules under the instance protocol, each instantiated by core in V8 10.2 and by "
    "workerd: "
    "errors, every byte of memory 0 and of memories that are not the module's, prototypes, ticks "
    "of "
    "promises, reads of import objects; both against the reference that the fuzz targets have.";
constexpr std::string_view kCannotSee =
    "Deliveries, death and collection: the other runtime's open-source server has no CPU limit. "
    "Entries "
    "that have a terminated word only: nothing is zeroed. instantiate(bytes), which it refuses. "
    "What the "
    "engines differ in is left out where one of them refuses the module.";

struct CommandLine {
  std::uint32_t seed = 1;
  double seconds = 0;
  std::uint64_t modules = 0;
  bool is_first_enough = false;
  std::string findings = SIGPROOF_FINDINGS;
  std::string new_findings = "build/report/findings";
  std::string workerd = defaultWorkerd().string();
  std::string config = defaultWorkerdConfig().string();
};

/// Both processes.
struct Sides {
  explicit Sides(const CommandLine& line)
      : core({.driver = defaultDriver()}),
        workerd({.program = line.workerd, .config = line.config}) {}

  CoreSide core;
  WorkerdSide workerd;
};

std::vector<reports::Property> properties() {
  return {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R9", "T2", "T3", "T6", "T8"};
}

bool isWorkerdThere(const CommandLine& line) { return fs::exists(line.workerd); }

std::string absenceOf(const CommandLine& line) {
  return fmt::format(
      "{} is not there, so nothing was compared; ci/setup installs it from npm (package.json of "
      "fuzz/peer)",
      fs::path(line.workerd).filename().string());
}

Record startRecord(std::string_view check) {
  Record record;
  record.check = check;
  record.kind = reports::Kind::kFuzz;
  record.properties = properties();
  record.covered = kCovered;
  record.cannot_see = kCannotSee;
  return record;
}

std::uint64_t sumOf(const std::map<std::string, std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.second; });
}

// --- the campaign -------------------------------------------------------------------------------

void describeCounts(Record& record, const Campaign::Counts& counts) {
  record.executions = counts.modules;
  record.detail["outcomes"] = counts.outcomes;
  record.detail["differences_known"] = sumOf(counts.known);
  record.detail["differences_new"] = sumOf(counts.fresh);
  record.detail["differences_by_finding"] = counts.known;
  record.detail["findings_met"] = counts.known.size();
  record.detail["findings_new"] = counts.fresh.size();
  record.detail["modules_differing"] = counts.differing;
  record.detail["modules_to_register"] = counts.registered;
  record.detail["modules_with_visible_word"] = counts.visible;
  record.detail["modules_minimised"] = counts.minimised;
  record.detail["refused"] = {{"by both engines", counts.refused_by_both},
                              {"by core's engine", counts.refused_by_core_engine},
                              {"by workerd", counts.refused_by_workerd}};
}

void describeSides(Record& record, const Sides& sides) {
  record.engine = fmt::format("{}; {}", sides.core.version(), sides.workerd.version());
  record.detail["versions"] = {{"core", sides.core.version()},
                               {"workerd", sides.workerd.version()}};
  for (const auto& [name, side] :
       {std::pair<const char*, const Side*>{"core", &sides.core},
        std::pair<const char*, const Side*>{"workerd", &sides.workerd}}) {
    if (side->restarts() == 0) continue;
    record.detail[std::string(name) + "_restarts"] = side->restarts();
    record.detail[std::string(name) + "_last_death"] = side->lastDeath();
  }
}

std::string restartsText(const Sides& sides) {
  const std::size_t restarts = sides.core.restarts() + sides.workerd.restarts();
  if (restarts == 0) return "";
  const Side& side = sides.workerd.restarts() > 0 ? static_cast<const Side&>(sides.workerd)
                                                  : static_cast<const Side&>(sides.core);
  return fmt::format("; a side was started again {} times ({} {})", restarts, side.version(),
                     side.lastDeath());
}

void concludeCampaign(Record& record, const CommandLine& line, const Campaign& campaign,
                      const Sides& sides) {
  const auto& fresh = campaign.newFindings();
  for (const std::string& note : campaign.notes()) reports::addNote(record, note);
  const std::string counts = fmt::format("{} modules compared, {} differences of {} known findings",
                                         campaign.counts().modules, sumOf(campaign.counts().known),
                                         campaign.counts().known.size());
  record.verdict = fresh.empty() ? reports::Verdict::kPassed : reports::Verdict::kFailed;
  if (fresh.empty()) {
    record.summary = counts + restartsText(sides);
    return;
  }
  const Finding& first = fresh.front();
  record.summary = fmt::format("new difference {} ({} breaks {}): {}; {} new findings in all; {}{}",
                               first.signature, first.side, first.rule.id(), first.what,
                               fresh.size(), counts, restartsText(sides));
  record.detail["module_text"] = first.module_text;
  std::string trace;
  for (const Finding& finding : fresh) {
    trace += fmt::format("{}/{}.json: {} breaks {}: {}\n", line.new_findings, finding.signature,
                         finding.side, finding.rule.id(), finding.what);
  }
  record.detail["trace"] = trace;
}

void runCampaign(const CommandLine& line, Record& record) {
  std::vector<Finding> known = readFindings(line.findings);
  Sides sides(line);
  Campaign campaign(sides.core, sides.workerd, std::move(known));
  campaign.onNewFinding([&](const Finding& finding) { writeFinding(line.new_findings, finding); });
  Campaign::Options options{.seed = line.seed, .is_first_enough = line.is_first_enough};
  if (line.modules > 0) options.modules = line.modules;
  if (line.seconds > 0) options.time = std::chrono::duration<double>(line.seconds);
  if (!options.modules && !options.time) {
    options.time = std::chrono::duration<double>(kDefaultSeconds);
  }
  const auto begin = std::chrono::steady_clock::now();
  std::string failure;
  try {
    campaign.run(options);
  } catch (const std::runtime_error& error) {
    failure = error.what();
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  record.seed = std::to_string(line.seed);
  record.replay = fmt::format("build/bin/sigproof peer run --seed {} --modules {}", line.seed,
                              std::max<std::uint64_t>(1, campaign.counts().modules));
  describeCounts(record, campaign.counts());
  describeSides(record, sides);
  record.detail["modules_per_second"] = static_cast<double>(campaign.counts().modules) / seconds;
  concludeCampaign(record, line, campaign, sides);
  if (failure.empty()) return;
  // What was found stands, but the run is not whole.
  if (record.verdict == reports::Verdict::kPassed) record.verdict = reports::Verdict::kUnfinished;
  record.summary = fmt::format("{}; {}", failure, record.summary);
}

// --- known findings -----------------------------------------------------------------------------

// A process that died may have said anything, also what is not UTF-8.
std::string textOf(const Verdict& verdict) {
  return toJson(verdict).dump(-1, ' ', false, json::error_handler_t::replace);
}

struct Replayed {
  Replay outcome;
  std::string text;
};

Replayed replay(const Finding& finding, Sides& sides) {
  const auto core = sides.core.run({&finding.asked, 1}).front();
  const auto workerd = sides.workerd.run({&finding.asked, 1}).front();
  const Replay outcome = compare(finding, core, workerd);
  switch (outcome) {
    case Replay::kReproduces:
      return {outcome, fmt::format("{} reproduces: {} breaks {}: {}", finding.signature,
                                   finding.side, finding.rule.id(), finding.what)};
    case Replay::kGone:
      return {outcome, fmt::format("{} no longer reproduces: {} does what {} asks for; remove the "
                                   "file, and its line of corpus/findings/README.md",
                                   finding.signature, finding.side, finding.rule.id())};
    case Replay::kChanged:
      break;
  }
  return {outcome, fmt::format("{} shows something else than is stored: core {}; workerd {}",
                               finding.signature, textOf(core), textOf(workerd))};
}

void replayFindings(const CommandLine& line, const std::vector<Finding>& findings, Record& record) {
  if (findings.empty()) throw std::runtime_error("there are no findings in " + line.findings);
  Sides sides(line);
  std::string trace;
  std::size_t failures = 0;
  for (const Finding& finding : findings) {
    const auto [outcome, text] = replay(finding, sides);
    trace += text + "\n";
    if (outcome == Replay::kReproduces) continue;
    if (++failures == 1) record.summary = text;
  }
  record.executions = findings.size();
  record.detail["trace"] = trace;
  record.verdict = failures == 0 ? reports::Verdict::kPassed : reports::Verdict::kFailed;
  describeSides(record, sides);
  if (failures == 0) {
    record.summary =
        fmt::format("{} known findings reproduce{}", findings.size(), restartsText(sides));
  } else if (failures > 1) {
    record.summary += fmt::format("; and {} more", failures - 1);
  }
}

// --- the program --------------------------------------------------------------------------------

int runCheck(const CommandLine& line, const std::string& check) {
  if (check != kCampaign && check != kFindings) {
    throw reports::BadInput(fmt::format("there is no check {}; --list lists them", check));
  }
  Record record = startRecord(check);
  record.replay = "build/bin/sigproof peer run " + check;
  reports::measure(record, [&] {
    if (!isWorkerdThere(line)) {
      record.verdict = reports::Verdict::kSkipped;
      record.summary = absenceOf(line);
    } else if (check == kCampaign) {
      runCampaign(line, record);
    } else {
      replayFindings(line, readFindings(line.findings), record);
    }
  });
  return reports::report(record);
}

int replayOne(const CommandLine& line, const std::string& file) {
  const Finding finding = readFinding(file);
  if (!isWorkerdThere(line)) {
    fmt::print(stderr, "sigproof-peer: {}\n", absenceOf(line));
    return reports::kExitSkipped;
  }
  Sides sides(line);
  fmt::print("{}\n{}\nexpected  {}\n", finding.module_text, sentenceOf(finding.rule),
             textOf(finding.expected));
  fmt::print("core      {}\nworkerd   {}\n", textOf(sides.core.run({&finding.asked, 1}).front()),
             textOf(sides.workerd.run({&finding.asked, 1}).front()));
  const auto [outcome, text] = replay(finding, sides);
  fmt::print("{}\n", text);
  return outcome == Replay::kReproduces ? reports::kExitPassed : reports::kExitFailed;
}

std::vector<reports::CheckInfo> allChecks() {
  std::vector<reports::CheckInfo> checks;
  for (const std::string_view check : {kCampaign, kFindings}) {
    checks.push_back({.check = std::string(check),
                      .properties = properties(),
                      .covered = std::string(kCovered)});
  }
  return checks;
}

void addOptions(CLI::App& app, CommandLine& line) {
  app.add_option("--seed", line.seed, "The same modules each time")->capture_default_str();
  app.add_option("--seconds", line.seconds, "End after this time (default 20, unless --modules)")
      ->check(CLI::PositiveNumber);
  app.add_option("--modules", line.modules, "End after so many modules")
      ->check(CLI::PositiveNumber);
  app.add_flag("--first", line.is_first_enough, "End with the first new finding");
  app.add_option("--findings", line.findings, "The folder of the known findings")
      ->capture_default_str();
  app.add_option("--new-findings", line.new_findings, "Where files of new ones go")
      ->capture_default_str();
  app.add_option("--workerd", line.workerd, "The program (default: npm's, or $SIGPROOF_WORKERD)");
  app.add_option("--workerd-config", line.config, "Its configuration")->capture_default_str();
}

// What pays for many small modules.
void tuneForSmallModules() {
  // NOLINTBEGIN(concurrency-mt-unsafe): no thread is started yet
  // Binaryen's threads cost more than they do, and a process that forks had better have none.
  setenv("BINARYEN_CORES", "1", 0);
  // The reference's memories come and go with each module: kept in the heap, their pages need not
  // be mapped again each time.
  constexpr int kKeptBytes = 64 << 20;
  mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  mallopt(M_TRIM_THRESHOLD, 2 * kKeptBytes);
  // NOLINTEND(concurrency-mt-unsafe)
}

int run(int argc, const char* const* argv) {
  tuneForSmallModules();
  CommandLine line;
  reports::CheckMain program("sigproof-peer",
                             "Asks core and another runtime about the same modules.");
  addOptions(program.app(), line);
  program.onList(&allChecks);
  program.onRun([&](const std::string& check) { return runCheck(line, check); });
  program.addAction("--replay", "Ask both sides about the module of a finding", "FILE",
                    [&](const std::string& file) { return replayOne(line, file); });
  return program.run(argc, argv);
}

}  // namespace
}  // namespace sigproof::peer

// NOLINTNEXTLINE(bugprone-exception-escape): no memory for a message is as good as a crash
int main(int argc, char** argv) { return sigproof::peer::run(argc, argv); }
