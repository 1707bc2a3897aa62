// A WebAssembly module as a plain structure. The writer makes the module from it and the oracle
// works out from it what must happen, so that neither can mislead the other.
//
//   const ModulePlan plan = makeModulePlan(source, specified::Protocol::kAddress);
//   const std::vector<std::uint8_t> bytes = writeModule(plan);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/spec/protocol_constants.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/wasm/binary/value_type.h"

namespace sigproof::fuzz {

inline constexpr std::uint64_t kPageSizeBytes = 65536;

/// In which JavaScript value an imported global is handed over; fuzz/wasm/import_values.h makes it.
/// The number forms all convert to the same i32; the last four convert to 0, which the plan's bits
/// then are. Stored inputs have these numbers: new ones come last.
enum class ImportForm : std::uint8_t {
  kSignedNumber,
  kUnsignedNumber,
  kWrappedNumber,   ///< plus 2^32
  kFractionNumber,  ///< with a fraction, which is cut off
  kGlobalObject,    ///< a WebAssembly.Global
  kNotANumber,
  kInfinity,
  kNegativeInfinity,
  kNegativeZero,
};
inline constexpr std::size_t kImportFormCount = 9;
/// Whether it becomes 0, whatever the bits are.
constexpr bool isZero(ImportForm form) { return form >= ImportForm::kNotANumber; }

struct GlobalPlan {
  ValueType type = ValueType::kI32;
  bool is_mutable = false;
  /// The initial value: an i32 in the low half; f32 and f64 get it as toFloat() says; references
  /// are null.
  std::uint64_t bits = 0;
  bool is_imported = false;
  ImportForm form = ImportForm::kSignedNumber;
  /// Not imported: the initial value is that of this (imported, immutable) global instead of
  /// `bits`.
  std::optional<std::uint32_t> copied_from = {};
};

/// The value of an f32 or f64 for these bits. Half of the values are NaN, an infinity or a
/// fraction, which are no address; the others are the bits as a number.
double toFloat(std::uint64_t bits);

struct WasmMemoryPlan {
  bool is_imported = false;
  bool is_memory64 = false;  ///< never together with is_imported
  bool is_shared = false;    ///< then there is a maximum
  std::uint32_t initial_pages = 0;
  std::optional<std::uint32_t> maximum_pages = {};
  /// What is imported may be larger than what is asked for, and have a smaller maximum.
  std::uint32_t given_pages = 0;
  std::optional<std::uint32_t> given_maximum = {};
};

enum class ExternalKind : std::uint8_t { kFunction, kTable, kMemory, kGlobal };

struct ExportPlan {
  std::string name;
  ExternalKind kind = ExternalKind::kGlobal;
  std::uint32_t index = 0;  ///< of a global, in ModulePlan::globals
};

/// An active segment.
struct DataPlan {
  std::uint64_t address = 0;
  std::vector<std::uint8_t> bytes;
};

/// One thing that the start function does.
struct StartAction {
  enum class Kind : std::uint8_t { kStore, kSetGlobal, kGrow, kTrap };
  Kind kind = Kind::kStore;
  std::uint64_t address = 0;  ///< kStore
  std::uint64_t value = 0;    ///< kStore: the 4 bytes; kSetGlobal: the bits
  std::uint32_t global = 0;   ///< kSetGlobal
  std::uint32_t pages = 0;    ///< kGrow
};

struct ModulePlan {
  /// Bytes of the input, one after the other: a change of one part leaves the others as they are.
  static constexpr std::size_t kMemoryBytes = 16;
  static constexpr std::size_t kWordsBytes = 96;
  static constexpr std::size_t kGlobalsBytes = 64;
  static constexpr std::size_t kExportsBytes = 64;
  static constexpr std::size_t kContentsBytes = 112;

  /// Imported ones come first, as in a module. Their import names are in the same order.
  std::vector<GlobalPlan> globals;
  std::optional<WasmMemoryPlan> memory;
  bool imports_function = false;    ///< moves the memory's place among the imports
  bool imports_table = false;       ///< else the module's own, if it exports one
  std::vector<ExportPlan> exports;  ///< no name twice
  std::vector<DataPlan> data;
  std::vector<StartAction> start;
  /// The exported function kPollName returns the word at this address, as the module sees it.
  std::optional<std::uint64_t> polled = {};

  bool needsTable() const;
};

/// An import: the names under which the module asks for it.
struct ImportName {
  std::string module;
  std::string name;
};
inline constexpr const char* kPollName = "poll";
ImportName globalImportName(std::uint32_t index);
inline const ImportName kMemoryImport{"env", "memory"};
inline const ImportName kFunctionImport{"env", "f"};
inline const ImportName kTableImport{"0", "table"};

/// Takes the bytes of ModulePlan's parts, in their order.
ModulePlan makeModulePlan(ByteSource& input, specified::Protocol protocol);

}  // namespace sigproof::fuzz
