// A model: a small program of a few threads over production code, what must hold in it, and the
// search through its executions. Every program of checks has a catalogue of them.
//
//   for (const Model& model : catalog()) std::cout << model.name << '\n';
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/relacy/engine/lifetime.h"
#include "models/relacy/engine/search.h"
#include "reports/record/property.h"

namespace sigproof::reports {
struct Record;
}

namespace sigproof::models {

struct SearchPlan;

/// How large a model is, for the growth of the search with it.
struct Axes {
  std::string series{};  ///< programs of one shape that differ in length alone; empty: of none
  unsigned operations = 0;
  unsigned readers = 0;
  unsigned handlers_on_owner = 0;
  unsigned handlers_on_reader = 0;
};

struct Model {
  std::string name;  ///< without the "model/" of its check
  std::vector<reports::Property> properties{};
  std::string covered;       ///< in words
  std::string cannot_see{};  ///< in words; the same for all models of a catalogue
  /// The columns of a trace: one a thread, then one for each level of nested handlers.
  std::vector<std::string> columns{};
  unsigned thread_count = 1;
  /// Runs it, with search.lifetime as it is there. One at a time in a process.
  std::function<SearchResult(const Search&)> search{};
  Lifetime lifetime = Lifetime::kReuse;
  /// Whether an allocation can get the address of something that was freed before it, so that the
  /// other lifetime makes another model.
  bool reuses_addresses = false;
  /// The threads of the columns after the threads' own; empty: all are the owner's.
  std::vector<unsigned> handler_threads{};
  std::optional<Axes> axes{};
  /// How many times as long an execution takes as one of most models: its budgets are smaller by
  /// that.
  unsigned execution_cost = 1;
  /// Instead of one planned search, for a check that is more than that.
  std::function<reports::Record(const Model&, const SearchPlan&)> check{};
};

/// The model's own search, with the lifetime that the model has.
inline SearchResult searchModel(const Model& model, Search search) {
  search.lifetime = model.lifetime;
  return model.search(search);
}

/// The model, and where that is another one, the same with the other lifetime: "NAME@quarantine".
std::vector<Model> withBothLifetimes(Model model);

/// All models of this program. Defined once for each program.
std::vector<Model> catalog();

}  // namespace sigproof::models
