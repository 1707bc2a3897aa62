// Judges the words of one isolate's instances at a moment when no signal is pending: D1, D2, D6,
// G1. It holds for any moments at which the signals before came.
//
//   LifecycleOracle oracle;
//   oracle.listen();
//   oracle.terminate(0);
//   if (auto violation = oracle.judge({.is_warned = true, .instances = seen})) ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "fuzz/spec/violation.h"

namespace sigproof::fuzz {

class LifecycleOracle {
 public:
  /// An instance's memory as it was found.
  struct Instance {
    std::uint32_t signal = 0;
    std::uint32_t terminated = 0;
    bool is_rest_untouched = true;  ///< every other byte is as the module made it
  };

  /// What the registry says and the memories hold.
  struct Seen {
    bool is_warned = false;
    /// Whether the isolate's budget was over its soft limit before the last signal came, or a
    /// delivery of the present generation has ended.
    bool must_be_warned = false;
    std::size_t entry_count = 0;
    /// Whether garbage was collected since the last change: entries are then exactly the live.
    bool is_collected = false;
    std::vector<Instance> instances;  ///< those that the program keeps, in the order of listen()
  };

  std::size_t instanceCount() const noexcept { return instances_.size(); }
  void listen() { instances_.emplace_back(); }
  void drop(std::size_t index);
  /// The module wrote `value`, not 0, to its terminated word.
  void terminate(std::size_t index, std::uint32_t value);
  /// The isolate is gone, and its instances with it.
  void dispose() { instances_.clear(); }

  /// Returns what is wrong with `seen`, if anything. Remembers signal words of dead instances: a
  /// later write to one breaks D2.
  std::optional<Violation> judge(const Seen& seen);

 private:
  struct Listener {
    std::uint32_t terminated = 0;
    /// The signal word of a dead one when it was first seen. A delivery that had begun before the
    /// death may have written it; nobody may later.
    std::optional<std::uint32_t> last_signal;
  };

  std::optional<Violation> judgeInstance(std::size_t index, const Seen& seen);
  std::size_t liveCount() const noexcept;

  std::vector<Listener> instances_;
};

}  // namespace sigproof::fuzz
