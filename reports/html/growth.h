// How the search of the models grows with operations, readers and handlers: a chart and a table of
// what the run's own records say.
#pragma once

#include <vector>

#include "reports/html/markup.h"
#include "reports/record/record.h"

namespace sigproof::reports {

/// A section for the records that have a "growth" with a series; nothing if there are none.
Markup growthSection(const std::vector<Record>& records);

}  // namespace sigproof::reports
