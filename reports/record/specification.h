// The properties that Sigproof promises, by identifier: what a report measures a run against.
//
//   for (const Property& property : specification()) show(property.id, property.promise);
#pragma once

#include <span>
#include <string_view>

namespace sigproof::reports {

struct Property {
  std::string_view id;       ///< "L3"
  std::string_view promise;  ///< a few words
};

/// A family of properties: L, R, D, G or T.
struct PropertyFamily {
  char letter;
  std::string_view title;
};

std::span<const PropertyFamily> families();

/// Every property, in the specification's order.
std::span<const Property> specification();

/// The promise of `id`; empty if the specification has no such property.
std::string_view promiseOf(std::string_view id);

}  // namespace sigproof::reports
