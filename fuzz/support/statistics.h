// How often what happened in a run of a fuzz target: the target's answer to "what did it reach?".
//
//   static std::uint64_t& runs = Statistics::counter("runs");
//   ++runs;
//
// Written as one JSON object when the process ends, to the file that the environment variable
// SIGPROOF_STATS_FILE names; nowhere if it names none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
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

/// Counters "<folder>/<name>" of the first kCount enumerators, by the names that name() gives them.
///
///   static CounterOfEach<Kind, kKindCount> count("operations");
///   count(operation.kind);
template <class Enumeration, std::size_t kCount>
class CounterOfEach {
 public:
  explicit CounterOfEach(std::string_view folder) {
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::string_view part = name(static_cast<Enumeration>(i));
      counters_.at(i) = &Statistics::counter(std::string(folder).append("/").append(part));
    }
  }
  void operator()(Enumeration value) { ++*counters_.at(static_cast<std::size_t>(value)); }

 private:
  std::array<std::uint64_t*, kCount> counters_{};
};

}  // namespace sigproof::fuzz
