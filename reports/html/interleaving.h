// A drawing of a failed execution: a lane for each thread and handler, a row for each step, and an
// arrow from a store to the load that read it, where that matters.
//
//   if (const Markup drawing = interleavingDrawing(record.detail["interleaving"]); ...)
#pragma once

#include <nlohmann/json.hpp>

#include "reports/html/markup.h"

namespace sigproof::reports {

/// Draws {"columns": ["owner", ...], "steps": [{"column", "does", "order", "stale", "broken",
/// "from", "at"}, ...]}. Only "column" and "does" are required. Returns nothing for any other
/// value.
Markup interleavingDrawing(const nlohmann::json& interleaving);

}  // namespace sigproof::reports
