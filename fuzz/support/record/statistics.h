// How often what happened in a run of a fuzz target: the target's answer to "what did it reach?".
//
//   static std::uint64_t& runs = Statistics::counter("runs");
//   ++runs;
//
// They are part of the record that the process writes about itself: own_record.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support/record/fixed_json.h"

namespace sigproof::fuzz {

class Statistics {
 public:
  /// The counter called `name`, at one address until the process ends; "a/b" is member b of the
  /// object a. Not thread-safe. Look it up once, then count.
  static std::uint64_t& counter(std::string_view name);

  /// Appends all counters as one object. Allocates nothing. While another thread calls counter()
  /// the result is undefined.
  static void writeTo(FixedJson& json) noexcept;
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
