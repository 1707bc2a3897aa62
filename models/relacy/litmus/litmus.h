// What Relacy itself models: the classic litmus tests of memory models, and which of their outcomes
// Relacy reaches. They run with the other models, so that we notice a Relacy that behaves
// differently. They also give every model's record the list of what its search can't see.
//
//   for (Model& model : litmusModels()) ...           // model/litmus_store_buffering, ...
//   model.cannot_see = whatRelacyCannotSee();
#pragma once

#include <string>
#include <vector>

#include "models/relacy/search/model.h"

namespace sigproof::models {

/// One program and one outcome of it. A thread is a list of steps of one atomic variable each:
///   "x=1/release"   store            "r0=x/acquire"   load into a register
///   "r0=x+1/relaxed"  fetch_add      "fence/seq_cst"  a fence
/// x, y and z begin with 0. The outcome names registers, and variables for their last values.
struct Litmus {
  std::string name;
  std::vector<std::string> threads;
  std::string outcome;  ///< "r0=0 r1=0"
  /// Whether C++20 allows the outcome.
  bool is_allowed = false;
  /// Which searches of Relacy reach the outcome.
  bool is_reached_by_full = false;
  bool is_reached_by_bounded = false;
  bool is_reached_by_random = false;
  /// What it is called if it is allowed and not reached: "load buffering".
  std::string blind_spot{};
};

/// The table.
const std::vector<Litmus>& litmusTable();

/// Returns a check for each of them. It fails if Relacy reaches something else than the table says.
std::vector<Model> litmusModels();

/// For the records of all models: the outcomes of the table that C++20 allows and Relacy misses.
std::string whatRelacyCannotSee();

}  // namespace sigproof::models
