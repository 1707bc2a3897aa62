#include "fuzz/real_modules/wasm_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/module/internal/byte_reader.h"

namespace sigproof::modules {
namespace {

constexpr std::array<std::uint8_t, 8> kHeader{0, 'a', 's', 'm', 1, 0, 0, 0};
constexpr std::uint8_t kFunctionForm = 0x60;
constexpr std::uint8_t kHasMaximum = 1;
constexpr std::uint8_t kIsShared = 2;
constexpr std::uint8_t kMemoryInfo = 1;  // the subsection of "dylink.0" that has the sizes

[[noreturn]] void refuse(std::string_view what) {
  throw UnreadableModule(fmt::format("the module can't be read: {}", what));
}

ValueType readValueType(ByteReader& reader) {
  const std::uint8_t code = reader.readByte();
  switch (const auto type = static_cast<ValueType>(code)) {
    case ValueType::kI32:
    case ValueType::kI64:
    case ValueType::kF32:
    case ValueType::kF64:
    case ValueType::kV128:
    case ValueType::kFuncref:
    case ValueType::kExternref:
      return type;
  }
  refuse(fmt::format("value type {:#04x} is not known here", code));
}

std::vector<ValueType> readValueTypes(ByteReader& reader) {
  std::vector<ValueType> types;
  for (std::uint32_t left = reader.readU32(); left > 0 && reader.isOk(); --left) {
    types.push_back(readValueType(reader));
  }
  return types;
}

Limits readLimits(ByteReader& reader) {
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

std::string readString(ByteReader& reader) { return std::string(reader.readName()); }

// Fills a WasmShape, section by section.
class ShapeReader {
 public:
  void read(const Section& section) {
    content_ = section.content;
    ByteReader reader(section.content);
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
  void readCustom(ByteReader& reader) {
    if (reader.readName() != "dylink.0") return;
    while (reader.isOk() && !reader.isAtEnd()) {
      const std::uint8_t kind = reader.readByte();
      ByteReader subsection(reader.readBytes(reader.readU32()));
      if (kind != kMemoryInfo) continue;
      shape_.dynamic_linking.memory_size_bytes = subsection.readU32();
      (void)subsection.readU32();  // the memory's alignment
      shape_.dynamic_linking.table_size = subsection.readU32();
    }
  }

  void readTypes(ByteReader& reader) {
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

  void readImports(ByteReader& reader) {
    for (std::uint32_t left = reader.readU32(); left > 0 && reader.isOk(); --left) {
      shape_.imports.push_back(readImport(reader));
    }
  }

  Import readImport(ByteReader& reader) {
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

  void readMemories(ByteReader& reader) {
    for (std::uint32_t left = reader.readU32(); left > 0 && reader.isOk(); --left) {
      (void)readMemory(reader, std::nullopt);
    }
  }

  Limits readMemory(ByteReader& reader, std::optional<std::size_t> import_index) {
    const std::size_t begin = positionOf(reader);
    const Limits limits = readLimits(reader);
    if (!shape_.memory) {
      shape_.memory = Memory{limits, import_index, {}, begin, positionOf(reader)};
    }
    return limits;
  }

  std::size_t positionOf(ByteReader& reader) const {
    return static_cast<std::size_t>(reader.readBytes(0).data() - content_.data());
  }

  void readExports(ByteReader& reader) {
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
  std::span<const std::uint8_t> content_;  // of the section that is being read
  std::vector<FunctionType> types_;
};

}  // namespace

WasmShape readShape(std::span<const std::uint8_t> bytes) {
  ShapeReader reader;
  for (const Section& section : readSections(bytes)) reader.read(section);
  return reader.take();
}

std::vector<Section> readSections(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  if (!std::ranges::equal(reader.readBytes(kHeader.size()), kHeader)) {
    refuse("it doesn't begin as a WebAssembly module of version 1 does");
  }
  std::vector<Section> sections;
  while (!reader.isAtEnd()) {
    const auto id = static_cast<SectionId>(reader.readByte());
    const auto content = reader.readBytes(reader.readU32());
    if (!reader.isOk()) {
      refuse(fmt::format("it ends in the middle of section {}", static_cast<int>(id)));
    }
    sections.push_back({id, {content.begin(), content.end()}});
  }
  return sections;
}

}  // namespace sigproof::modules
