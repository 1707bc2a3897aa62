// Reads from a module's own sections what the check of it must know: its types, what it imports,
// where its memory 0 is.
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

#include "fuzz/wasm/binary/value_type.h"

namespace sigproof::modules {

/// The module is truncated, is none at all, or uses a form that this reader doesn't know. what() is
/// one sentence.
class UnreadableModule : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using fuzz::ValueType;

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

/// One import. Each of the last members holds for the kinds that stand beside it.
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

/// The space that a side module of a dynamic linker asks of its host (section "dylink.0"); zeroes
/// for any other module.
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

}  // namespace sigproof::modules
