// What the check of a real module must know of it, read from its own sections: its types, what it
// imports, where its memory 0 is.
//
//   const WasmShape shape = readShape(bytes);
//   if (shape.memory.has_value()) print(shape.memory->initial_pages);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace sigproof::modules {

/// The module is truncated, is none at all, or uses a form that this reader doesn't know. what() is
/// one sentence.
class UnreadableModule : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class ValueType : std::uint8_t {
  kI32 = 0x7F,
  kI64 = 0x7E,
  kF32 = 0x7D,
  kF64 = 0x7C,
  kV128 = 0x7B,
  kFuncref = 0x70,
  kExternref = 0x6F,
};

struct FunctionType {
  std::vector<ValueType> parameters;
  std::vector<ValueType> results;
};

/// Of a memory (in pages) or a table (in elements).
struct Limits {
  std::uint64_t initial = 0;
  std::optional<std::uint64_t> maximum;
  bool is_shared = false;
};

enum class ImportKind : std::uint8_t {
  kFunction = 0,
  kTable = 1,
  kMemory = 2,
  kGlobal = 3,
  kTag = 4
};

/// One import. Which of the last members mean something is the kind's to say.
struct Import {
  std::string module;
  std::string name;
  ImportKind kind = ImportKind::kFunction;
  FunctionType function{};               // kFunction, and kTag: its parameters
  Limits limits{};                       // kTable, kMemory
  ValueType type = ValueType::kFuncref;  // kTable, kGlobal
  bool is_mutable = false;               // kGlobal
};

/// Memory of index 0.
struct Memory {
  Limits limits;
  std::optional<std::size_t> import_index;  ///< in WasmShape::imports, where it is imported
  std::optional<std::string> export_name;   ///< the first name under which it is exported
  /// Where its limits stand in the content of the import or the memory section.
  std::size_t limits_begin = 0;
  std::size_t limits_end = 0;
};

/// What a side module of a dynamic linker wants of its host ("dylink.0"); zeroes for any other.
struct DynamicLinking {
  std::uint64_t memory_size_bytes = 0;
  std::uint64_t table_size = 0;
};

struct WasmShape {
  std::vector<Import> imports;
  std::optional<Memory> memory;
  std::vector<std::string> export_names;
  DynamicLinking dynamic_linking;
  bool has_start = false;
};

/// Throws UnreadableModule.
WasmShape readShape(std::span<const std::uint8_t> bytes);

/// The identifiers of a binary's sections that are met by name here.
enum class SectionId : std::uint8_t {
  kCustom = 0,
  kType = 1,
  kImport = 2,
  kFunction = 3,
  kTable = 4,
  kMemory = 5,
  kGlobal = 6,
  kExport = 7,
  kStart = 8,
  kElement = 9,
  kCode = 10,
  kData = 11,
  kDataCount = 12,
  kTag = 13,
};

struct Section {
  SectionId id;
  std::vector<std::uint8_t> content;
};

/// Takes a binary apart. Throws UnreadableModule.
std::vector<Section> readSections(std::span<const std::uint8_t> bytes);

}  // namespace sigproof::modules
