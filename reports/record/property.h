// The properties that Sigproof promises, by identifier. This table is the one source of
// identifiers; core/SPECIFICATION.md says each property in full, under a heading of its own.
//
//   record.properties = {"L3", "R4"};                        // a typo doesn't compile
//   show(property.id(), property.promise());
//   if (const auto property = parseProperty(text)) ...       // what was read at run time
//   for (const Property property : Property::all()) ...
//
// Only the standard library is included here: oracles, models and stepped programs include this.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sigproof::reports {

/// How far core holds a property today. core/SPECIFICATION.md says what is missing.
enum class Standing : std::uint8_t {
  kHeld,
  kHeldInPart,  ///< part of the promise is kept
  kNotHeld,     ///< promised, and not kept yet
};

/// A family of properties: L, R, D, G or T.
struct PropertyFamily {
  char letter;
  std::string_view title;
};

inline constexpr std::array<PropertyFamily, 5> kPropertyFamilies{{
    {'L', "The list"},
    {'R', "Registration"},
    {'D', "Delivery"},
    {'G', "Collection and lifetime"},
    {'T', "Transparency of the shim"},
}};

struct PropertyEntry {
  std::string_view id;
  std::string_view promise;  ///< a few words; the specification repeats them word by word
  Standing standing = Standing::kHeld;
};

/// In the order of the specification.
inline constexpr std::array kPropertyTable{
    PropertyEntry{"L1", "A push publishes a whole element in constant time, or changes nothing"},
    PropertyEntry{"L2",
                  "Walking is async-signal-safe and bounded, newest first, each element once"},
    PropertyEntry{"L3", "A handler at any instruction sees all that stays and nothing destroyed"},
    PropertyEntry{"L4", "Readers on other threads: no race, no use after free, no leak"},
    PropertyEntry{"L5", "A filter asks once an element, in order, and survives an exception"},
    PropertyEntry{"L6", "The destructor empties the list, then frees"},
    PropertyEntry{"L7", "Every atomic is lock-free; the list stays at its address"},
    PropertyEntry{"L8", "A destructor may change the list; readers keep what it removes",
                  Standing::kHeldInPart},
    PropertyEntry{"R1", "Only a global of the address type counts, by the module's own sections"},
    PropertyEntry{"R2", "An i32 address is unsigned"},
    PropertyEntry{"R3", "A word lies inside the memory, computed without overflow"},
    PropertyEntry{"R4", "Signal and terminated words share no byte"},
    PropertyEntry{"R5", "The memory is memory 0 of the module, however it is reached"},
    PropertyEntry{"R6", "The signal word is zeroed before publication, and no other byte changes"},
    PropertyEntry{"R7", "A refusal changes no byte and no result, and says its reason"},
    PropertyEntry{"R8", "A module without the exports pays next to nothing"},
    PropertyEntry{"R9", "Entries are limited per isolate"},
    PropertyEntry{"R10", "An interrupted registration leaves no half entry"},
    PropertyEntry{"R11", "A relocatable module is refused with a reason of its own",
                  Standing::kNotHeld},
    PropertyEntry{"R12", "An imported memory is known by its place in the module",
                  Standing::kNotHeld},
    PropertyEntry{"R13", "Words of two entries overlap only if they are one word in one role",
                  Standing::kNotHeld},
    PropertyEntry{"R14", "Core's part of a call is a small multiple of the engine's",
                  Standing::kHeldInPart},
    PropertyEntry{"D1", "Delivery is async-signal-safe and writes exactly the words"},
    PropertyEntry{"D2", "A dead entry is not written to, from the moment it is dead"},
    PropertyEntry{"D3", "After growth the live memory is written"},
    PropertyEntry{"D4", "An aligned word is one atomic store"},
    PropertyEntry{"D5", "Delivery is safe while the registry is filled, filtered or torn down"},
    PropertyEntry{"D6", "A warning is a level; an old generation's signal writes nothing"},
    PropertyEntry{"D7", "The handler keeps errno and what was installed before it"},
    PropertyEntry{"D8", "A warning that the module erases is written again", Standing::kNotHeld},
    PropertyEntry{"D9", "Renewal, kill and delivery follow moved memories first",
                  Standing::kHeldInPart},
    PropertyEntry{"G1", "A collection drops dead entries and tries to free"},
    PropertyEntry{"G2", "An entry keeps the memory alive, never the instance"},
    PropertyEntry{"G3", "Disposing the isolate with entries present is safe"},
    PropertyEntry{"G4", "Isolates that move, nest or run side by side get their own signals"},
    PropertyEntry{"G5", "A kill leaves every instance registered or reported, and pins none",
                  Standing::kHeldInPart},
    PropertyEntry{"G6", "A forked child may do anything but limit", Standing::kNotHeld},
    PropertyEntry{"T1", "Properties, names and prototypes are the engine's"},
    PropertyEntry{"T2", "new.target, subclasses and the error without new are the engine's"},
    PropertyEntry{"T3", "No microtask tick is added"},
    PropertyEntry{"T4", "Rejections are the engine's"},
    PropertyEntry{"T5", "Hostile programs see, break and feed nothing"},
    PropertyEntry{"T6", "Arguments are read as often, and in the order, as before",
                  Standing::kHeldInPart},
    PropertyEntry{"T7", "With the feature off nothing differs"},
    PropertyEntry{"T8", "Every way to make an instance is covered or listed"},
    PropertyEntry{"T9", "Error stacks show no frame of ours"},
    PropertyEntry{"T10", "Installed twice or among wrappers it registers once, or refuses",
                  Standing::kNotHeld},
};

/// One property of the table: a value of one byte. Its order is the specification's.
class Property {
 public:
  /// From an identifier in the source. An identifier that the table lacks doesn't compile.
  consteval Property(const char* id)  // NOLINT(google-explicit-constructor): {"L3", "R4"}
      : index_(indexOf(id)) {
    if (index_ == kPropertyTable.size()) thisIdentifierIsNotInThePropertyTable();
  }

  constexpr std::string_view id() const { return entry().id; }
  constexpr std::string_view promise() const { return entry().promise; }
  constexpr Standing standing() const { return entry().standing; }
  constexpr char family() const { return id().front(); }

  /// The fragment of its heading in the specification, and in a report: "l3".
  std::string anchor() const {
    return static_cast<char>(family() - 'A' + 'a') + std::string(id().substr(1));
  }
  /// Where the specification says it, from the repository's root: "core/SPECIFICATION.md#l3".
  std::string link() const { return "core/SPECIFICATION.md#" + anchor(); }

  friend constexpr auto operator<=>(const Property&, const Property&) = default;

  friend constexpr std::optional<Property> parseProperty(std::string_view id);

  /// Every property, in the specification's order.
  static constexpr std::array<Property, kPropertyTable.size()> all() {
    return []<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      return std::array{Property(static_cast<std::uint8_t>(kIndex))...};
    }(std::make_index_sequence<kPropertyTable.size()>());
  }

 private:
  explicit constexpr Property(std::uint8_t index) : index_(index) {}

  // Not constexpr, so that the compiler names it where an identifier is wrong.
  static void thisIdentifierIsNotInThePropertyTable() {}

  // The table's size if it is not there.
  static constexpr std::uint8_t indexOf(std::string_view id) {
    std::uint8_t index = 0;
    while (index < kPropertyTable.size() && kPropertyTable[index].id != id) ++index;
    return index;
  }

  constexpr const PropertyEntry& entry() const { return kPropertyTable[index_]; }

  std::uint8_t index_;
};

/// Of what was read at run time: the property with exactly this identifier, or nothing.
constexpr std::optional<Property> parseProperty(std::string_view id) {
  const std::uint8_t index = Property::indexOf(id);
  if (index == kPropertyTable.size()) return std::nullopt;
  return Property(index);
}

}  // namespace sigproof::reports
