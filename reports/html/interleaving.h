// The drawing of a failed execution: a lane for each thread and handler, a row for each step, an
// arrow from the store to the load that read it where that says something.
//
//   if (const Markup drawing = interleavingDrawing(record.detail["interleaving"]); ...)
#pragma once

#include <nlohmann/json.hpp>

#include "reports/html/markup.h"

namespace sigproof::reports {

/// Draws {"columns": ["owner", ...], "steps": [{"column", "does", "order", "stale", "broken",
/// "from", "at"}, ...]}, of which all but "column" and "does" may be missing. Nothing if it is
/// none.
Markup interleavingDrawing(const nlohmann::json& interleaving);

}  // namespace sigproof::reports
