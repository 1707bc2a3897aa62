#include "fuzz/wasm/binary/wasm_sections.h"

#include <algorithm>

#include "fuzz/wasm/binary/leb128.h"

namespace sigproof::fuzz {

std::optional<SectionView> takeSection(std::span<const std::uint8_t>& bytes) {
  if (bytes.empty()) return std::nullopt;
  std::span<const std::uint8_t> rest = bytes.subspan(1);
  const auto size = takeU32(rest);
  if (!size || *size > rest.size()) return std::nullopt;
  const std::size_t whole = bytes.size() - rest.size() + *size;
  const SectionView section{static_cast<SectionId>(bytes.front()), bytes.first(whole),
                            rest.first(*size)};
  bytes = bytes.subspan(whole);
  return section;
}

std::optional<std::vector<SectionView>> splitSections(std::span<const std::uint8_t> module) {
  if (!startsWith(module, kWasmHeader)) return std::nullopt;
  std::vector<SectionView> sections;
  for (auto rest = module.subspan(kWasmHeader.size()); !rest.empty();) {
    const auto section = takeSection(rest);
    if (!section) return std::nullopt;
    sections.push_back(*section);
  }
  return sections;
}

bool startsWith(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> prefix) {
  return bytes.size() >= prefix.size() && std::ranges::equal(bytes.first(prefix.size()), prefix);
}

}  // namespace sigproof::fuzz
