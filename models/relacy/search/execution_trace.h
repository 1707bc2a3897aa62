// A failed execution for people: one column a thread (and one for each nested handler), one row a
// step.
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
  bool is_verdict = false;  ///< says what broke
  std::optional<std::size_t>
      from;              ///< an atomic load: the step whose store it read, if it is shown
  std::string at;        ///< "core/list/atomic_list.h:78"
  std::string function;  ///< "pushFront"
};

struct Trace {
  std::vector<std::string> columns;
  std::vector<TraceStep> steps;
};

/// Says which column a step belongs in.
struct TraceColumns {
  std::vector<std::string> names;         ///< the threads, then the handlers
  unsigned thread_count = 1;              ///< how many of the columns are threads
  std::vector<unsigned> handler_threads;  ///< the handlers' threads; empty: all are thread 0's
};

/// Makes a trace. Leaves out the steps before the threads start.
Trace makeTrace(const History& history, const TraceColumns& columns);

/// Formats a trace as text for a terminal.
std::string renderTrace(const Trace& trace);

/// Formats it as the record's "interleaving", of which the report makes a drawing.
nlohmann::json toJson(const Trace& trace);

}  // namespace sigproof::models
