// How often what happened in a run of a fuzz target: the target's answer to "what did it reach?".
//
//   static std::uint64_t& runs = Statistics::counter("runs");
//   ++runs;
//
// Written as one JSON object when the process ends, to the file that the environment variable
// SIGPROOF_STATS_FILE names; nowhere if it names none.
#pragma once

#include <cstdint>
#include <string_view>

namespace sigproof::fuzz {

class Statistics {
 public:
  /// The counter called `name`, at one address until the process ends; "a/b" is member b of the
  /// object a. Not thread-safe. Look it up once, then count.
  static std::uint64_t& counter(std::string_view name);

  /// Writes the file now, whole or not at all; a failure is one line on standard error. Runs by
  /// itself at exit.
  static void write() noexcept;
};

}  // namespace sigproof::fuzz
