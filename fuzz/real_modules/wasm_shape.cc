#include "fuzz/real_modules/wasm_shape.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

#include "fuzz/wasm/binary/wasm_reader.h"
#include "fuzz/wasm/binary/wasm_sections.h"

namespace sigproof::modules {
namespace {

using fuzz::SectionId;
using fuzz::SectionView;
using fuzz::WasmReader;

constexpr std::uint8_t kFunctionForm = 0x60;
constexpr std::uint8_t kHasMaximum = 1;
constexpr std::uint8_t kIsShared = 2;
constexpr std::uint8_t kMemoryInfo = 1;  // the subsection of "dylink.0" that has the sizes

[[noreturn]] void refuse(std::string_view what) {
  throw UnreadableModule(fmt::format("the module can't be read: {}", what));
}

std::vector<SectionView> sectionsOf(std::span<const std::uint8_t> bytes) {
  if (!fuzz::startsWith(bytes, fuzz::kWasmHeader)) {
    refuse("it doesn't begin as a WebAssembly module of version 1 does");
  }
  std::vector<SectionView> sections;
  for (auto rest = bytes.subspan(fuzz::kWasmHeader.size()); !rest.empty();) {
    const auto section = fuzz::takeSection(rest);
    if (!section) refuse(fmt::format("it ends in the middle of section {}", rest.front()));
    sections.push_back(*section);
  }
  return sections;
}

ValueType readValueType(WasmReader& reader) {
  const std::uint8_t code = reader.readByte();
  const std::optional<ValueType> type = fuzz::valueTypeOf(code);
  if (!type) refuse(fmt::format("value type {:#04x} is not known here", code));
  return *type;
}

std::vector<ValueType> readValueTypes(WasmReader& reader) {
  std::vector<ValueType> types;
  for (std::uint32_t left = reader.readU32(); left > 0 && reader.isOk(); --left) {
    types.push_back(readValueType(reader));
  }
  return types;
}

Limits readLimits(WasmReader& reader) {
  const std::uint8_t flags = reader.readByte();
  if (flags > (kHasMaximum | kIsShared)) {
    refuse(fmt::format("limits of form {} are not known here", flags));
  }
  Limits limits;
  limits.initial = reader.readU32();
  if ((flags & kHasMaximum) != 0) limits.maximum = reader.readU32();
  limits.is_shared = (flags & kIsShared) != 0;
  return limits;
}

std::string readString(WasmReader& reader) { return std::string(reader.readName()); }

// Fills a WasmShape, section by section.
class ShapeReader {
 public:
  void read(const SectionView& section) {
    WasmReader reader(section.content);
    switch (section.id) {
      case SectionId::kCustom:
        readCustom(reader);
        return;  // what is in custom sections binds nobody
      case SectionId::kType:
        readTypes(reader);
        break;
      case SectionId::kImport:
        readImports(reader);
        break;
      case SectionId::kMemory:
        readMemories(reader);
        break;
      case SectionId::kExport:
        readExports(reader);
        break;
      case SectionId::kStart:
        shape_.has_start = true;
        return;
      default:
        return;
    }
    if (!reader.isOk() || !reader.isAtEnd()) {
      refuse(fmt::format("section {} is damaged", static_cast<int>(section.id)));
    }
  }

  WasmShape take() { return std::move(shape_); }

 private:
  void readCustom(WasmReader& reader) {
    if (reader.readName() != "dylink.0") return;
    while (reader.isOk() && !reader.isAtEnd()) {
      const std::uint8_t kind = reader.readByte();
      WasmReader subsection(reader.readBytes(reader.readU32()));
      if (kind != kMemoryInfo) continue;
      shape_.dynamic_linking.memory_size_bytes = subsection.readU32();
      (void)subsection.readU32();  // the memory's alignment
      shape_.dynamic_linking.table_size = subsection.readU32();
    }
  }

  void readTypes(WasmReader& reader) {
    for (std::uint32_t left = reader.readU32(); left > 0 && reader.isOk(); --left) {
      if (const std::uint8_t form = reader.readByte(); form != kFunctionForm) {
        refuse(fmt::format("a type of form {:#04x} is not known here", form));
      }
      FunctionType type;
      type.parameters = readValueTypes(reader);
      type.results = readValueTypes(reader);
      types_.push_back(std::move(type));
    }
  }

  const FunctionType& typeAt(std::uint32_t index) const {
    if (index >= types_.size()) refuse("an import has a type that isn't there");
    return types_[index];
  }

  void readImports(WasmReader& reader) {
    for (std::uint32_t left = reader.readU32(); left > 0 && reader.isOk(); --left) {
      shape_.imports.push_back(readImport(reader));
    }
  }

  Import readImport(WasmReader& reader) {
    Import import;
    import.module = readString(reader);
    import.name = readString(reader);
    import.kind = static_cast<ImportKind>(reader.readByte());
    switch (import.kind) {
      case ImportKind::kFunction:
        import.function = typeAt(reader.readU32());
        break;
      case ImportKind::kTable:
        import.type = readValueType(reader);
        import.limits = readLimits(reader);
        break;
      case ImportKind::kMemory:
        import.limits = readMemory(reader, shape_.imports.size());
        break;
      case ImportKind::kGlobal:
        import.type = readValueType(reader);
        import.is_mutable = reader.readByte() != 0;
        break;
      case ImportKind::kTag:
        (void)reader.readByte();  // the attribute: 0, an exception
        import.function = typeAt(reader.readU32());
        break;
      default:
        refuse(
            fmt::format("an import of kind {} is not known here", static_cast<int>(import.kind)));
    }
    return import;
  }

  void readMemories(WasmReader& reader) {
    for (std::uint32_t left = reader.readU32(); left > 0 && reader.isOk(); --left) {
      (void)readMemory(reader, std::nullopt);
    }
  }

  Limits readMemory(WasmReader& reader, std::optional<std::size_t> import_index) {
    const std::size_t begin = reader.position();
    const Limits limits = readLimits(reader);
    if (!shape_.memory) {
      shape_.memory = Memory{limits, import_index, {}, begin, reader.position()};
    }
    return limits;
  }

  void readExports(WasmReader& reader) {
    for (std::uint32_t left = reader.readU32(); left > 0 && reader.isOk(); --left) {
      std::string name = readString(reader);
      const auto kind = static_cast<ImportKind>(reader.readByte());
      const std::uint32_t index = reader.readU32();
      if (kind == ImportKind::kMemory && index == 0 && shape_.memory &&
          !shape_.memory->export_name) {
        shape_.memory->export_name = name;
      }
      shape_.export_names.push_back(std::move(name));
    }
  }

  WasmShape shape_;
  std::vector<FunctionType> types_;
};

}  // namespace

WasmShape readShape(std::span<const std::uint8_t> bytes) {
  ShapeReader reader;
  for (const SectionView& section : sectionsOf(bytes)) reader.read(section);
  return reader.take();
}

}  // namespace sigproof::modules
