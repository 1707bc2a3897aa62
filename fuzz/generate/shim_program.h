// Makes a program from input bytes: a module, the ways in which JavaScript makes instances of it,
// and what happens to them afterwards.
//
//   const ShimProgram program = makeShimProgram(source);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/v8/testing/strike.h"
#include "fuzz/spec/protocol_constants.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/support/input_layout.h"
#include "fuzz/wasm/module_plan.h"

namespace sigproof::fuzz {

/// How an instance is asked for. The driver scripts know them by name().
enum class Way : std::uint8_t {
  kNew,                ///< new WebAssembly.Instance(module, imports)
  kReflectConstruct,   ///< Reflect.construct(WebAssembly.Instance, [module, imports], Other)
  kSubclass,           ///< new (class extends WebAssembly.Instance)(module, imports)
  kInstantiateModule,  ///< WebAssembly.instantiate(module, imports)
  kInstantiateBuffer,  ///< WebAssembly.instantiate(arrayBuffer, imports)
  kInstantiateView,    ///< WebAssembly.instantiate(uint8ArrayInALargerBuffer, imports)
  kCallConstructor,    ///< WebAssembly.Instance(module, imports), which throws
};
inline constexpr unsigned kWayCount = 7;
const char* name(Way way) noexcept;
/// Else it takes a Module, and the engine compiles nothing.
bool takesBytes(Way way) noexcept;

/// What the import object is made of. The driver scripts know them by name().
enum class ImportStyle : std::uint8_t {
  kPlain,
  kGetters,  ///< accessor properties on both levels
  kProxy,    ///< a Proxy on both levels
  kFrozen,
  kInherited,    ///< properties of the prototypes
  kFreshMemory,  ///< getters, and each read of the memory makes another one
};
inline constexpr unsigned kImportStyleCount = 6;
const char* name(ImportStyle style) noexcept;

const char* name(Strike strike) noexcept;

/// What may be wrong with what the program hands over.
enum class Fault : std::uint8_t {
  kNone,
  kMissingImport,  ///< the last import is undefined
  kBrokenBytes,    ///< a byte of the module was changed, or its end cut off
  kSecondMemory,   ///< the module has one more memory than the engine takes
  kStruck,         ///< a fault injection in the middle of the last instantiation (R10)
  kOlderEncoding,  ///< imported funcref globals as withOlderFuncrefs() writes them
};
inline constexpr std::size_t kFaultCount = 6;

/// A fault injection (R10), at a point where core does something that could fail.
struct StrikePlan {
  Strike kind = Strike::kTerminationRequested;
  int at = 0;  ///< so many such points come before
  bool is_then_found =
      false;  ///< meanwhile Object.prototype has a `then`, which core must go around
};

/// What happens to the instances after they were made.
struct AfterAction {
  enum class Kind : std::uint8_t {
    kDeliver,
    kRenew,
    kMarkTerminated,
    kModuleTerminates,  ///< the module writes a word that is not 0 to its terminated word
    kModuleRevives,     ///< and 0
    kGrow,              ///< memory.grow, from JavaScript
    kPoll,              ///< an exported function of the module reads its own word
    kCollect,           ///< an instance is dropped and garbage collected, its memory is not
  };
  Kind kind = Kind::kDeliver;
  std::uint32_t instance = 0;  ///< modulo the number of instances
  std::uint32_t pages = 0;     ///< kGrow
};
inline constexpr std::size_t kAfterActionKindCount = 8;
const char* name(AfterAction::Kind kind) noexcept;

struct ShimProgram {
  /// One more than the registry of the target takes, and one again.
  static constexpr std::uint32_t kMaxInstances = 6;
  /// Entries that the registry of the target takes.
  static constexpr std::size_t kMaxEntries = 4;
  static constexpr std::uint32_t kMaxAfterActions = 6;
  /// Bytes of the input, before and after those of the module.
  static constexpr std::size_t kHeadBytes = 24;
  static constexpr std::size_t kPrefillBytes = 32;
  static constexpr std::size_t kAfterBytes = 5;  ///< each
  static constexpr std::array<std::size_t, 7> kSections{kHeadBytes,
                                                        ModulePlan::kMemoryBytes,
                                                        ModulePlan::kWordsBytes,
                                                        ModulePlan::kGlobalsBytes,
                                                        ModulePlan::kExportsBytes,
                                                        ModulePlan::kContentsBytes,
                                                        kPrefillBytes};
  static constexpr InputLayout inputLayout() {
    return {.sections = kSections, .record_bytes = kAfterBytes, .max_records = kMaxAfterActions};
  }

  specified::Protocol protocol = specified::Protocol::kAddress;
  ModulePlan module;
  std::vector<Way> ways;  ///< one for each instance
  ImportStyle imports = ImportStyle::kPlain;
  /// A Memory in the import object that is memory 0 of nothing: no import names it, or those of
  /// externref globals do. It must never be touched (R5).
  bool has_decoy_memory = false;
  /// What the host put into an imported memory before: at the address (all instances share it).
  std::vector<DataPlan> prefill;
  Fault fault = Fault::kNone;
  /// Which import or byte; for a fault injection see strikeOf().
  std::uint32_t fault_position = 0;
  /// Whether the engine compiles bytes in the background (host::EngineFlags::async_compilation).
  bool is_in_background = false;
  std::vector<AfterAction> after;
  /// Whether garbage is collected at the end, and every entry must be gone by itself.
  bool is_collected_at_end = false;
};

/// One line for people.
std::string describe(const ShimProgram& program);

ShimProgram makeShimProgram(ByteSource& source);

/// Precondition: the fault is kStruck.
StrikePlan strikeOf(const ShimProgram& program);

/// The bytes that the program hands over: `module`, broken or added to where its fault is that.
std::vector<std::uint8_t> withFault(const ShimProgram& program,
                                    const std::vector<std::uint8_t>& module);

}  // namespace sigproof::fuzz
