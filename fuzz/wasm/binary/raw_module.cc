#include "fuzz/wasm/binary/raw_module.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fuzz/wasm/binary/leb128.h"

namespace sigproof::fuzz {
namespace {

// The order that the format asks for.
constexpr std::array kSectionOrder{
    SectionId::kType,   SectionId::kImport,  SectionId::kFunction,  SectionId::kTable,
    SectionId::kMemory, SectionId::kTag,     SectionId::kGlobal,    SectionId::kExport,
    SectionId::kStart,  SectionId::kElement, SectionId::kDataCount, SectionId::kCode,
    SectionId::kData,
};

std::ptrdiff_t rankOf(SectionId id) {
  return std::ranges::find(kSectionOrder, id) - kSectionOrder.begin();
}

unsigned lengthPaddingOf(const SectionView& section) {
  const std::size_t length_bytes = section.whole.size() - section.content.size() - 1;
  return static_cast<unsigned>(length_bytes) - unsignedSize(section.content.size());
}

}  // namespace

std::optional<std::uint32_t> RawSection::addItem(std::span<const std::uint8_t> item) {
  std::span<const std::uint8_t> items = content;
  const auto count = takeU32(items);
  if (!count) return std::nullopt;
  std::vector<std::uint8_t> result;
  appendUnsigned(result, *count + 1);
  result.insert(result.end(), items.begin(), items.end());
  result.insert(result.end(), item.begin(), item.end());
  content = std::move(result);
  return *count + 1;
}

RawModule RawModule::split(std::span<const std::uint8_t> bytes) {
  RawModule module;
  const auto header = bytes.first(std::min(kWasmHeader.size(), bytes.size()));
  module.header.assign(header.begin(), header.end());
  std::span<const std::uint8_t> rest = bytes.subspan(header.size());
  while (const auto section = takeSection(rest)) {
    module.sections.push_back({.id = section->id,
                               .content = {section->content.begin(), section->content.end()},
                               .length_padding = lengthPaddingOf(*section)});
  }
  module.rest.assign(rest.begin(), rest.end());
  return module;
}

std::vector<std::uint8_t> RawModule::join() const {
  std::vector<std::uint8_t> bytes = header;
  for (const RawSection& section : sections) {
    const std::size_t size = section.content.size();
    bytes.push_back(static_cast<std::uint8_t>(section.id));
    appendUnsigned(bytes, size,
                   std::min(unsignedSize(size) + section.length_padding, kLongestLeb32));
    bytes.insert(bytes.end(), section.content.begin(), section.content.end());
  }
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

bool RawModule::isWhole() const { return rest.empty() && std::ranges::equal(header, kWasmHeader); }

RawSection* RawModule::find(SectionId id) {
  const auto found = std::ranges::find(sections, id, &RawSection::id);
  return found == sections.end() ? nullptr : &*found;
}

bool RawModule::hasSection(SectionId id) const {
  return std::ranges::find(sections, id, &RawSection::id) != sections.end();
}

RawSection& RawModule::findOrAdd(SectionId id) {
  if (RawSection* section = find(id)) return *section;
  const auto place = std::ranges::find_if(sections, [&](const RawSection& section) {
    return section.id != SectionId::kCustom && rankOf(section.id) > rankOf(id);
  });
  return *sections.insert(place, {.id = id, .content = {0}});
}

}  // namespace sigproof::fuzz
