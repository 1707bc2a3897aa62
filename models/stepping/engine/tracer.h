// Single-stepping from a parent process, for a program that can't step itself: on processors
// without a trap flag, and under emulators and debuggers that keep its traps.
//
//   std::optional<int> status = runTraced([&] { return run(suite, name); });
//   if (!status) ...                        // a parent may not step a child here
//
// The child runs the same code. trapOn() marks where stepping begins. The parent steps with
// PTRACE_SINGLESTEP and sends SIGTRAP after each marked instruction, so that the child's own
// handler acts there. Boundaries are those of the trap flag, with the same numbers.
//
// Slow: several switches between processes for each instruction.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace sigproof::stepping {

/// Runs `program` in a child process that is stepped where stepThrough() asks for it. Returns the
/// child's exit status (128 + signal if it was killed), or nothing if a parent is not permitted to
/// step a child here. Call it before the process has a second thread.
std::optional<int> runTraced(const std::function<int()>& program);

namespace internal {
enum class TracerMessage : std::uint8_t { kReady, kStepsBegin, kStepsEnd };

/// In a traced child: sends the parent a message, which it has handled when this returns. Otherwise
/// does nothing. Async-signal-safe.
void tellTracer(TracerMessage message) noexcept;
}  // namespace internal

}  // namespace sigproof::stepping
