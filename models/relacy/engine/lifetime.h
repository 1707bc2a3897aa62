// What happens to the address of a freed element; see model_heap.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace sigproof::models {

enum class Lifetime : std::uint8_t {
  kReuse,       ///< a later allocation may get it: the search tries every choice
  kQuarantine,  ///< no later allocation of the same execution gets it
};

constexpr std::string_view toString(Lifetime lifetime) noexcept {
  return lifetime == Lifetime::kReuse ? "reuse" : "quarantine";
}

}  // namespace sigproof::models
