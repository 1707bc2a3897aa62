#include "fuzz/wasm/section_editor.h"

#include <algorithm>

namespace sigproof::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

constexpr std::size_t kPreambleBytes = 8;  // the magic number and the version
constexpr std::uint8_t kCustomSection = 0;
constexpr std::uint8_t kImportSection = 2;
constexpr std::uint8_t kMemorySection = 5;
constexpr std::uint8_t kLastKnownSection = 13;  // of tags, which stands after the memories

void appendBytes(Bytes& bytes, View more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

// LEB128.
void appendNumber(Bytes& bytes, std::size_t number) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<std::uint8_t>(number | 0x80));
  bytes.push_back(static_cast<std::uint8_t>(number));
}

// Takes a number off the front; nothing if there is none.
std::optional<std::size_t> takeNumber(View& bytes) {
  std::size_t number = 0;
  for (unsigned shift = 0; shift < 35 && !bytes.empty(); shift += 7) {
    const std::uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    number |= std::size_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return number;
  }
  return std::nullopt;
}

struct Section {
  std::uint8_t id;
  View whole;  // with its id and length
  View content;
};

// Takes a section off the front; nothing if there is no whole one.
std::optional<Section> takeSection(View& bytes) {
  if (bytes.empty()) return std::nullopt;
  View rest = bytes.subspan(1);
  const auto size = takeNumber(rest);
  if (!size || *size > rest.size()) return std::nullopt;
  const std::size_t whole = bytes.size() - rest.size() + *size;
  const Section section{bytes.front(), bytes.first(whole), rest.first(*size)};
  bytes = bytes.subspan(whole);
  return section;
}

void appendSection(Bytes& bytes, std::uint8_t id, View content) {
  bytes.push_back(id);
  appendNumber(bytes, content.size());
  appendBytes(bytes, content);
}

// The vector of memories with one more: no maximum, one page.
Bytes withOneMore(View memories) {
  constexpr std::uint8_t kMemory[] = {0x00, 0x01};
  const std::size_t count = takeNumber(memories).value_or(0);
  Bytes result;
  appendNumber(result, count + 1);
  appendBytes(result, memories);
  appendBytes(result, kMemory);
  return result;
}

// Takes off `from` what stands before `rest`, its end.
View takeUntil(View& from, View rest) {
  const View taken = from.first(from.size() - rest.size());
  from = rest;
  return taken;
}

void skipName(View& bytes) {
  const std::size_t size = takeNumber(bytes).value_or(0);
  bytes = bytes.subspan(std::min(size, bytes.size()));
}

std::uint8_t takeByte(View& bytes) {
  if (bytes.empty()) return 0;
  const std::uint8_t byte = bytes.front();
  bytes = bytes.subspan(1);
  return byte;
}

void skipLimits(View& bytes) {
  constexpr std::uint8_t kHasMaximum = 1;
  const bool has_maximum = (takeByte(bytes) & kHasMaximum) != 0;
  takeNumber(bytes);
  if (has_maximum) takeNumber(bytes);
}

// Passes an import up to where the type of a global stands; returns whether it is one.
bool skipToGlobalType(View& bytes) {
  enum Kind : std::uint8_t { kFunction, kTable, kMemory, kGlobal };
  skipName(bytes);
  skipName(bytes);
  const std::uint8_t kind = takeByte(bytes);
  if (kind == kFunction) takeNumber(bytes);
  if (kind == kTable) takeByte(bytes);
  if (kind == kTable || kind == kMemory) skipLimits(bytes);
  return kind == kGlobal;
}

Bytes importsWithOlderFuncrefs(View imports) {
  constexpr std::uint8_t kFuncref = 0x70;
  constexpr std::uint8_t kOlderNullableReference = 0x6C;
  Bytes result;
  View rest = imports;
  const std::size_t count = takeNumber(rest).value_or(0);
  for (std::size_t i = 0; i < count && !rest.empty(); ++i) {
    if (!skipToGlobalType(rest)) continue;
    appendBytes(result, takeUntil(imports, rest));
    if (!rest.empty() && rest.front() == kFuncref) result.push_back(kOlderNullableReference);
    takeByte(rest);  // the type
    takeByte(rest);  // its mutability
  }
  appendBytes(result, imports);
  return result;
}

}  // namespace

Bytes withOlderFuncrefs(View module) {
  Bytes result(module.begin(), module.begin() + kPreambleBytes);
  View rest = module.subspan(kPreambleBytes);
  while (const auto section = takeSection(rest)) {
    if (section->id == kImportSection) {
      appendSection(result, kImportSection, importsWithOlderFuncrefs(section->content));
    } else {
      appendBytes(result, section->whole);
    }
  }
  return result;
}

Bytes withSecondMemory(View module) {
  Bytes result(module.begin(), module.begin() + kPreambleBytes);
  View rest = module.subspan(kPreambleBytes);
  bool is_done = false;
  while (const auto section = takeSection(rest)) {
    const bool is_later = section->id > kMemorySection && section->id <= kLastKnownSection;
    if (!is_done && section->id == kMemorySection) {
      appendSection(result, kMemorySection, withOneMore(section->content));
      is_done = true;
      continue;
    }
    if (!is_done && is_later) {
      appendSection(result, kMemorySection, withOneMore({}));
      is_done = true;
    }
    appendBytes(result, section->whole);
  }
  if (!is_done) appendSection(result, kMemorySection, withOneMore({}));
  return result;
}

Bytes withCustomSection(View module, std::string_view name, View content) {
  Bytes named;
  appendNumber(named, name.size());
  named.insert(named.end(), name.begin(), name.end());
  appendBytes(named, content);
  Bytes result(module.begin(), module.end());
  appendSection(result, kCustomSection, named);
  return result;
}

std::optional<SplitModule> splitCustomSection(View module, std::string_view name) {
  if (module.size() < kPreambleBytes) return std::nullopt;
  View rest = module.subspan(kPreambleBytes);
  std::optional<Section> last;
  while (!rest.empty()) {
    last = takeSection(rest);
    if (!last) return std::nullopt;
  }
  if (!last || last->id != kCustomSection) return std::nullopt;
  View content = last->content;
  const auto name_size = takeNumber(content);
  if (!name_size || *name_size != name.size() || content.size() < name.size()) return std::nullopt;
  if (!std::equal(name.begin(), name.end(), content.begin())) return std::nullopt;
  return SplitModule{module.first(module.size() - last->whole.size()),
                     content.subspan(name.size())};
}

}  // namespace sigproof::fuzz
