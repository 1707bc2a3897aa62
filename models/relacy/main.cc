// The command line of a program of models. See --help.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
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

namespace sigproof::models {
namespace {

enum ExitCode { kPassed = 0, kFailed = 1, kBadUsage = 2 };

constexpr std::uint64_t kMaxSeed = 4'294'967'295;
constexpr const char* kBestSearch = "best";

struct Options {
  bool is_list = false;
  bool is_json = false;
  std::string run;
  std::string replay;
  std::string state;
  std::string search = kBestSearch;
  std::uint64_t random_executions = 20'000;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> max_executions;
  std::optional<std::uint64_t> time_limit_ms;
  std::string weakened;
};

// Bad usage or bad input: one line and exit code 2.
class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

Model findModel(const std::string& name) {
  std::vector<Model> models = catalog();
  const auto found = std::ranges::find_if(
      models, [&](const Model& model) { return name == checkName(model) || name == model.name; });
  if (found == models.end()) {
    throw UsageError(fmt::format("there is no check '{}'; --list names them", name));
  }
  return std::move(*found);
}

void list(bool is_json) {
  nlohmann::json json = nlohmann::json::array();
  for (const Model& model : catalog()) {
    if (!is_json) fmt::print("{}\n", checkName(model));
    json.push_back({{"check", checkName(model)},
                    {"properties", reports::toJson(model.properties)},
                    {"covered", model.covered}});
  }
  if (is_json) fmt::print("{}\n", json.dump());
}

void applyWeakening(const std::string& text) {
  if (text.empty()) return;
  std::optional<Weakening> weakening = parseWeakening(text);
  if (!weakening) {
    throw UsageError(fmt::format(
        "--weaken wants FILE:LINE=ORDER, as core/list/atomic_list.h:78=release; got '{}'", text));
  }
  AtomicSteps::weaken(std::move(*weakening));
}

void requireWeakened(const std::string& text) {
  if (text.empty() || AtomicSteps::wasWeakened()) return;
  throw UsageError(fmt::format(
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
    throw UsageError(
        fmt::format("--search wants best, full, bound:N or random:N; got '{}'", options.search));
  }
  plan.only->seed = plan.seed;
  plan.only->max_executions = options.max_executions;
  return plan;
}

reports::Record check(const Model& model, const Options& options) {
  const SearchPlan plan = makePlan(options, model);
  return model.check ? model.check(model, plan) : makeRecord(model, carryOut(model, plan));
}

int run(const Options& options) {
  const reports::Record record = check(findModel(options.run), options);
  requireWeakened(options.weakened);
  fmt::print("{}\n", reports::toJson(record).dump());
  fmt::print(stderr, "{}: {}\n", record.check, record.summary);
  if (record.verdict == reports::Verdict::kPassed) return kPassed;
  if (record.detail.contains("trace")) {
    fmt::print(stderr, "{}\nrepeat with: {}\n", record.detail["trace"].get<std::string>(),
               record.replay);
  }
  return kFailed;
}

// Relacy aborts when the choices of a state aren't those that the model makes.
void refuseForeignState(int) {
  constexpr std::string_view kMessage =
      "this state names no execution of this model in this version of the code\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(kBadUsage);
}

int replay(const Options& options) {
  const Model model = findModel(options.replay);
  Search search = [&] {
    try {
      return parseState(options.state);
    } catch (const std::invalid_argument& error) {
      throw UsageError(fmt::format("--state: {}", error.what()));
    }
  }();
  struct sigaction on_abort = {};
  on_abort.sa_handler = &refuseForeignState;
  sigaction(SIGABRT, &on_abort, nullptr);
  if (model.check) throw UsageError(checkName(model) + " is more than one search: run it");
  SearchResult result = searchModel(model, search);
  const bool is_failed = result.end == SearchEnd::kFailed;
  if (!is_failed) {
    search.is_stopped_after_first = true;
    result = searchModel(model, search);
  }
  requireWeakened(options.weakened);
  fmt::print("{}: {}\n\n{}", checkName(model),
             is_failed ? parseHistory(result.history).verdict : "this execution passes",
             renderTrace(traceOf(model, result)));
  return is_failed ? kFailed : kPassed;
}

void declare(CLI::App& app, Options& options) {
  app.description(
      "Searches all executions of small programs over the production code for one that "
      "breaks a property. The record of a check is one line of JSON on standard output.");
  auto* what = app.add_option_group("what to do");
  what->add_flag("--list", options.is_list, "Print the names of the checks, one a line");
  what->add_option("--run", options.run, "Run one check")->type_name("NAME");
  auto* replay = what->add_option("--replay", options.replay,
                                  "Repeat one execution of a check and print its interleaving");
  replay->type_name("NAME");
  what->require_option(1);
  app.add_flag("--json", options.is_json, "With --list: as JSON, with what each check covers");
  app.add_option("--state", options.state,
                 "With --replay: the execution, as a failed check names it")
      ->needs(replay)
      ->type_name("STRING");
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

int runProgram(int argument_count, char** arguments) {
  CLI::App app;
  Options options;
  declare(app, options);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::Success& success) {
    return app.exit(success);  // --help
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  applyWeakening(options.weakened);
  if (options.is_list) {
    list(options.is_json);
    return kPassed;
  }
  if (!options.run.empty()) return run(options);
  if (options.state.empty()) throw UsageError("--replay wants --state");
  return replay(options);
}

}  // namespace
}  // namespace sigproof::models

int main(int argument_count, char** arguments) {
  try {
    return sigproof::models::runProgram(argument_count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return sigproof::models::kBadUsage;
  }
}
