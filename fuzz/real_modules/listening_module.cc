#include "fuzz/real_modules/listening_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/module/internal/byte_reader.h"
#include "core/registry/signal_protocol.h"
#include "fuzz/real_modules/binaryen_globals.h"
#include "fuzz/real_modules/wasm_shape.h"

namespace sigproof::modules {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kMostPages = 65536;
// An odd address in the page; the signal word has the page's end.
constexpr std::uint32_t kTerminatedOffset = 1;

constexpr std::uint8_t kI32Const = 0x41;
constexpr std::uint8_t kEnd = 0x0B;
constexpr std::uint8_t kGlobalExport = 3;

// The order that a binary's sections must have.
constexpr std::array kSectionOrder{
    SectionId::kType,   SectionId::kImport,  SectionId::kFunction,  SectionId::kTable,
    SectionId::kMemory, SectionId::kTag,     SectionId::kGlobal,    SectionId::kExport,
    SectionId::kStart,  SectionId::kElement, SectionId::kDataCount, SectionId::kCode,
    SectionId::kData,
};

void addU32(Bytes& bytes, std::uint64_t value) {
  for (; value > 0x7F; value >>= 7) bytes.push_back(static_cast<std::uint8_t>(value) | 0x80);
  bytes.push_back(static_cast<std::uint8_t>(value));
}

// `i32.const value; end`. The immediate is signed: five bytes hold any.
void addI32Const(Bytes& bytes, std::uint32_t value) {
  auto rest = static_cast<std::int32_t>(value);
  bytes.push_back(kI32Const);
  for (int i = 0; i < 4; ++i, rest >>= 7) {
    bytes.push_back(static_cast<std::uint8_t>(rest & 0x7F) | 0x80);
  }
  bytes.push_back(static_cast<std::uint8_t>(rest & 0x7F));
  bytes.push_back(kEnd);
}

void addBytes(Bytes& bytes, std::span<const std::uint8_t> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

Bytes write(const std::vector<Section>& sections) {
  Bytes bytes{0, 'a', 's', 'm', 1, 0, 0, 0};
  for (const Section& section : sections) {
    bytes.push_back(static_cast<std::uint8_t>(section.id));
    addU32(bytes, section.content.size());
    addBytes(bytes, section.content);
  }
  return bytes;
}

Section* find(std::vector<Section>& sections, SectionId id) {
  const auto found =
      std::ranges::find_if(sections, [&](const Section& each) { return each.id == id; });
  return found == sections.end() ? nullptr : &*found;
}

std::ptrdiff_t rankOf(SectionId id) {
  return std::ranges::find(kSectionOrder, id) - kSectionOrder.begin();
}

// The section, made in its place if it isn't there, as an empty list.
Section& findOrAdd(std::vector<Section>& sections, SectionId id) {
  if (Section* section = find(sections, id)) return *section;
  const auto place = std::ranges::find_if(sections, [&](const Section& each) {
    return each.id != SectionId::kCustom && rankOf(each.id) > rankOf(id);
  });
  return *sections.insert(place, {id, {0}});
}

// A section that is a list: its items as they are, and how many.
struct List {
  explicit List(const Section& section) {
    ByteReader reader(section.content);
    count = reader.readU32();
    if (!reader.isOk()) throw UnreadableModule("the module can't be read: a section is damaged");
    while (!reader.isAtEnd()) items.push_back(reader.readByte());
  }
  Bytes write() const {
    Bytes content;
    addU32(content, count);
    addBytes(content, items);
    return content;
  }
  std::uint32_t count = 0;
  Bytes items;
};

Bytes limitsBytes(const Limits& limits) {
  Bytes bytes{static_cast<std::uint8_t>((limits.maximum ? 1 : 0) | (limits.is_shared ? 2 : 0))};
  addU32(bytes, limits.initial);
  if (limits.maximum) addU32(bytes, *limits.maximum);
  return bytes;
}

void setMemoryLimits(std::vector<Section>& sections, const Memory& memory, const Limits& limits) {
  Section* section = find(sections, memory.import_index ? SectionId::kImport : SectionId::kMemory);
  Bytes content(section->content.begin(),
                section->content.begin() + static_cast<std::ptrdiff_t>(memory.limits_begin));
  addBytes(content, limitsBytes(limits));
  addBytes(content, std::span(section->content).subspan(memory.limits_end));
  section->content = std::move(content);
}

void addDataSegment(std::vector<Section>& sections, std::uint32_t address, std::uint32_t value) {
  Section& section = findOrAdd(sections, SectionId::kData);
  List segments(section);
  ++segments.count;
  segments.items.push_back(0);  // active, in memory 0
  addI32Const(segments.items, address);
  addU32(segments.items, kWordSizeBytes);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    segments.items.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  section.content = segments.write();
  if (Section* count = find(sections, SectionId::kDataCount)) {
    count->content.clear();
    addU32(count->content, segments.count);
  }
}

std::uint64_t pagesOf(std::uint64_t size_bytes) {
  return (size_bytes + kPageSizeBytes - 1) / kPageSizeBytes;
}

// Four globals: the words' addresses under the names of both protocols.
std::array<ExportedGlobal, 4> globalsFor(std::uint32_t signal, std::uint32_t terminated) {
  constexpr SignalProtocol kAddress = SignalProtocol::address();
  constexpr SignalProtocol kInstance = SignalProtocol::instance();
  return {{{kAddress.signal_name, signal},
           {kAddress.terminated_name, terminated},
           {kInstance.signal_name, signal},
           {kInstance.terminated_name, terminated}}};
}

}  // namespace

ListeningModule makeListen(std::span<const std::uint8_t> module) {
  const WasmShape shape = readShape(module);
  if (!shape.memory) throw CanNotListen("it has no memory 0");
  const std::uint64_t own_pages =
      std::max(shape.memory->limits.initial, pagesOf(shape.dynamic_linking.memory_size_bytes));
  if (own_pages >= kMostPages) throw CanNotListen("its memory 0 has as many pages as can be");

  ListeningModule made;
  const auto page = static_cast<std::uint32_t>(own_pages * kPageSizeBytes);
  made.signal_address = page + kPageSizeBytes - kWordSizeBytes;
  made.terminated_address = page + kTerminatedOffset;
  const auto globals = globalsFor(made.signal_address, made.terminated_address);
  for (const ExportedGlobal& global : globals) {
    if (std::ranges::find(shape.export_names, global.name) != shape.export_names.end()) {
      throw CanNotListen(fmt::format("it exports {} itself", global.name));
    }
  }
  BinaryenResult edited = addGlobalsWithBinaryen(module, globals);
  made.edited_by = edited.bytes.empty() ? edited.reason + "; edited directly" : "Binaryen";
  if (edited.bytes.empty()) edited.bytes = addGlobals(module, globals);
  made.bytes = addPagesAndWord(edited.bytes, own_pages + 1, made.signal_address, kSignalFill);
  return made;
}

std::vector<std::uint8_t> addGlobals(std::span<const std::uint8_t> module,
                                     std::span<const ExportedGlobal> globals) {
  const WasmShape shape = readShape(module);
  std::vector<Section> sections = readSections(module);
  const auto imported = std::ranges::count_if(
      shape.imports, [](const Import& each) { return each.kind == ImportKind::kGlobal; });

  Section& global_section = findOrAdd(sections, SectionId::kGlobal);
  List defined(global_section);
  std::uint64_t next_index = static_cast<std::uint64_t>(imported) + defined.count;
  for (const ExportedGlobal& global : globals) {
    ++defined.count;
    defined.items.push_back(static_cast<std::uint8_t>(ValueType::kI32));
    defined.items.push_back(0);  // immutable
    addI32Const(defined.items, global.value);
  }
  global_section.content = defined.write();

  Section& export_section = findOrAdd(sections, SectionId::kExport);
  List exports(export_section);
  for (const ExportedGlobal& global : globals) {
    ++exports.count;
    addU32(exports.items, global.name.size());
    exports.items.insert(exports.items.end(), global.name.begin(), global.name.end());
    exports.items.push_back(kGlobalExport);
    addU32(exports.items, next_index++);
  }
  export_section.content = exports.write();
  return write(sections);
}

std::vector<std::uint8_t> addPagesAndWord(std::span<const std::uint8_t> module,
                                          std::uint64_t initial_pages, std::uint32_t address,
                                          std::uint32_t value) {
  const WasmShape shape = readShape(module);
  if (!shape.memory) throw CanNotListen("it has no memory 0");
  Limits limits = shape.memory->limits;
  if (initial_pages > kMostPages) throw CanNotListen("its memory 0 has as many pages as can be");
  if (limits.maximum) {
    const std::uint64_t more = initial_pages - std::min(initial_pages, limits.initial);
    limits.maximum = std::min(*limits.maximum + more, kMostPages);
    if (*limits.maximum < initial_pages) throw CanNotListen("its memory 0 may not be that large");
  }
  limits.initial = initial_pages;

  std::vector<Section> sections = readSections(module);
  setMemoryLimits(sections, *shape.memory, limits);
  addDataSegment(sections, address, value);
  return write(sections);
}

}  // namespace sigproof::modules
