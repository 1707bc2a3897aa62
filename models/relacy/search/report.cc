#include "models/relacy/search/report.h"

#include <fmt/format.h>

#include "models/relacy/engine/atomic_steps.h"
#include "models/relacy/engine/history.h"
#include "reports/check/peak_memory.h"
#include "reports/record/explain.h"

namespace sigproof::models {
namespace {

using nlohmann::json;
using reports::Record;
using reports::Verdict;

json atomicSteps() {
  json steps = json::array();
  for (const AtomicStep& step : AtomicSteps::all()) {
    steps.push_back({{"at", fmt::format("{}:{}", fromRoot(step.file), step.line)},
                     {"step", toString(step.kind)},
                     {"order", toString(step.order)}});
  }
  return steps;
}

// "full", "bound:2", "random".
std::string kindOf(const Search& search) {
  switch (search.kind) {
    case SearchKind::kFull:
      return "full";
    case SearchKind::kBounded:
      return fmt::format("bound:{}", search.preemption_bound);
    case SearchKind::kRandom:
      return "random";
  }
  return {};
}

std::string endOf(const SearchResult& result) {
  switch (result.end) {
    case SearchEnd::kEndedByItself:
      return "ended by itself";
    case SearchEnd::kCutShort:
      return "cut short";
    case SearchEnd::kFailed:
      return "failed";
  }
  return {};
}

json searchesOf(const CheckRun& run) {
  json searches = json::array();
  const auto add = [&](const Attempt& attempt) {
    json search = {{"search", kindOf(attempt.search)},
                   {"executions", attempt.result.executions},
                   {"seconds", attempt.result.seconds},
                   {"end", endOf(attempt.result)}};
    if (attempt.search.kind == SearchKind::kRandom) search["seed"] = attempt.search.seed;
    searches.push_back(std::move(search));
  };
  for (const Attempt& attempt : run.attempts) add(attempt);
  if (run.random) add(*run.random);
  return searches;
}

json growthOf(const Axes& axes, const CheckRun& run) {
  const Attempt& decisive = run.decisive();
  return {{"series", axes.series},
          {"operations", axes.operations},
          {"readers", axes.readers},
          {"handlers_on_owner", axes.handlers_on_owner},
          {"handlers_on_reader", axes.handlers_on_reader},
          {"search", kindOf(decisive.search)},
          {"executions", decisive.result.executions},
          {"seconds", decisive.result.seconds}};
}

void addFailure(Record& record, const Model& model, const CheckRun& run) {
  const ShortestFailure& shortest = *run.shortest;
  const SearchResult& shown = shortest.attempt.result;
  const Attempt& found = *run.failed();
  record.verdict = Verdict::kFailed;
  record.summary =
      fmt::format("{}, found in {} executions of the {}",
                  reports::explained("what broke", [&] { return describeFailure(model, shown); }),
                  found.result.executions, describe(found.search));
  record.replay =
      fmt::format("build/bin/sigproof model replay {} --state '{}'", record.check, shown.state);
  record.executions = found.result.executions;
  record.detail["state"] = shown.state;
  reports::addNote(record, shortest.note);
  reports::explain(record, "verdict", [&] { return parseHistory(shown.history).verdict; });
  reports::explain(record, "trace", [&] { return renderTrace(traceOf(model, shown)); });
  reports::explain(record, "interleaving", [&] { return toJson(traceOf(model, shown)); });
  record.detail["shortest"] = {{"steps", shortest.steps},
                               {"executions_searched", shortest.executions},
                               {"seconds", shortest.seconds}};
  if (shortest.preemptions) record.detail["shortest"]["preemptions"] = *shortest.preemptions;
}

// A bounded search that ended says less than a full one, and is never called exhausted.
void addSuccess(Record& record, const CheckRun& run) {
  const Attempt& decisive = run.decisive();
  if (decisive.result.end != SearchEnd::kEndedByItself) {
    record.verdict = Verdict::kUnfinished;
    record.summary =
        fmt::format("cut short after {} executions: nothing was shown", decisive.result.executions);
    return;
  }
  record.verdict = Verdict::kPassed;
  record.exhausted = decisive.search.kind == SearchKind::kFull;
  record.summary =
      fmt::format("{} executions, {}", decisive.result.executions,
                  record.exhausted ? "exhausted" : "not exhausted: " + describe(decisive.search));
  if (run.random) {
    record.summary += fmt::format("; {} random ones (seed {})", run.random->result.executions,
                                  run.random->search.seed);
  }
}

}  // namespace

std::string checkName(const Model& model) { return "model/" + model.name; }

Trace traceOf(const Model& model, const SearchResult& result) {
  const TraceColumns columns{.names = model.columns,
                             .thread_count = model.thread_count,
                             .handler_threads = model.handler_threads};
  if (result.history.empty()) return {.columns = model.columns, .steps = {}};
  return makeTrace(parseHistory(result.history), columns);
}

// A message of a model's oracle begins with its property. What Relacy finds by itself gets the
// first property of the model.
std::string describeFailure(const Model& model, const SearchResult& failed) {
  const History history = parseHistory(failed.history);
  std::string_view verdict = history.verdict;
  constexpr std::string_view kOracle = "USER ASSERT FAILED (";
  if (verdict.starts_with(kOracle) && verdict.ends_with(')')) {
    verdict.remove_prefix(kOracle.size());
    verdict.remove_suffix(1);
    return std::string(verdict);
  }
  return fmt::format("{}: {}", model.properties.front().id(), verdict);
}

Record blankRecord(const Model& model) {
  Record record;
  record.check = checkName(model);
  record.kind = reports::Kind::kModel;
  record.properties = model.properties;
  record.peak_memory_kib = reports::peakMemoryKib();
  record.engine = "Relacy";
  record.covered = model.covered;
  record.cannot_see = model.cannot_see;
  record.replay = fmt::format("build/bin/sigproof model run {}", record.check);
  return record;
}

Record makeRecord(const Model& model, const CheckRun& run) {
  const Attempt& decisive = run.decisive();
  Record record = blankRecord(model);
  record.executions = decisive.result.executions;
  record.seconds = run.seconds();
  record.engine += ", " + describe(decisive.search);
  record.detail["threads"] = model.thread_count;
  record.detail["lifetime_of_freed_addresses"] = toString(model.lifetime);
  record.detail["atomic_steps"] = atomicSteps();
  record.detail["searches"] = searchesOf(run);
  if (model.axes) record.detail["growth"] = growthOf(*model.axes, run);
  if (run.random) {
    record.seed = std::to_string(run.random->search.seed);
    record.replay += " --seed " + *record.seed;
  }
  if (decisive.search.kind == SearchKind::kRandom) {
    record.seed = std::to_string(decisive.search.seed);
  }
  if (run.failed() != nullptr) {
    addFailure(record, model, run);
  } else {
    addSuccess(record, run);
  }
  return record;
}

}  // namespace sigproof::models
