#include "models/relacy/litmus/canaries.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "models/relacy/engine/atomic_steps.h"
#include "models/relacy/engine/delayed_store.h"
#include "models/relacy/search/report.h"
#include "models/relacy/search/search_plan.h"

namespace sigproof::models {
namespace {

struct Canary {
  std::string name;
  std::string victim;  // the model that must fail
  std::string flaw;    // in words
  std::optional<Weakening> weakening{};
  bool is_store_delayed = false;
};

const std::vector<Canary>& canaryTable() {
  static const std::vector<Canary> kTable = {
      {.name = "canary_release_stores",
       .victim = "reader_against_push_filter",
       .flaw = "every store of the list is release instead of seq_cst",
       .weakening = Weakening{.file = "core/list/atomic_list.h",
                              .kind = StepKind::kStore,
                              .order = std::memory_order_release}},
      {.name = "canary_acquire_loads",
       .victim = "interrupted_reader_against_push_filter",
       .flaw = "every load of the list is acquire instead of seq_cst",
       .weakening = Weakening{.file = "core/list/atomic_list.h",
                              .kind = StepKind::kLoad,
                              .order = std::memory_order_acquire}},
      {.name = "canary_relaxed_announcement",
       .victim = "two_readers_against_filter_newest",
       .flaw = "readers announce themselves and leave in relaxed order",
       .weakening = Weakening{.file = "core/list/atomic_list.h",
                              .kind = StepKind::kRmw,
                              .order = std::memory_order_relaxed}},
      {.name = "canary_published_before_linked",
       .victim = "handler_against_push",
       .flaw = "an element is published before it leads on to the others",
       .is_store_delayed = true},
      {.name = "canary_release_stores_under_delivery",
       .victim = "delivery_against_drop_of_collected",
       .flaw = "every store of the list under the registry is release instead of seq_cst",
       .weakening = Weakening{.file = "core/list/atomic_list.h",
                              .kind = StepKind::kStore,
                              .order = std::memory_order_release}},
  };
  return kTable;
}

Model findVictim(const Canary& canary) {
  for (Model& model : catalog()) {
    if (model.name == canary.victim) return std::move(model);
  }
  throw std::logic_error(fmt::format("{}: there is no model {}", canary.name, canary.victim));
}

reports::Record check(const Canary& canary, const Model& self, const SearchPlan& plan) {
  if (canary.weakening) AtomicSteps::weaken(*canary.weakening);
  if (canary.is_store_delayed) DelayedStore::turnOn();
  const CheckRun run = carryOut(findVictim(canary), plan);
  const reports::Record caught = makeRecord(findVictim(canary), run);

  reports::Record record = blankRecord(self);
  record.engine = caught.engine;
  record.executions = caught.executions;
  record.seconds = caught.seconds;
  record.seed = caught.seed;
  record.detail = {{"flaw", canary.flaw}, {"victim", "model/" + canary.victim}};
  if (caught.verdict != reports::Verdict::kFailed) {
    record.verdict = reports::Verdict::kFailed;
    record.summary = fmt::format(
        "the canary lives: {}, and model/{} doesn't see it ({}); what the models pass shows "
        "nothing",
        canary.flaw, canary.victim, caught.summary);
    return record;
  }
  record.verdict = reports::Verdict::kPassed;
  record.summary = "caught: " + caught.summary;
  for (const char* member : {"trace", "interleaving", "shortest", "verdict", "not_explained"}) {
    if (caught.detail.contains(member)) record.detail[member] = caught.detail[member];
  }
  return record;
}

}  // namespace

std::vector<Model> canaries() {
  std::vector<Model> models;
  for (const Canary& canary : canaryTable()) {
    models.push_back({.name = canary.name,
                      .properties = {"L3", "L4"},
                      .covered = fmt::format("A bug that must be caught in every run: {}. model/{} "
                                             "is given it and has to fail.",
                                             canary.flaw, canary.victim),
                      .check = [&canary](const Model& self, const SearchPlan& plan) {
                        return check(canary, self, plan);
                      }});
  }
  return models;
}

}  // namespace sigproof::models
