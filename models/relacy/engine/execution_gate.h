// Cuts a search short. Relacy has no limit of its own for a full search (it ignores
// iteration_count). But any execution may end the search "until" a condition holds. So each
// execution passes the gate at its start, and the gate does that.
#pragma once

#include <chrono>
#include <cstdint>

#include "models/relacy/engine/search.h"

namespace sigproof::models {

/// Process-wide: one search at a time.
class ExecutionGate {
 public:
  static void open(const Search& search);

  /// Doesn't return once the search has used up its limits.
  static void beginExecution() noexcept;
  /// Doesn't return if the search is to stop after its first execution.
  static void endExecution() noexcept;

  static bool wasCutShort() noexcept { return is_cut_short_ || is_stopped_; }
  /// Removes the progress line from the terminal.
  static void close() noexcept;
  /// Returns how many executions began, the failed one included, without a repetition of it.
  static std::uint64_t executions() noexcept { return begun_; }

 private:
  static bool isOverLimits() noexcept;
  static void showProgress() noexcept;

  static inline Search search_;
  static inline bool is_progress_shown_ = false;
  static inline bool is_cut_short_ = false;  // at the start of an execution
  static inline bool is_stopped_ = false;    // after the first execution
  static inline std::uint64_t begun_ = 0;
  static inline std::chrono::steady_clock::time_point start_;
};

}  // namespace sigproof::models
