// What an oracle returns when it refuses what it saw.
//
//   if (const auto violation = oracle.judge(seen)) reportViolation(*violation);
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reports/record/property.h"

namespace sigproof::fuzz {

using reports::Property;

/// What a violation breaks: a property, or two of which what was seen can't tell the one: "R6/D1".
class BrokenProperty {
 public:
  // NOLINTBEGIN(google-explicit-constructor): Violation{"L3", ...}
  constexpr BrokenProperty(Property property) : first_(property) {}
  /// An identifier that the property table lacks doesn't compile.
  consteval BrokenProperty(const char* ids) : BrokenProperty(std::string_view(ids)) {}
  // NOLINTEND(google-explicit-constructor)

  /// "R4", "R6/D1".
  std::string ids() const {
    std::string text(first_.id());
    if (second_) text.append("/").append(second_->id());
    return text;
  }

 private:
  consteval explicit BrokenProperty(std::string_view ids)
      : first_(reports::parseProperty(ids.substr(0, ids.find('/'))).value()) {
    if (ids.find('/') != std::string_view::npos) {
      second_ = reports::parseProperty(ids.substr(ids.find('/') + 1)).value();
    }
  }

  Property first_;
  std::optional<Property> second_;
};

struct Violation {
  BrokenProperty property;
  std::string text;  ///< what was expected and what was seen, one line
};

}  // namespace sigproof::fuzz
