// A model: a small program of a few threads over production code, what must hold in it, and the
// search through its executions. Each check program has a catalogue of models.
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

/// The size of a model, for the growth of the search with it.
struct Axes {
  std::string series{};  ///< programs of one shape that differ only in length; empty: none
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
  /// Runs the model with the given search, search.lifetime included. One at a time in a process.
  std::function<SearchResult(const Search&)> search{};
  Lifetime lifetime = Lifetime::kReuse;
  /// Whether an allocation can get the address of something that was freed before. If so, the other
  /// lifetime makes another model.
  bool reuses_addresses = false;
  /// The threads of the columns after the threads' own; empty: all are the owner's.
  std::vector<unsigned> handler_threads{};
  std::optional<Axes> axes{};
  /// How many times as long an execution takes as in most models. Its budgets are smaller by this
  /// factor.
  unsigned execution_cost = 1;
  /// Runs instead of one planned search, for a check that needs more than that.
  std::function<reports::Record(const Model&, const SearchPlan&)> check{};
};

/// Runs the model's search with the lifetime of the model.
inline SearchResult searchModel(const Model& model, Search search) {
  search.lifetime = model.lifetime;
  return model.search(search);
}

/// Returns the model and, if reuses_addresses, the same with the other lifetime: "NAME@quarantine".
std::vector<Model> withBothLifetimes(Model model);

/// All models of this program. Each program defines it.
std::vector<Model> catalog();

}  // namespace sigproof::models
