// Statistics of a fuzz run beside its verdict: its speed, the outcomes of its inputs, the growth
// of its corpus.
//
//   record.detail["corpus_growth"] = corpusGrowth(child.error);
//   record.summary += describeStatistics(record);
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "reports/record/record.h"

namespace sigproof::tool {

/// Of libFuzzer's output: {"executions", "seconds", "features", "inputs"} at each power of two and
/// at the end. Empty where there is no such line.
nlohmann::json corpusGrowth(const std::string& output);

/// Adds to the record's detail "executions_per_s" and, where its target counts them, the shares of
/// the requests that made an instance and that registered, the outcomes and rules that are rare,
/// and what was wasted. Returns the same in words, "" where there is nothing to say.
std::string addStatistics(reports::Record& record);

}  // namespace sigproof::tool
