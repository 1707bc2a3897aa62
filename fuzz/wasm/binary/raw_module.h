// A WebAssembly binary taken apart into its sections, to be changed and put together again.
// Whatever the bytes are, they can be taken apart, and give the same bytes when nothing is changed.
//
//   RawModule module = RawModule::split(bytes);
//   module.findOrAdd(SectionId::kMemory).addItem(WasmBytes{0, 1}.bytes());
//   const std::vector<std::uint8_t> changed = module.join();
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fuzz/wasm/binary/wasm_sections.h"

namespace sigproof::fuzz {

struct RawSection {
  SectionId id = SectionId::kCustom;
  std::vector<std::uint8_t> content;
  /// The bytes of its length beyond those that it needs. A length has at most 5 bytes.
  unsigned length_padding = 0;

  /// For a section that is a count and so many items: adds an item. Returns the new count; nothing,
  /// and nothing has changed, where the content doesn't begin with a count.
  std::optional<std::uint32_t> addItem(std::span<const std::uint8_t> item);
};

struct RawModule {
  std::vector<std::uint8_t> header;  ///< 8 bytes, or as many as there are
  std::vector<RawSection> sections;
  std::vector<std::uint8_t> rest;  ///< from the first byte on that no whole section begins with

  static RawModule split(std::span<const std::uint8_t> bytes);
  std::vector<std::uint8_t> join() const;

  /// Whether it is a module of version 1 and all of it is sections.
  bool isWhole() const;

  /// The first section of that kind; null where there is none. Until `sections` changes.
  RawSection* find(SectionId id);
  bool hasSection(SectionId id) const;
  /// Where there is none, makes one of no items in the place that the format asks for. A module's
  /// custom sections stay in front of what they were in front of.
  RawSection& findOrAdd(SectionId id);
};

}  // namespace sigproof::fuzz
