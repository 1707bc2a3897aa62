// The atomic steps of `core` that the checks of this process executed, each with its place in the
// source and its memory order. Also a self-test that weakens one of these orders while the check
// runs:
//
//   AtomicSteps::weaken({.file = "core/list/atomic_list.h", .line = 78, .order = release});
//
// A check of weakened code must fail. So the suite shows, without a patch, that core needs each
// order and that the models notice when it is missing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace sigproof::models {

using Location = std::source_location;

enum class StepKind : std::uint8_t { kLoad, kStore, kRmw, kWordLoad, kWordStore };

/// The place of an atomic step in the source.
struct AtomicStep {
  const char* file;
  unsigned line;
  StepKind kind;
  std::memory_order order;
};

/// Gives the step at FILE:LINE the order ORDER instead of its own. `file` is the end of a path.
/// Line 0 means all lines; a kind means only steps of this kind.
struct Weakening {
  std::string file;
  unsigned line = 0;
  std::optional<StepKind> kind{};
  std::memory_order order = std::memory_order_relaxed;
};

/// Reads "core/list/atomic_list.h:78=release". Returns nothing if `text` has another form.
std::optional<Weakening> parseWeakening(std::string_view text);

std::string_view toString(std::memory_order order) noexcept;
std::string_view toString(StepKind kind) noexcept;

/// Returns `path` relative to the repository's root: "core/list/atomic_list.h" of any root.
std::string_view fromRoot(std::string_view path) noexcept;

/// The record of steps of this process. Not thread-safe: Relacy's threads are fibers of one thread.
class AtomicSteps {
 public:
  /// The policy calls this at every step. Returns the order to execute the step with.
  static std::memory_order enter(StepKind kind, std::memory_order order,
                                 const Location& at) noexcept {
    remember({at.file_name(), at.line(), kind, order});
    return weakened_line_ == at.line() || is_every_line_weakened_ ? weakenedOrder(kind, order, at)
                                                                  : order;
  }

  /// Weakens one step from now on. Process-wide.
  static void weaken(Weakening weakening);
  /// Returns whether the weakened step was executed.
  static bool wasWeakened() noexcept { return was_weakened_; }

  /// Returns the distinct steps so far, by file and line.
  static std::vector<AtomicStep> all();

 private:
  static constexpr std::size_t kCapacity = 256;

  // Runs at every step of every execution. An open hash table, so that it doesn't allocate:
  // operator new belongs to Relacy while that runs.
  static void remember(const AtomicStep& step) noexcept {
    std::size_t slot =
        (std::size_t{step.line} * 4 + static_cast<std::size_t>(step.kind)) % kCapacity;
    for (std::size_t probe = 0; probe < kCapacity; ++probe, slot = (slot + 1) % kCapacity) {
      AtomicStep& entry = table_[slot];
      if (entry.file == step.file && entry.line == step.line && entry.kind == step.kind) return;
      if (entry.file == nullptr) {
        entry = step;
        return;
      }
    }
  }

  static std::memory_order weakenedOrder(StepKind kind, std::memory_order order,
                                         const Location& at) noexcept;

  static inline std::array<AtomicStep, kCapacity> table_{};
  static inline unsigned weakened_line_ = 0;
  static inline bool is_every_line_weakened_ = false;
  static inline bool was_weakened_ = false;
};

}  // namespace sigproof::models
