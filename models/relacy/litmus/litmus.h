// What Relacy itself models: the classic small programs of memory models, and which of their
// outcomes Relacy reaches. They run with the other models, so that a Relacy that models something
// else is noticed, and say in every model's record what its search can't see.
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
  /// Which searches of Relacy reach it.
  bool is_reached_by_full = false;
  bool is_reached_by_bounded = false;
  bool is_reached_by_random = false;
  /// What it means where it is allowed and not reached: "load buffering".
  std::string blind_spot{};
};

/// The table.
const std::vector<Litmus>& litmusTable();

/// A check for each of them: it fails if Relacy reaches what the table says it doesn't, or not what
/// it says it does.
std::vector<Model> litmusModels();

/// For the records of all models: the outcomes of the table that C++20 allows and that Relacy
/// misses.
std::string whatRelacyCannotSee();

}  // namespace sigproof::models
