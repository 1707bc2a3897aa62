#include "fuzz/peer/cases/second_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace sigproof::peer {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kHeaderBytes = 8;
enum SectionId : std::uint8_t {
  kMemorySection = 5,
  kExportSection = 7,
  kDataSection = 11,
  kDataCountSection = 12,
};
constexpr std::uint8_t kMemoryKind = 2;
constexpr std::uint8_t kExplicitMemory = 2;  // a segment that names its memory
constexpr std::uint8_t kI32Const = 0x41;
constexpr std::uint8_t kEnd = 0x0B;

std::uint64_t readUnsigned(std::span<const std::uint8_t>& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (rest.empty()) break;
    const std::uint8_t byte = rest.front();
    rest = rest.subspan(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  throw std::invalid_argument("a number in the module has no end");
}

void addUnsigned(Bytes& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<std::uint8_t>(value | 0x80));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

void addSigned(Bytes& bytes, std::int64_t value) {
  while (value < -64 || value > 63) {
    bytes.push_back(static_cast<std::uint8_t>((value & 0x7F) | 0x80));
    value >>= 7;
  }
  bytes.push_back(static_cast<std::uint8_t>(value & 0x7F));
}

struct Section {
  std::uint8_t id;
  Bytes content;
};

std::vector<Section> sectionsOf(std::span<const std::uint8_t> rest) {
  std::vector<Section> sections;
  while (!rest.empty()) {
    const std::uint8_t id = rest.front();
    rest = rest.subspan(1);
    const std::uint64_t size = readUnsigned(rest);
    if (size > rest.size()) throw std::invalid_argument("a section of the module has no end");
    const auto content = rest.first(size);
    sections.push_back({id, {content.begin(), content.end()}});
    rest = rest.subspan(size);
  }
  return sections;
}

Bytes* find(std::vector<Section>& sections, std::uint8_t id) {
  const auto found = std::ranges::find(sections, id, &Section::id);
  return found == sections.end() ? nullptr : &found->content;
}

// Appends items to a section that begins with their number.
void append(Bytes& section, const std::vector<Bytes>& items) {
  std::span<const std::uint8_t> rest = section;
  const std::uint64_t count = section.empty() ? 0 : readUnsigned(rest);
  Bytes result;
  addUnsigned(result, count + items.size());
  result.insert(result.end(), rest.begin(), rest.end());
  for (const Bytes& item : items) result.insert(result.end(), item.begin(), item.end());
  section = std::move(result);
}

Bytes segment(const fuzz::DataPlan& fill) {
  Bytes bytes{kExplicitMemory, 1, kI32Const};
  addSigned(bytes, static_cast<std::int32_t>(fill.address));
  bytes.push_back(kEnd);
  addUnsigned(bytes, fill.bytes.size());
  bytes.insert(bytes.end(), fill.bytes.begin(), fill.bytes.end());
  return bytes;
}

// The data section is the last one; where segments are counted before, they are counted again.
void addSegments(std::vector<Section>& sections, const std::vector<Bytes>& segments) {
  if (segments.empty()) return;
  if (find(sections, kDataSection) == nullptr) sections.push_back({kDataSection, {}});
  Bytes& data = *find(sections, kDataSection);
  append(data, segments);
  if (Bytes* count = find(sections, kDataCountSection)) {
    std::span<const std::uint8_t> rest = data;
    count->clear();
    addUnsigned(*count, readUnsigned(rest));
  }
}

// Only what lies within its one page.
std::vector<fuzz::DataPlan> within(const std::vector<fuzz::DataPlan>& fills) {
  std::vector<fuzz::DataPlan> result;
  std::ranges::copy_if(fills, std::back_inserter(result), [](const fuzz::DataPlan& fill) {
    return fill.address + fill.bytes.size() <= fuzz::kPageSizeBytes;
  });
  return result;
}

}  // namespace

std::vector<std::uint8_t> withSecondMemory(std::span<const std::uint8_t> module,
                                           const std::vector<fuzz::DataPlan>& fills) {
  if (module.size() < kHeaderBytes) throw std::invalid_argument("the module has no header");
  std::vector<Section> sections = sectionsOf(module.subspan(kHeaderBytes));
  Bytes* memories = find(sections, kMemorySection);
  Bytes* exports = find(sections, kExportSection);
  if (memories == nullptr || exports == nullptr) {
    throw std::invalid_argument("the module has no memory of its own, or exports nothing");
  }
  append(*memories, {{1, 1, 1}});  // from one page to one page
  append(*exports, {{1, static_cast<std::uint8_t>(*kSecondMemoryExport), kMemoryKind, 1}});
  std::vector<Bytes> segments;
  for (const fuzz::DataPlan& fill : within(fills)) segments.push_back(segment(fill));
  addSegments(sections, segments);

  Bytes result(module.begin(), module.begin() + kHeaderBytes);
  for (const auto& [id, content] : sections) {
    result.push_back(id);
    addUnsigned(result, content.size());
    result.insert(result.end(), content.begin(), content.end());
  }
  return result;
}

std::string textWithSecondMemory(const std::string& module,
                                 const std::vector<fuzz::DataPlan>& fills) {
  std::string added =
      fmt::format(" (memory $1 1 1)\n (export \"{}\" (memory $1))\n", kSecondMemoryExport);
  for (const fuzz::DataPlan& fill : within(fills)) {
    std::string bytes;
    for (const std::uint8_t byte : fill.bytes) bytes += fmt::format("\\{:02x}", byte);
    added += fmt::format(" (data (memory $1) (i32.const {}) \"{}\")\n", fill.address, bytes);
  }
  std::string text = module;
  return text.insert(text.rfind(')'), added);
}

}  // namespace sigproof::peer
