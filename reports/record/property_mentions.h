// Where a text names properties: what a check printed, a source, a page.
//
//   for (const Mention& mention : mentionsIn("L3/L4: a handler met 2, not in
//   AtomicList.L3_Handler")) {
//     if (!mention.property) complainAt(mention.at);      // of an identifier's form, and unknown
//   }
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "reports/record/property.h"

namespace sigproof::reports {

struct Mention {
  std::size_t at;       ///< where in the text it begins, in bytes
  std::string_view id;  ///< as it stands in the text
  std::optional<Property> property;
};

/// Every word that has the form of an identifier: a family's letter and a number. A word is a run
/// of letters, digits and underscores; one that begins with identifiers and underscores, as the
/// name of a test does ("L3_R4_AHandlerSees"), mentions each of them. The result refers to `text`.
std::vector<Mention> mentionsIn(std::string_view text);

/// The properties that `text` mentions, each once, in the order of the specification.
std::vector<Property> propertiesIn(std::string_view text);

}  // namespace sigproof::reports
