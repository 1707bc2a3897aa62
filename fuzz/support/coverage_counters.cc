#include "fuzz/support/coverage_counters.h"

#include <fmt/format.h>
#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace {

// Of this program; what it is linked with dynamically has none.
std::span<std::uint8_t> counters;

// Where each edge is, and flags of it.
struct EdgePlace {
  void* address;
  std::size_t flags;
};
std::span<const EdgePlace> places;

}  // namespace

// Called by what the compiler adds, before main().
// NOLINTBEGIN(readability-identifier-naming): the names that the compiler knows
extern "C" void __sanitizer_cov_8bit_counters_init(std::uint8_t* begin, std::uint8_t* end) {
  counters = {begin, end};
}
extern "C" void __sanitizer_cov_pcs_init(const std::size_t* begin, const std::size_t* end) {
  places = {reinterpret_cast<const EdgePlace*>(begin), reinterpret_cast<const EdgePlace*>(end)};
}
// NOLINTEND(readability-identifier-naming)

namespace sigproof::fuzz {

// memset and memcpy, because a loop here would be counted itself.
void resetCoverage() { std::memset(counters.data(), 0, counters.size()); }

Coverage coverageNow() {
  Coverage copy(counters.size());
  std::memcpy(copy.data(), counters.data(), counters.size());
  return copy;
}

std::string firstDifference(const Coverage& first, const Coverage& second) {
  const auto [is, was] = std::ranges::mismatch(first, second);
  if (is == first.end() || was == second.end()) return "none";
  const auto edge = static_cast<std::size_t>(is - first.begin());
  std::array<char, 512> place{};
  if (edge < places.size()) {
    __sanitizer_symbolize_pc(places[edge].address, "%f %S", place.data(), place.size());
  }
  return fmt::format("edge {} of {}, in {}: {} and {}", edge, first.size(), place.data(), *is,
                     *was);
}

}  // namespace sigproof::fuzz
