// How Relacy searches for a failing execution, how far it came, and the text that names one
// execution.
//
//   Search search;                                        // full search
//   search.max_executions = 1000;
//   SearchResult result = model.search(search);
//   result.end == SearchEnd::kEndedByItself               // else: failed, or cut short
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/relacy/engine/lifetime.h"

namespace sigproof::models {

enum class SearchKind : std::uint8_t {
  kFull,     ///< Every execution, with loads that read the newest or the next newest store.
  kBounded,  ///< The same with at most `preemption_bound` switches away from a thread that could
             ///< run.
  kRandom,   ///< Random executions; loads reach one store further back.
};

struct Search {
  SearchKind kind = SearchKind::kFull;
  unsigned preemption_bound = 0;
  std::uint64_t random_executions = 0;
  /// Random search: the number of the first execution, which seeds Relacy's generator. Later
  /// executions count on from it. Keep it below 2^32: above, Relacy's generator is a bad one.
  std::uint64_t seed = 1;
  Lifetime lifetime = Lifetime::kReuse;
  /// Ends the search before the next execution. If empty, the search ends by itself.
  std::optional<std::uint64_t> max_executions{};
  std::optional<std::chrono::milliseconds> time_limit{};
  /// Relacy's own name of the execution to start with; empty: the first one.
  std::string first_state{};
  /// Treats the end of the first execution as a failure, so that Relacy prints its history.
  bool is_stopped_after_first = false;
  /// Shown with the progress, if standard error is a terminal; empty: no progress.
  std::string progress_label{};
};

enum class SearchEnd : std::uint8_t { kEndedByItself, kCutShort, kFailed };

struct SearchResult {
  SearchEnd end = SearchEnd::kCutShort;
  std::uint64_t executions = 0;
  double seconds = 0;
  std::string state;    ///< if it failed: names the failed execution, formatState()
  std::string history;  ///< if it failed, or was stopped after the first: Relacy's text
};

/// Reads "full", "bound:3" or "random:20000". Returns nothing for any other text.
std::optional<Search> parseSearch(std::string_view text);
/// Formats a search without the numbers that don't describe it: "full search".
std::string describe(const Search& search);

/// Returns the text that names one execution: the search, then Relacy's numbers.
std::string formatState(const Search& search, std::string_view relacy_state);

/// Returns the rest of the search `failed` after the execution that `state` names; nothing if that
/// was its last one.
std::optional<Search> searchBehind(const Search& failed, std::string_view state);

/// Returns a search that repeats just the execution that `text` names. Throws std::invalid_argument
/// with one sentence if no execution could have that name. (Relacy itself notices a well-formed
/// name of another model's execution, and aborts: see main.cc.)
Search parseState(std::string_view text);

}  // namespace sigproof::models
