// A model: a small program of a few threads over production code, what must hold in it, and the
// search through its executions. Every program of checks has a catalogue of them.
//
//   for (const Model& model : catalog()) std::cout << model.name << '\n';
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/relacy/search.h"

namespace sigproof::models {

struct Model {
  std::string name;  ///< without the "model/" of its check
  std::vector<std::string> properties{};
  std::string covered;  ///< in words
  /// The columns of a trace: one a thread, then one for each level of nested handlers.
  std::vector<std::string> columns{};
  unsigned thread_count = 1;
  /// Runs it. One at a time in a process.
  std::function<SearchResult(const Search&)> search{};
};

/// All models of this program. Defined once for each program.
std::vector<Model> catalog();

}  // namespace sigproof::models
