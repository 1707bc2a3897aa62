#include "fuzz/wasm/second_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "fuzz/wasm/binary/raw_module.h"
#include "fuzz/wasm/binary/wasm_bytes.h"
#include "fuzz/wasm/binary/wasm_reader.h"

namespace sigproof::fuzz {
namespace {

constexpr std::uint8_t kMemoryKind = 2;  // of an export
constexpr std::uint8_t kMemoryIndex = 1;
constexpr std::uint8_t kExplicitMemory = 2;  // a segment that names its memory

void addItemTo(RawModule& module, SectionId id, const WasmBytes& item) {
  if (!module.findOrAdd(id).addItem(item.bytes())) {
    throw std::invalid_argument(
        fmt::format("section {} of the module has no count", static_cast<int>(id)));
  }
}

WasmBytes memoryType(const SecondMemory& memory) {
  if (!memory.maximum_pages) return {0, 1};
  return WasmBytes{1, 1}.addUnsigned(*memory.maximum_pages);
}

WasmBytes segmentOf(const DataPlan& fill) {
  return WasmBytes{kExplicitMemory, kMemoryIndex}
      .addI32Initializer(static_cast<std::uint32_t>(fill.address))
      .addUnsigned(fill.bytes.size())
      .add(std::span(fill.bytes));
}

// Where a module counts its segments in a section of their own, these count too.
void addSegment(RawModule& module, const DataPlan& fill) {
  addItemTo(module, SectionId::kData, segmentOf(fill));
  RawSection* count = module.find(SectionId::kDataCount);
  if (count == nullptr) return;
  std::span<const std::uint8_t> data = module.find(SectionId::kData)->content;
  count->content = WasmBytes().addUnsigned(WasmReader(data).readU32()).take();
}

std::vector<DataPlan> fillsInside(const SecondMemory& memory) {
  std::vector<DataPlan> result;
  std::ranges::copy_if(memory.fills, std::back_inserter(result), [](const DataPlan& fill) {
    return fill.address + fill.bytes.size() <= kPageSizeBytes;
  });
  return result;
}

}  // namespace

std::vector<std::uint8_t> withSecondMemory(std::span<const std::uint8_t> bytes,
                                           const SecondMemory& memory) {
  RawModule module = RawModule::split(bytes);
  if (!module.isWhole()) {
    throw std::invalid_argument("these bytes are no module of whole sections");
  }
  addItemTo(module, SectionId::kMemory, memoryType(memory));
  if (!memory.export_name.empty()) {
    addItemTo(module, SectionId::kExport,
              WasmBytes().addName(memory.export_name).add({kMemoryKind, kMemoryIndex}));
  }
  for (const DataPlan& fill : fillsInside(memory)) addSegment(module, fill);
  return module.join();
}

std::string textWithSecondMemory(const std::string& module, const SecondMemory& memory) {
  std::string added = memory.maximum_pages
                          ? fmt::format(" (memory $1 1 {})\n", *memory.maximum_pages)
                          : " (memory $1 1)\n";
  if (!memory.export_name.empty()) {
    added += fmt::format(" (export \"{}\" (memory $1))\n", memory.export_name);
  }
  for (const DataPlan& fill : fillsInside(memory)) {
    std::string bytes;
    for (const std::uint8_t byte : fill.bytes) bytes += fmt::format("\\{:02x}", byte);
    added += fmt::format(" (data (memory $1) (i32.const {}) \"{}\")\n", fill.address, bytes);
  }
  std::string text = module;
  return text.insert(text.rfind(')'), added);
}

}  // namespace sigproof::fuzz
