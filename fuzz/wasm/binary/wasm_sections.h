// The sections of a WebAssembly binary, as views of its bytes.
//
//   if (const auto sections = splitSections(module)) {
//     for (const SectionView& section : *sections) inspect(section.id, section.content);
//   }
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sigproof::fuzz {

/// The magic number and version 1.
inline constexpr std::array<std::uint8_t, 8> kWasmHeader{0, 'a', 's', 'm', 1, 0, 0, 0};
/// The magic number alone: what every version of the format begins with.
inline constexpr std::span kWasmMagic = std::span(kWasmHeader).first<4>();

/// By value, a byte of the format. Damaged or newer modules have others.
enum class SectionId : std::uint8_t {
  kCustom = 0,
  kType = 1,
  kImport = 2,
  kFunction = 3,
  kTable = 4,
  kMemory = 5,
  kGlobal = 6,
  kExport = 7,
  kStart = 8,
  kElement = 9,
  kCode = 10,
  kData = 11,
  kDataCount = 12,
  kTag = 13,
};

struct SectionView {
  SectionId id;
  std::span<const std::uint8_t> whole;  ///< with its id and its length
  std::span<const std::uint8_t> content;
};

/// Takes a section off the front of `bytes`. Gives nothing, and leaves `bytes` as they were, where
/// they don't begin with a whole one.
std::optional<SectionView> takeSection(std::span<const std::uint8_t>& bytes);

/// All sections. Nothing where the bytes are not a module of version 1 that ends with a whole
/// section.
std::optional<std::vector<SectionView>> splitSections(std::span<const std::uint8_t> module);

/// Whether the bytes begin with `prefix`.
bool startsWith(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> prefix);

}  // namespace sigproof::fuzz
