// Makes modules with declarations of newer proposals before the exports that core looks for:
// reference and heap types, initial values of the garbage-collection, vector and extended-const
// proposals, tags, further memories, every form of limits, numbers longer than they need be. The
// engine of today may not know them.
//
//   const NewerModule module = makeNewerModule(source, specified::Protocol::kAddress);
//   inspectModule(module.bytes, ...);       // must find what `module` says
#pragma once

#include <cstdint>
#include <vector>

#include "fuzz/spec/protocol_constants.h"
#include "fuzz/support/byte_source.h"

namespace sigproof::fuzz {

struct NewerModule {
  std::vector<std::uint8_t> bytes;
  /// Every declaration has the form that its proposal gives it. Types need not fit.
  bool is_well_formed = true;
  /// It has a memory of index 0, which is exported, also where it is imported.
  bool has_memory = false;
  bool is_memory64 = false;
};

/// Exports both names of `protocol` as globals of the address type, behind the other declarations.
NewerModule makeNewerModule(ByteSource& source, specified::Protocol protocol);

}  // namespace sigproof::fuzz
