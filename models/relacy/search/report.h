// From the result of a search to the record of a check, and to what people read.
#pragma once

#include <string>

#include "models/relacy/search/execution_trace.h"
#include "models/relacy/search/model.h"
#include "models/relacy/search/search_plan.h"
#include "reports/record/record.h"

namespace sigproof::models {

/// The check's name: "model/NAME".
std::string checkName(const Model& model);

/// A record with all that is known of a check before it runs; its verdict is "unfinished".
reports::Record blankRecord(const Model& model);

/// The whole record, trace and replay command included if it failed.
reports::Record makeRecord(const Model& model, const CheckRun& run);

/// What broke, in one line that begins with a property.
std::string describeFailure(const Model& model, const SearchResult& failed);

/// The trace of a search that has a history; without steps if it has none.
Trace traceOf(const Model& model, const SearchResult& result);

}  // namespace sigproof::models
