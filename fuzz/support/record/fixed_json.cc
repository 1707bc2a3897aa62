#include "fuzz/support/record/fixed_json.h"

#include <algorithm>
#include <charconv>

namespace sigproof::fuzz {
namespace {

// Of one byte, and the closing quote.
constexpr std::size_t kLongestEscape = 7;
constexpr unsigned kFirstPrintable = 0x20;
constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

void FixedJson::raw(std::string_view json) noexcept {
  if (json.size() > kCapacity - size_) {
    is_cut_ = true;
    return;
  }
  std::ranges::copy(json, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += json.size();
}

void FixedJson::text(std::string_view text, std::size_t kept_free) noexcept {
  raw("\"");
  for (const char character : text) {
    if (kCapacity - size_ < kept_free + kLongestEscape) break;
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      const std::array escaped{'\\', character};
      raw({escaped.data(), escaped.size()});
    } else if (byte < kFirstPrintable) {
      const std::array escaped{'\\', 'u', '0', '0', kHexDigits[byte / 16], kHexDigits[byte % 16]};
      raw({escaped.data(), escaped.size()});
    } else {
      raw({&character, 1});
    }
  }
  raw("\"");
}

void FixedJson::number(std::uint64_t value) noexcept {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

}  // namespace sigproof::fuzz
