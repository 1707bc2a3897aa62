#include "models/relacy/report.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include "models/relacy/atomic_steps.h"
#include "models/relacy/history.h"
#include "models/relacy/trace.h"

namespace sigproof::models {
namespace {

using reports::Record;
using reports::Verdict;

constexpr const char* kCannotSee =
    "Load buffering, 2+2W and IRIW outcomes; loads older than the two newest stores (the random "
    "search reaches three); reordering by the compiler; longer programs than this one. Release "
    "sequences follow C++11.";

std::uint64_t peakMemoryKib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss);
}

// What broke, in one line. Oracles of the models begin with their property; what Relacy found by
// itself gets the first property of the model.
std::string describeFailure(const Model& model, const History& history) {
  std::string_view verdict = history.verdict;
  constexpr std::string_view kOracle = "USER ASSERT FAILED (";
  if (verdict.starts_with(kOracle) && verdict.ends_with(')')) {
    verdict.remove_prefix(kOracle.size());
    verdict.remove_suffix(1);
    return std::string(verdict);
  }
  return fmt::format("{}: {}", model.properties.front(), verdict);
}

nlohmann::json atomicSteps() {
  nlohmann::json steps = nlohmann::json::array();
  for (const AtomicStep& step : AtomicSteps::all()) {
    steps.push_back({{"at", fmt::format("{}:{}", fromRoot(step.file), step.line)},
                     {"step", toString(step.kind)},
                     {"order", toString(step.order)}});
  }
  return steps;
}

void addFailure(Record& record, const Model& model, const SearchResult& failed) {
  const History history = parseHistory(failed.history);
  record.verdict = Verdict::kFailed;
  record.summary =
      fmt::format("{}, found in {} executions", describeFailure(model, history), failed.executions);
  record.replay =
      fmt::format("build/bin/sigproof model replay {} --state '{}'", record.check, failed.state);
  record.detail["verdict"] = history.verdict;
  record.detail["state"] = failed.state;
  record.detail["trace"] = traceOf(model, failed);
}

}  // namespace

std::string checkName(const Model& model) { return "model/" + model.name; }

std::string traceOf(const Model& model, const SearchResult& result) {
  if (result.history.empty()) return {};
  return renderTrace(parseHistory(result.history), model.columns, model.thread_count);
}

Record makeRecord(const Model& model, const CheckRun& run) {
  const SearchResult& result = run.result;
  Record record;
  record.check = checkName(model);
  record.kind = reports::Kind::kModel;
  record.properties = model.properties;
  record.executions = result.executions;
  record.seconds = result.seconds + run.random_result.seconds;
  record.peak_memory_kib = peakMemoryKib();
  record.engine = "Relacy, " + describe(run.search);
  record.covered = model.covered;
  record.cannot_see = kCannotSee;
  record.exhausted =
      run.search.kind == SearchKind::kFull && result.end == SearchEnd::kEndedByItself;
  record.replay = fmt::format("build/bin/sigproof model run {}", record.check);
  record.detail["threads"] = model.thread_count;
  record.detail["atomic_steps"] = atomicSteps();
  if (run.search.kind == SearchKind::kRandom) record.seed = std::to_string(run.search.seed);
  if (run.random_result.executions > 0) {
    record.seed = std::to_string(run.random_search.seed);
    record.detail["random"] = {{"executions", run.random_result.executions},
                               {"seed", run.random_search.seed},
                               {"seconds", run.random_result.seconds}};
  }
  if (result.end == SearchEnd::kFailed) {
    addFailure(record, model, result);
  } else if (run.random_result.end == SearchEnd::kFailed) {
    addFailure(record, model, run.random_result);
    record.summary += " of the random search";
  } else if (result.end == SearchEnd::kCutShort) {
    record.verdict = Verdict::kUnfinished;
    record.summary =
        fmt::format("cut short after {} executions: nothing was shown", result.executions);
  } else {
    record.verdict = Verdict::kPassed;
    record.summary = fmt::format("{} executions, {}", result.executions,
                                 record.exhausted ? "exhausted" : describe(run.search));
  }
  return record;
}

}  // namespace sigproof::models
