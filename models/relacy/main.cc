// The command line of a program of models. See --help.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>

#include "models/relacy/engine/atomic_steps.h"
#include "models/relacy/engine/history.h"
#include "models/relacy/search/model.h"
#include "models/relacy/search/report.h"
#include "reports/check/check_main.h"
#include "reports/record/explain.h"

namespace sigproof::models {
namespace {

using reports::BadInput;

constexpr std::uint64_t kMaxSeed = 4'294'967'295;
constexpr const char* kBestSearch = "best";

struct Options {
  std::string state;
  std::string search = kBestSearch;
  std::uint64_t random_executions = 20'000;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> max_executions;
  std::optional<std::uint64_t> time_limit_ms;
  std::string weakened;
};

Model findModel(const std::string& name) {
  std::vector<Model> models = catalog();
  const auto found = std::ranges::find_if(
      models, [&](const Model& model) { return name == checkName(model) || name == model.name; });
  if (found == models.end()) {
    throw BadInput(fmt::format("there is no check '{}'; --list names them", name));
  }
  return std::move(*found);
}

std::vector<reports::CheckInfo> allChecks() {
  std::vector<reports::CheckInfo> checks;
  for (const Model& model : catalog()) {
    checks.push_back(
        {.check = checkName(model), .properties = model.properties, .covered = model.covered});
  }
  return checks;
}

void applyWeakening(const std::string& text) {
  if (text.empty()) return;
  std::optional<Weakening> weakening = parseWeakening(text);
  if (!weakening) {
    throw BadInput(fmt::format(
        "--weaken wants FILE:LINE=ORDER, as core/list/atomic_list.h:78=release; got '{}'", text));
  }
  AtomicSteps::weaken(std::move(*weakening));
}

void requireWeakened(const std::string& text) {
  if (text.empty() || AtomicSteps::wasWeakened()) return;
  throw BadInput(fmt::format(
      "--weaken {}: this check executes no atomic step there that can have this order", text));
}

// Executions count on from the seed, and none may lie above the largest.
std::uint64_t firstRandomExecution(const Options& options) {
  const std::uint64_t most = std::min(options.random_executions, kMaxSeed - 1);
  return std::min(options.seed, kMaxSeed - most);
}

SearchPlan makePlan(const Options& options, const Model& model) {
  SearchPlan plan{.random_executions = options.random_executions,
                  .seed = firstRandomExecution(options),
                  .progress_label = checkName(model)};
  if (options.time_limit_ms) plan.time_limit = std::chrono::milliseconds(*options.time_limit_ms);
  if (options.max_executions) {
    plan.full_executions = plan.bounded_executions = *options.max_executions;
  }
  if (options.search == kBestSearch) return plan;
  plan.only = parseSearch(options.search);
  if (!plan.only) {
    throw BadInput(
        fmt::format("--search wants best, full, bound:N or random:N; got '{}'", options.search));
  }
  plan.only->seed = plan.seed;
  plan.only->max_executions = options.max_executions;
  return plan;
}

reports::Record check(const Model& model, const Options& options) {
  SearchPlan plan = makePlan(options, model);
  if (model.check) return model.check(model, plan);
  plan.on_failure = [&](const SearchResult& failed) {
    const std::string text =
        reports::explained("what broke", [&] { return describeFailure(model, failed); });
    // The text begins with the property that broke, of the several that the model defends.
    const std::size_t end = text.find(": ");
    const auto broken = reports::parseProperty(text.substr(0, end));
    reports::tellVerdict(broken.value_or(model.properties.front()).id(),
                         broken ? text.substr(end + 2) : text);
  };
  return makeRecord(model, carryOut(model, plan));
}

int run(const std::string& name, const Options& options) {
  applyWeakening(options.weakened);
  const reports::Record record = check(findModel(name), options);
  requireWeakened(options.weakened);
  return reports::report(record);
}

// Relacy aborts when the choices of a state aren't those that the model makes.
void refuseForeignState(int) {
  constexpr std::string_view kMessage =
      "this state names no execution of this model in this version of the code\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(reports::kExitBadInput);
}

int replay(const std::string& name, const Options& options) {
  if (options.state.empty()) throw BadInput("--replay wants --state");
  applyWeakening(options.weakened);
  const Model model = findModel(name);
  Search search = [&] {
    try {
      return parseState(options.state);
    } catch (const std::invalid_argument& error) {
      throw BadInput(fmt::format("--state: {}", error.what()));
    }
  }();
  struct sigaction on_abort = {};
  on_abort.sa_handler = &refuseForeignState;
  sigaction(SIGABRT, &on_abort, nullptr);
  if (model.check) throw BadInput(checkName(model) + " is more than one search: run it");
  SearchResult result = searchModel(model, search);
  const bool is_failed = result.end == SearchEnd::kFailed;
  if (!is_failed) {
    search.is_stopped_after_first = true;
    result = searchModel(model, search);
  }
  requireWeakened(options.weakened);
  fmt::print("{}: {}\n\n{}", checkName(model),
             is_failed ? parseHistory(result.history).verdict : "this execution passes",
             reports::explained("the trace", [&] { return renderTrace(traceOf(model, result)); }));
  return is_failed ? reports::kExitFailed : reports::kExitPassed;
}

void addOptions(CLI::App& app, Options& options) {
  app.add_option("--search", options.search,
                 "best (full if it ends within a budget, else the largest bound that does), full, "
                 "bound:N (preemptions) or random:N (executions)")
      ->capture_default_str()
      ->type_name("SEARCH");
  app.add_option("--random-executions", options.random_executions,
                 "Random executions after the search, for models of several threads; 0: none")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Number of the first random execution")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{1}, kMaxSeed));
  app.add_option("--max-executions", options.max_executions,
                 "Cut the search short: the check is then unfinished");
  app.add_option("--time-limit-ms", options.time_limit_ms,
                 "Cut the search short after so many milliseconds");
  app.add_option(
         "--weaken", options.weakened,
         "Self-test: give one atomic step of the code a weaker order; the check should fail")
      ->type_name("FILE:LINE=ORDER");
}

int runProgram(int argc, const char* const* argv) {
  Options options;
  reports::CheckMain program(
      "sigproof-models",
      "Searches all executions of small programs over the production code for one that breaks a "
      "property.");
  program.onList(&allChecks);
  program.onRun([&](const std::string& name) { return run(name, options); });
  CLI::Option* replay_option =
      program.addAction("--replay", "Repeat one execution of a check and print its interleaving",
                        "CHECK", [&](const std::string& name) { return replay(name, options); });
  program.app()
      .add_option("--state", options.state,
                  "With --replay: the execution, as a failed check names it")
      ->needs(replay_option)
      ->type_name("STRING");
  addOptions(program.app(), options);
  return program.run(argc, argv);
}

}  // namespace
}  // namespace sigproof::models

// NOLINTNEXTLINE(bugprone-exception-escape): no memory for a message is as good as a crash
int main(int argc, char** argv) { return sigproof::models::runProgram(argc, argv); }
