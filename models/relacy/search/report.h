// Makes the record of a check, and its text for people, from the result of a search.
#pragma once

#include <string>

#include "models/relacy/search/execution_trace.h"
#include "models/relacy/search/model.h"
#include "models/relacy/search/search_plan.h"
#include "reports/record/record.h"

namespace sigproof::models {

/// Returns the check's name: "model/NAME".
std::string checkName(const Model& model);

/// Returns a record with all that is known of a check before it runs. Its verdict is "unfinished".
reports::Record blankRecord(const Model& model);

/// Returns the whole record; with trace and replay command if the check failed.
reports::Record makeRecord(const Model& model, const CheckRun& run);

/// Returns what broke, in one line that begins with a property.
std::string describeFailure(const Model& model, const SearchResult& failed);

/// Returns the trace of a search; without steps if the search has no history.
Trace traceOf(const Model& model, const SearchResult& result);

}  // namespace sigproof::models
