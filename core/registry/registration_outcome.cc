#include "core/registry/registration_outcome.h"

namespace sigproof {
namespace {

struct Text {
  std::string_view name;
  std::string_view description;
};

// Indexed by RegistrationOutcome.
constexpr std::array<Text, kRegistrationOutcomeCount> kTexts{{
    {"registered", "The module is signalled from now on."},
    {"unreadable-module",
     "The module's sections could not be followed; it uses a binary format that is newer than this "
     "runtime's reader."},
    {"not-opted-in", "The module exports no global under the protocol's names."},
    {"wrong-type",
     "A name of the protocol is exported, but not as a global of type i32 (i64 where the memory is "
     "64-bit)."},
    {"incomplete", "The module exports only one of the two globals; export both."},
    {"no-reachable-memory",
     "The module has no memory of index 0, or neither exports nor imports it; export it."},
    {"engine-failure",
     "The engine did not hand out the module's memory or globals, because execution was being "
     "terminated or its stack was exhausted."},
    {"out-of-bounds", "An exported address plus 4 lies beyond the end of the memory."},
    {"overlap", "The signal word and the terminated word share a byte; keep them 4 bytes apart."},
    {"already-terminated", "The terminated word is not 0 when the instance is made."},
    {"too-many-entries", "The isolate has as many listening instances as it may have."},
    {"out-of-memory", "There was no memory for the entry."},
}};

}  // namespace

std::string_view name(RegistrationOutcome outcome) noexcept {
  return kTexts[static_cast<std::size_t>(outcome)].name;
}

std::string_view describe(RegistrationOutcome outcome) noexcept {
  return kTexts[static_cast<std::size_t>(outcome)].description;
}

}  // namespace sigproof
