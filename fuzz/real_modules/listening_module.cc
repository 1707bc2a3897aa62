#include "fuzz/real_modules/listening_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fuzz/real_modules/binaryen_globals.h"
#include "fuzz/real_modules/wasm_shape.h"
#include "fuzz/spec/protocol_constants.h"
#include "fuzz/wasm/binary/leb128.h"
#include "fuzz/wasm/binary/raw_module.h"
#include "fuzz/wasm/binary/wasm_bytes.h"

namespace sigproof::modules {
namespace {

using Bytes = std::vector<std::uint8_t>;
using fuzz::RawModule;
using fuzz::SectionId;
using fuzz::WasmBytes;

constexpr std::uint64_t kMostPages = 65536;
// An odd address in the page; the signal word has the page's end.
constexpr std::uint32_t kTerminatedOffset = 1;

constexpr std::uint8_t kGlobalExport = 3;

// Of the encodings of an i32, the longest: any address takes as many bytes.
constexpr unsigned kAddressBytes = fuzz::kLongestLeb32;

// Returns how many items the section has then.
std::uint32_t addItem(RawModule& module, SectionId id, const WasmBytes& item) {
  const auto count = module.findOrAdd(id).addItem(item.bytes());
  if (!count) throw UnreadableModule("the module can't be read: a section is damaged");
  return *count;
}

WasmBytes limitsBytes(const Limits& limits) {
  WasmBytes bytes{static_cast<std::uint8_t>((limits.maximum ? 1 : 0) | (limits.is_shared ? 2 : 0))};
  bytes.addUnsigned(limits.initial);
  if (limits.maximum) bytes.addUnsigned(*limits.maximum);
  return bytes;
}

void setMemoryLimits(RawModule& module, const Memory& memory, const Limits& limits) {
  Bytes& content =
      module.find(memory.import_index ? SectionId::kImport : SectionId::kMemory)->content;
  const std::span<const std::uint8_t> before = content;
  content = WasmBytes()
                .add(before.first(memory.limits_begin))
                .add(limitsBytes(limits))
                .add(before.subspan(memory.limits_end))
                .take();
}

void addDataSegment(RawModule& module, std::uint32_t address, std::uint32_t value) {
  const std::uint32_t segments = addItem(module, SectionId::kData,
                                         WasmBytes{0}  // active, in memory 0
                                             .addI32Initializer(address, kAddressBytes)
                                             .addUnsigned(fuzz::specified::kWordSizeBytes)
                                             .addWord(value));
  if (fuzz::RawSection* count = module.find(SectionId::kDataCount)) {
    count->content = WasmBytes().addUnsigned(segments).take();
  }
}

std::uint64_t pagesOf(std::uint64_t size_bytes) {
  return (size_bytes + kPageSizeBytes - 1) / kPageSizeBytes;
}

// Four globals: the words' addresses under the names of both protocols.
std::array<ExportedGlobal, 4> globalsFor(std::uint32_t signal, std::uint32_t terminated) {
  constexpr auto kAddress = fuzz::specified::names(fuzz::specified::Protocol::kAddress);
  constexpr auto kInstance = fuzz::specified::names(fuzz::specified::Protocol::kInstance);
  return {{{kAddress.signal, signal},
           {kAddress.terminated, terminated},
           {kInstance.signal, signal},
           {kInstance.terminated, terminated}}};
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
  made.signal_address = page + kPageSizeBytes - fuzz::specified::kWordSizeBytes;
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

std::vector<std::uint8_t> addGlobals(std::span<const std::uint8_t> bytes,
                                     std::span<const ExportedGlobal> globals) {
  const WasmShape shape = readShape(bytes);
  RawModule module = RawModule::split(bytes);
  const auto imported = std::ranges::count_if(
      shape.imports, [](const Import& each) { return each.kind == ImportKind::kGlobal; });
  for (const ExportedGlobal& global : globals) {
    const std::uint8_t type = fuzz::codeOf(ValueType::kI32);
    const std::uint32_t defined = addItem(module, SectionId::kGlobal,
                                          WasmBytes{type, 0}  // immutable
                                              .addI32Initializer(global.value, kAddressBytes));
    const std::uint64_t index = static_cast<std::uint64_t>(imported) + defined - 1;
    addItem(module, SectionId::kExport,
            WasmBytes().addName(global.name).add({kGlobalExport}).addUnsigned(index));
  }
  return module.join();
}

std::vector<std::uint8_t> addPagesAndWord(std::span<const std::uint8_t> bytes,
                                          std::uint64_t initial_pages, std::uint32_t address,
                                          std::uint32_t value) {
  const WasmShape shape = readShape(bytes);
  if (!shape.memory) throw CanNotListen("it has no memory 0");
  Limits limits = shape.memory->limits;
  if (initial_pages > kMostPages) throw CanNotListen("its memory 0 has as many pages as can be");
  if (limits.maximum) {
    const std::uint64_t more = initial_pages - std::min(initial_pages, limits.initial);
    limits.maximum = std::min(*limits.maximum + more, kMostPages);
    if (*limits.maximum < initial_pages) throw CanNotListen("its memory 0 may not be that large");
  }
  limits.initial = initial_pages;

  RawModule module = RawModule::split(bytes);
  setMemoryLimits(module, *shape.memory, limits);
  addDataSegment(module, address, value);
  return module.join();
}

}  // namespace sigproof::modules
