// How Relacy looks for a failing execution, how far it came, and the text that names one execution.
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
  /// Random search: the number of the first execution, which is the seed of Relacy's generator; the
  /// following ones count on. Below 2^32: above, Relacy's generator is a bad one.
  std::uint64_t seed = 1;
  Lifetime lifetime = Lifetime::kReuse;
  /// Ends the search before the next execution. Nothing: the search ends by itself.
  std::optional<std::uint64_t> max_executions{};
  std::optional<std::chrono::milliseconds> time_limit{};
  /// Relacy's own name of the execution to start with; empty: from the beginning.
  std::string first_state{};
  /// Treats the end of the first execution as a failure, so that Relacy tells its history.
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
  std::string history;  ///< if it failed, or was stopped after the first: Relacy's own text
};

/// "full", "bound:3", "random:20000". Nothing if `text` is none of these.
std::optional<Search> parseSearch(std::string_view text);
/// The same, without the numbers that don't describe the search: "full search".
std::string describe(const Search& search);

/// The text that names one execution: the search, then Relacy's numbers.
std::string formatState(const Search& search, std::string_view relacy_state);

/// The rest of the search `failed` behind the execution that `state` names; nothing if that was its
/// last one.
std::optional<Search> searchBehind(const Search& failed, std::string_view state);

/// A search that repeats just the execution that `text` names. Throws std::invalid_argument with
/// one sentence if no execution could have that name. (One that is well-formed and of another model
/// is found out by Relacy, which then aborts: see main.cc.)
Search parseState(std::string_view text);

}  // namespace sigproof::models
