#include "reports/record/specification.h"

#include <array>

namespace sigproof::reports {
namespace {

constexpr std::array<PropertyFamily, 5> kFamilies{{{'L', "The list"},
                                                   {'R', "Registration"},
                                                   {'D', "Delivery"},
                                                   {'G', "Collection and lifetime"},
                                                   {'T', "Transparency of the shim"}}};

constexpr std::array<Property, 37> kProperties{{
    {"L1", "A push publishes a whole element in constant time, or changes nothing"},
    {"L2", "Walking is async-signal-safe and bounded, newest first, each element once"},
    {"L3", "A handler at any instruction sees all that stays and nothing destroyed"},
    {"L4", "Readers on other threads: no race, no use after free, no leak"},
    {"L5", "A filter asks once an element, in order, and survives an exception"},
    {"L6", "The destructor empties the list, then frees"},
    {"L7", "Every atomic is lock-free; the list stays at its address"},
    {"R1", "Only a global of the address type counts, by the module's own sections"},
    {"R2", "An i32 address is unsigned"},
    {"R3", "A word lies inside the memory, computed without overflow"},
    {"R4", "Signal and terminated words share no byte"},
    {"R5", "The memory is memory 0 of the module, however it is reached"},
    {"R6", "The signal word is zeroed before publication, and no other byte changes"},
    {"R7", "A refusal changes no byte and no result, and says its reason"},
    {"R8", "A module without the exports pays next to nothing"},
    {"R9", "Entries are limited per isolate"},
    {"R10", "An interrupted registration leaves no half entry"},
    {"D1", "Delivery is async-signal-safe and writes exactly the words"},
    {"D2", "A dead entry is not written to, from the moment it is dead"},
    {"D3", "After growth the live memory is written"},
    {"D4", "An aligned word is one atomic store"},
    {"D5", "Delivery is safe while the registry is filled, filtered or torn down"},
    {"D6", "A warning is a level; an old generation's signal writes nothing"},
    {"D7", "The handler keeps errno and what was installed before it"},
    {"G1", "A collection drops dead entries and tries to free"},
    {"G2", "An entry keeps the memory alive, never the instance"},
    {"G3", "Disposing the isolate with entries present is safe"},
    {"G4", "Isolates that move, nest or run side by side get their own signals"},
    {"T1", "Properties, names and prototypes are the engine's"},
    {"T2", "new.target, subclasses and the error without new are the engine's"},
    {"T3", "No microtask tick is added"},
    {"T4", "Rejections are the engine's"},
    {"T5", "Hostile programs see, break and feed nothing"},
    {"T6", "Import objects are read as often, and in the order, as before"},
    {"T7", "With the feature off nothing differs"},
    {"T8", "Every way to make an instance is covered or listed"},
    {"T9", "Error stacks show no frame of ours"},
}};

}  // namespace

std::span<const PropertyFamily> families() { return kFamilies; }

std::span<const Property> specification() { return kProperties; }

std::string_view promiseOf(std::string_view id) {
  for (const Property& property : kProperties) {
    if (property.id == id) return property.promise;
  }
  return "";
}

}  // namespace sigproof::reports
