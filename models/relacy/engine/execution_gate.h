// Passed at the start of each execution: the place where a search is cut short. Relacy has no limit
// of its own for a full search (it ignores iteration_count), but any execution may end it "until" a
// condition holds, and that is what the gate does.
#pragma once

#include <chrono>
#include <cstdint>

#include "models/relacy/engine/search.h"

namespace sigproof::models {

/// Process-wide: one search at a time.
class ExecutionGate {
 public:
  static void open(const Search& search);

  /// Doesn't return once the search is over its limits.
  static void beginExecution() noexcept;
  /// Doesn't return if the search is to stop after its first execution.
  static void endExecution() noexcept;

  static bool wasCutShort() noexcept { return is_cut_short_ || is_stopped_; }
  /// Takes the progress line off the terminal.
  static void close() noexcept;
  /// Executions that were begun, the failed one included, a repetition not.
  static std::uint64_t executions() noexcept { return begun_; }

 private:
  static bool isOverLimits() noexcept;
  static void showProgress() noexcept;

  static inline Search search_;
  static inline bool is_progress_shown_ = false;
  static inline bool is_cut_short_ = false;  // before an execution
  static inline bool is_stopped_ = false;    // after the first one
  static inline std::uint64_t begun_ = 0;
  static inline std::chrono::steady_clock::time_point start_;
};

}  // namespace sigproof::models
