// What an oracle returns when it refuses what it saw.
//
//   if (const auto violation = oracle.judge(seen)) reportViolation(*violation);
#pragma once

#include <string>

namespace sigproof::fuzz {

struct Violation {
  std::string property;  ///< the identifier of the specification: "L3", "R4"
  std::string text;      ///< what was expected and what was seen, one line
};

}  // namespace sigproof::fuzz
