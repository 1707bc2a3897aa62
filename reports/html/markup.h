// HTML and XML that its contents can't break: text becomes markup only by being escaped.
//
//   Markup row = element("tr", element("td", text(name)) + element("td", text(value)));
//   std::string html = row.str();
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sigproof::reports {

/// A well-formed piece of HTML or XML.
class Markup {
 public:
  Markup() = default;
  /// Takes markup as it is. For constants of this program, never for a value from outside.
  static Markup trusted(std::string markup);

  const std::string& str() const noexcept { return markup_; }
  bool isEmpty() const noexcept { return markup_.empty(); }

  Markup& operator+=(const Markup& other) {
    markup_ += other.markup_;
    return *this;
  }
  friend Markup operator+(Markup left, const Markup& right) { return left += right; }

 private:
  std::string markup_;
};

/// Returns `value` as text. Markup characters are escaped. Bytes that are not UTF-8, and characters
/// that XML 1.0 forbids, become U+FFFD.
Markup text(std::string_view value);

/// Names must be constants of this program. Values are escaped.
using Attributes = std::vector<std::pair<std::string_view, std::string>>;

Markup element(std::string_view name, const Attributes& attributes, const Markup& content);
inline Markup element(std::string_view name, const Markup& content) {
  return element(name, {}, content);
}

}  // namespace sigproof::reports
