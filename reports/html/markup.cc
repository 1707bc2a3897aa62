#include "reports/html/markup.h"

#include <cstddef>
#include <cstdint>

namespace sigproof::reports {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  std::size_t size_bytes;  // 0: not UTF-8
  std::uint32_t code_point;
};

// Reads one character of UTF-8. Overlong forms and surrogates are invalid.
Character decode(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (first < 0x80) return {1, first};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < size) return {0, 0};
  std::uint32_t code_point = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if ((byte & 0xC0U) != 0x80) return {0, 0};
    code_point = code_point << 6U | (byte & 0x3FU);
  }
  const bool is_overlong = code_point < (size == 2 ? 0x80U : size == 3 ? 0x800U : 0x10000U);
  const bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (is_overlong || is_surrogate || code_point > 0x10FFFF) return {0, 0};
  return {size, code_point};
}

bool isAllowedInXml(std::uint32_t code_point) {
  if (code_point < 0x20) return code_point == '\t' || code_point == '\n';
  return code_point != 0x7F && (code_point < 0x80 || code_point > 0x9F) && code_point != 0xFFFE &&
         code_point != 0xFFFF;
}

void appendEscaped(std::string& markup, std::string_view bytes, const Character& character) {
  switch (character.code_point) {
    case '&':
      markup += "&amp;";
      break;
    case '<':
      markup += "&lt;";
      break;
    case '>':
      markup += "&gt;";
      break;
    case '"':
      markup += "&quot;";
      break;
    case '\'':
      markup += "&#39;";
      break;
    case '\r':
      break;  // a line ends with its line feed
    default:
      markup += isAllowedInXml(character.code_point) ? bytes.substr(0, character.size_bytes)
                                                     : kReplacement;
  }
}

}  // namespace

Markup Markup::trusted(std::string markup) {
  Markup result;
  result.markup_ = std::move(markup);
  return result;
}

Markup text(std::string_view value) {
  std::string markup;
  markup.reserve(value.size());
  while (!value.empty()) {
    const Character character = decode(value);
    if (character.size_bytes == 0) {
      markup += kReplacement;
      value.remove_prefix(1);
    } else {
      appendEscaped(markup, value, character);
      value.remove_prefix(character.size_bytes);
    }
  }
  return Markup::trusted(std::move(markup));
}

Markup element(std::string_view name, const Attributes& attributes, const Markup& content) {
  std::string markup = "<";
  markup += name;
  for (const auto& [key, value] : attributes) {
    markup += ' ';
    markup += key;
    markup += "=\"" + text(value).str() + '"';
  }
  markup += '>' + content.str() + "</";
  markup += name;
  markup += '>';
  return Markup::trusted(std::move(markup));
}

}  // namespace sigproof::reports
