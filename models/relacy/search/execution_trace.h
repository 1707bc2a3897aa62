// A failed execution as people read it: one column a thread (and one for each nested handler), one
// row a step.
//
//   step | owner                      | reader                        | where
//     14 | head_ := node 2  seq_cst   |                               | core/list/atomic_list.h:78
//     ... 15 |                            | head_ -> node 1 STALE acquire |
//     core/list/atomic_list.h:135 ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/relacy/engine/history.h"

namespace sigproof::models {

struct TraceStep {
  std::size_t column = 0;
  std::string does;   ///< "head_ := node 1 (was null)"
  std::string order;  ///< "seq_cst"; empty where there is none
  bool is_stale = false;
  bool is_verdict = false;  ///< what broke
  std::optional<std::size_t>
      from;              ///< an atomic load: the step whose store it read, if it is shown
  std::string at;        ///< "core/list/atomic_list.h:78"
  std::string function;  ///< "pushFront"
};

struct Trace {
  std::vector<std::string> columns;
  std::vector<TraceStep> steps;
};

/// Which column a step belongs to.
struct TraceColumns {
  std::vector<std::string> names;         ///< those of the threads, then those of handlers
  unsigned thread_count = 1;              ///< how many are threads
  std::vector<unsigned> handler_threads;  ///< the others' threads; empty: all are thread 0's
};

/// Steps before the threads start are left out.
Trace makeTrace(const History& history, const TraceColumns& columns);

/// As text for a terminal.
std::string renderTrace(const Trace& trace);

/// As the record's "interleaving", of which the report makes a drawing.
nlohmann::json toJson(const Trace& trace);

}  // namespace sigproof::models
