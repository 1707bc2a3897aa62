// Makes changes of the built-ins that must not disturb core (T5). Each is a line of
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
  /// Whether the prelude's restore() leaves a part of it in place.
  bool leaves_traces = false;
};

HostilePatch makeHostilePatch(ByteSource& source);

}  // namespace sigproof::fuzz
