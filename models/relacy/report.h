// From the result of a search to the record of a check, and to what people read.
#pragma once

#include <string>

#include "models/relacy/model.h"
#include "models/relacy/search.h"
#include "reports/record.h"

namespace sigproof::models {

/// What came of one check: the search that was asked for and, where threads are modelled, a random
/// one after it, because that reads staler stores.
struct CheckRun {
  Search search{};
  SearchResult result{};
  Search random_search{};
  SearchResult random_result{};  ///< no executions if none was made
};

/// The check's name: "model/NAME".
std::string checkName(const Model& model);

/// The whole record, trace and replay command included if it failed.
reports::Record makeRecord(const Model& model, const CheckRun& run);

/// The trace of a search that has a history; empty if it has none.
std::string traceOf(const Model& model, const SearchResult& result);

}  // namespace sigproof::models
