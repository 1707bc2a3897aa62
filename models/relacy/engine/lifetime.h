// What becomes of the address of a freed element; see model_heap.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace sigproof::models {

enum class Lifetime : std::uint8_t {
  kReuse,       ///< a later allocation may get it: every choice is tried
  kQuarantine,  ///< it never comes back in the same execution
};

constexpr std::string_view toString(Lifetime lifetime) noexcept {
  return lifetime == Lifetime::kReuse ? "reuse" : "quarantine";
}

}  // namespace sigproof::models
