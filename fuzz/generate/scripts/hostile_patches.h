// Changes to the built-ins that core must not stumble over, by kinds of T5: each a line of
// JavaScript.
//
//   const HostilePatch patch = makeHostilePatch(source);
#pragma once

#include <string>

#include "fuzz/support/byte_source.h"

namespace sigproof::fuzz {

struct HostilePatch {
  const char* name;  ///< of its kind
  std::string text;
  /// Whether something of it stays that the prelude's restore() doesn't change back.
  bool leaves_traces = false;
};

HostilePatch makeHostilePatch(ByteSource& source);

}  // namespace sigproof::fuzz
