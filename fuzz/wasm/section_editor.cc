#include "fuzz/wasm/section_editor.h"

#include <cstddef>

#include "fuzz/wasm/binary/raw_module.h"
#include "fuzz/wasm/binary/wasm_bytes.h"
#include "fuzz/wasm/binary/wasm_reader.h"
#include "fuzz/wasm/module_plan.h"

namespace sigproof::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

constexpr std::uint8_t kFuncref = 0x70;
constexpr std::uint8_t kOlderNullableReference = 0x6C;

void appendBytes(Bytes& bytes, View more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

void skipLimits(WasmReader& reader) {
  constexpr std::uint8_t kHasMaximum = 1;
  const bool has_maximum = (reader.readByte() & kHasMaximum) != 0;
  reader.readU32();
  if (has_maximum) reader.readU32();
}

// Passes an import up to the type of the global, if it is one; returns whether it is.
bool skipToGlobalType(WasmReader& reader) {
  reader.readName();
  reader.readName();
  const auto kind = static_cast<ExternalKind>(reader.readByte());
  if (kind == ExternalKind::kFunction) reader.readU32();
  if (kind == ExternalKind::kTable) reader.readByte();
  if (kind == ExternalKind::kTable || kind == ExternalKind::kMemory) skipLimits(reader);
  return kind == ExternalKind::kGlobal;
}

Bytes importsWithOlderFuncrefs(View imports) {
  Bytes result;
  WasmReader reader(imports);
  std::size_t copied = 0;
  for (std::uint32_t left = reader.readU32(); left > 0 && reader.isOk(); --left) {
    if (!skipToGlobalType(reader)) continue;
    const std::size_t type_at = reader.position();
    const bool is_funcref = reader.readByte() == kFuncref;
    reader.readByte();  // whether it is mutable
    if (!is_funcref || !reader.isOk()) continue;
    appendBytes(result, imports.subspan(copied, type_at - copied));
    result.push_back(kOlderNullableReference);
    copied = type_at;
  }
  appendBytes(result, imports.subspan(copied));
  return result;
}

}  // namespace

Bytes withOlderFuncrefs(View bytes) {
  RawModule module = RawModule::split(bytes);
  if (RawSection* imports = module.find(SectionId::kImport)) {
    imports->content = importsWithOlderFuncrefs(imports->content);
  }
  return module.join();
}

Bytes withCustomSection(View module, std::string_view name, View content) {
  return WasmBytes()
      .add(module)
      .addSection(SectionId::kCustom, WasmBytes().addName(name).add(content))
      .take();
}

std::optional<SplitModule> splitCustomSection(View module, std::string_view name) {
  const auto sections = splitSections(module);
  if (!sections || sections->empty()) return std::nullopt;
  const SectionView& last = sections->back();
  if (last.id != SectionId::kCustom) return std::nullopt;
  WasmReader reader(last.content);
  if (reader.readName() != name || !reader.isOk()) return std::nullopt;
  return SplitModule{module.first(module.size() - last.whole.size()), reader.rest()};
}

}  // namespace sigproof::fuzz
