// Small functions between the models and Relacy: failing, notes in the trace, names of variables,
// and the hook through which a handler preempts before an atomic step.
#pragma once

#include "models/relacy/engine/relacy_include.h"
// Relacy comes first.
#include "models/relacy/engine/atomic_steps.h"
#include "models/relacy/engine/variable_names.h"

namespace sigproof::models {

inline rl::debug_info debugInfo(const Location& at) noexcept {
  return {at.function_name(), at.file_name(), at.line()};
}

inline rl::memory_order relacyOrder(std::memory_order order) noexcept {
  static_assert(static_cast<int>(std::memory_order_relaxed) == rl::mo_relaxed &&
                static_cast<int>(std::memory_order_acquire) == rl::mo_acquire &&
                static_cast<int>(std::memory_order_release) == rl::mo_release &&
                static_cast<int>(std::memory_order_acq_rel) == rl::mo_acq_rel &&
                static_cast<int>(std::memory_order_seq_cst) == rl::mo_seq_cst);
  return static_cast<rl::memory_order>(order);
}

/// Ends the execution as failed. `why` starts with the property, as in "L3: ..."; it is copied.
/// Doesn't return: Relacy leaves this thread of the model for good.
[[noreturn]] inline void fail(const char* why, Location at = Location::current()) noexcept {
  rl::ctx().fail_test(why, rl::test_result_user_assert_failed, debugInfo(at));
  std::abort();
}

inline void require(bool is_held, const char* why, Location at = Location::current()) noexcept {
  if (!is_held) fail(why, at);
}

/// A line of the trace. history.h says how the trace reads it.
struct TraceNote {
  std::array<char, 120> text;
  void output(std::ostream& stream) const { stream << text.data(); }
};

/// Adds to the trace. Costs next to nothing unless a failed execution is being repeated.
inline void note(std::string_view text) noexcept {
  if (!rl::ctx().collecting_history()) return;
  TraceNote event{};
  text.copy(event.text.data(), event.text.size() - 1);
  rl::ctx().exec_log(debugInfo(Location::current()), event);
}
inline void note(const char* before, unsigned number, const char* after = "") noexcept {
  if (!rl::ctx().collecting_history()) return;
  std::array<char, sizeof(TraceNote)> text;
  std::snprintf(text.data(), text.size(), "%s%u%s", before, number, after);
  note(text.data());
}

/// Gives `object` a name in the trace.
template <class T>
void nameVariable(const T& object, const char* name, unsigned number) noexcept {
  if (rl::ctx().collecting_history()) VariableNames::add(&object, sizeof(T), name, number);
}

/// Called before each atomic step; null if the model has no handler.
struct StepHook {
  static inline void (*function)(void*) noexcept = nullptr;
  static inline void* context = nullptr;
};

inline void beginStep() noexcept {
  if (StepHook::function != nullptr) StepHook::function(StepHook::context);
}

}  // namespace sigproof::models
