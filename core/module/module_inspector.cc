#include "core/module/module_inspector.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/module/internal/byte_reader.h"

namespace sigproof {
namespace {

constexpr std::array<std::uint8_t, 8> kMagicAndVersion{0x00, 'a', 's', 'm', 1, 0, 0, 0};

enum SectionId : std::uint8_t {
  kImportSection = 2,
  kMemorySection = 5,
  kGlobalSection = 6,
  kExportSection = 7,
  kStartSection = 8,
  kDataCountSection = 12,
};

// Kinds of imports and exports, with the binary format's numbers.
enum ExternalKind : std::uint8_t {
  kFunction = 0,
  kTable = 1,
  kMemory = 2,
  kGlobal = 3,
  kTag = 4,
};

// The value types that the inspector distinguishes, with the binary format's numbers.
constexpr std::uint8_t kNoType = 0;
constexpr std::uint8_t kI32 = 0x7F;
constexpr std::uint8_t kI64 = 0x7E;
// One-byte types run from i32 down to this one, through the vector, packed and reference types.
constexpr std::uint8_t kLastOneByteType = 0x66;
constexpr std::uint8_t kShared = 0x65;
constexpr std::uint8_t kReference = 0x64;
constexpr std::uint8_t kNullableReference = 0x63;
constexpr std::uint8_t kExact = 0x62;

// The sections that the inspector reads. A member is empty where the module lacks the section.
struct Sections {
  std::optional<ByteReader> imports;
  std::optional<ByteReader> memories;
  std::optional<ByteReader> globals;
  std::optional<ByteReader> exports;
};

struct Export {
  std::uint8_t kind;
  std::uint32_t index;
};

struct Exports {
  std::optional<Export> signal;
  std::optional<Export> terminated;
  std::optional<std::string_view> memory0;
};

// A global whose type is wanted. readGlobals() fills it in when it passes the declaration.
struct WantedGlobal {
  std::optional<std::uint32_t> index;
  std::uint8_t type = kNoType;

  void offer(std::uint64_t declared_index, std::uint8_t declared_type) {
    if (index == declared_index) type = declared_type;
  }
  bool isOpen() const { return index && type == kNoType; }
};

struct Memory0 {
  bool exists = false;
  bool is_64 = false;
  std::optional<std::uint32_t> import_index;
};

// What the inspector looks for in the declarations before the exports.
struct Declarations {
  WantedGlobal signal;
  WantedGlobal terminated;
  Memory0 memory0;
  std::uint32_t imported_globals = 0;

  void offerGlobal(std::uint64_t index, std::uint8_t type) {
    signal.offer(index, type);
    terminated.offer(index, type);
  }
};

// --- pieces of the binary format ----------------------------------------------------------------

void skipHeapType(ByteReader& reader) {
  const std::uint8_t prefix = reader.peekByte();
  if (prefix == kShared || prefix == kExact) reader.readByte();
  reader.skipSigned(33);
}

// Returns the type if it is one byte; otherwise the first byte of the type.
std::uint8_t readValueType(ByteReader& reader) {
  const std::uint8_t type = reader.readByte();
  if (type == kReference || type == kNullableReference || type == kShared) {
    skipHeapType(reader);
  } else if (type < kLastOneByteType || type > kI32) {
    reader.fail();
  }
  return type;
}

// Returns the value's type. Ignores the flags for mutable (1) and shared (2).
std::uint8_t readGlobalType(ByteReader& reader) {
  const std::uint8_t type = readValueType(reader);
  constexpr std::uint8_t kKnownFlags = 1 | 2;
  if ((reader.readByte() & ~kKnownFlags) != 0) reader.fail();
  return type;
}

// Reads the limits of a memory or table. Returns whether its addresses have 64 bits.
bool readLimits(ByteReader& reader) {
  constexpr std::uint8_t kHasMaximum = 1;
  constexpr std::uint8_t kIsShared = 2;
  constexpr std::uint8_t kIs64 = 4;
  constexpr std::uint8_t kHasPageSize = 8;
  const std::uint8_t flags = reader.readByte();
  if ((flags & ~(kHasMaximum | kIsShared | kIs64 | kHasPageSize)) != 0) reader.fail();
  reader.readU64();
  if ((flags & kHasMaximum) != 0) reader.readU64();
  if ((flags & kHasPageSize) != 0) reader.readU32();
  return (flags & kIs64) != 0;
}

// Skips an operation of the garbage-collection proposal that an initial value may use.
void skipGcOperation(ByteReader& reader) {
  constexpr std::uint32_t kArrayNewFixed = 0x08;
  switch (reader.readU32()) {
    case 0x00:  // struct.new
    case 0x01:  // struct.new_default
    case 0x06:  // array.new
    case 0x07:  // array.new_default
    case 0x20:  // struct.new_desc
    case 0x21:  // struct.new_default_desc
      reader.readU32();
      return;
    case kArrayNewFixed:
      reader.readU32();
      reader.readU32();
      return;
    case 0x1A:  // any.convert_extern
    case 0x1B:  // extern.convert_any
    case 0x1C:  // ref.i31
      return;
    default:
      reader.fail();
  }
}

void skipVectorOperation(ByteReader& reader) {
  constexpr std::uint32_t kV128Const = 0x0C;
  constexpr std::uint64_t kV128SizeBytes = 16;
  if (reader.readU32() != kV128Const) reader.fail();
  reader.readBytes(kV128SizeBytes);
}

// Skips one operation of an initial value. Returns whether it was the `end`.
bool skipConstantOperation(ByteReader& reader) {
  switch (reader.readByte()) {
    case 0x0B:  // end
      return true;
    case 0x41:  // i32.const
      reader.skipSigned(32);
      break;
    case 0x42:  // i64.const
      reader.skipSigned(64);
      break;
    case 0x43:  // f32.const
      reader.readBytes(4);
      break;
    case 0x44:  // f64.const
      reader.readBytes(8);
      break;
    case 0x23:  // global.get
    case 0xD2:  // ref.func
      reader.readU32();
      break;
    case 0xD0:  // ref.null
      skipHeapType(reader);
      break;
    case 0x6A:  // i32.add
    case 0x6B:  // i32.sub
    case 0x6C:  // i32.mul
    case 0x7C:  // i64.add
    case 0x7D:  // i64.sub
    case 0x7E:  // i64.mul
      break;
    case 0xFB:
      skipGcOperation(reader);
      break;
    case 0xFD:
      skipVectorOperation(reader);
      break;
    default:
      reader.fail();
  }
  return false;
}

void skipConstantExpression(ByteReader& reader) {
  while (!skipConstantOperation(reader) && reader.isOk()) {
  }
}

// --- sections -----------------------------------------------------------------------------------

std::optional<ByteReader>* slotFor(Sections& sections, std::uint8_t id) {
  switch (id) {
    case kImportSection:
      return &sections.imports;
    case kMemorySection:
      return &sections.memories;
    case kGlobalSection:
      return &sections.globals;
    case kExportSection:
      return &sections.exports;
    default:
      return nullptr;
  }
}

// Finds the sections up to the exports, or up to the place where exports would be.
Sections findSections(ByteReader& module) {
  Sections sections;
  if (!std::ranges::equal(module.readBytes(kMagicAndVersion.size()), kMagicAndVersion)) {
    module.fail();
  }
  while (!module.isAtEnd() && !sections.exports) {
    const std::uint8_t id = module.readByte();
    if (id >= kStartSection && id <= kDataCountSection) break;
    const auto contents = module.readBytes(module.readU32());
    if (!module.isOk()) break;
    std::optional<ByteReader>* slot = slotFor(sections, id);
    if (slot == nullptr) continue;
    if (*slot) module.fail();
    slot->emplace(contents);
  }
  return sections;
}

Exports readExports(ByteReader& reader, const SignalProtocol& protocol) {
  Exports exports;
  const std::uint32_t count = reader.readU32();
  for (std::uint32_t i = 0; i < count && reader.isOk(); ++i) {
    const std::string_view name = reader.readName();
    const Export entry{.kind = reader.readByte(), .index = reader.readU32()};
    if (name == protocol.signal_name) exports.signal = entry;
    if (name == protocol.terminated_name) exports.terminated = entry;
    if (entry.kind == kMemory && entry.index == 0 && !exports.memory0) exports.memory0 = name;
  }
  return exports;
}

void readImports(ByteReader& reader, Declarations& found) {
  const std::uint32_t count = reader.readU32();
  for (std::uint32_t i = 0; i < count && reader.isOk(); ++i) {
    reader.readName();
    reader.readName();
    switch (reader.readByte()) {
      case kFunction:
        reader.readU32();
        break;
      case kTable:
        readValueType(reader);
        readLimits(reader);
        break;
      case kMemory: {
        const bool is_64 = readLimits(reader);
        if (!found.memory0.exists) found.memory0 = {true, is_64, i};
        break;
      }
      case kGlobal:
        found.offerGlobal(found.imported_globals++, readGlobalType(reader));
        break;
      case kTag:
        reader.readByte();
        reader.readU32();
        break;
      default:
        reader.fail();
    }
  }
}

void readMemories(ByteReader& reader, Declarations& found) {
  if (found.memory0.exists) return;
  const std::uint32_t count = reader.readU32();
  if (count == 0) return;
  found.memory0 = {true, readLimits(reader), std::nullopt};
}

// Walks the globals until it has passed every wanted one.
void readGlobals(ByteReader& reader, Declarations& found) {
  const std::uint64_t end = std::uint64_t{found.imported_globals} + reader.readU32();
  for (std::uint64_t i = found.imported_globals; i < end && reader.isOk(); ++i) {
    if (!found.signal.isOpen() && !found.terminated.isOpen()) return;
    found.offerGlobal(i, readGlobalType(reader));
    skipConstantExpression(reader);
  }
}

std::optional<std::uint32_t> globalIndex(const std::optional<Export>& entry) {
  if (!entry || entry->kind != kGlobal) return std::nullopt;
  return entry->index;
}

// Returns nothing if the sections are malformed.
std::optional<Declarations> readDeclarations(Sections& sections, const Exports& exports) {
  Declarations found;
  found.signal.index = globalIndex(exports.signal);
  found.terminated.index = globalIndex(exports.terminated);
  const auto is_read = [&](std::optional<ByteReader>& section, auto read) {
    if (!section) return true;
    read(*section, found);
    return section->isOk();
  };
  if (!is_read(sections.imports, readImports) || !is_read(sections.memories, readMemories) ||
      !is_read(sections.globals, readGlobals) || found.signal.isOpen() ||
      found.terminated.isOpen()) {
    return std::nullopt;
  }
  return found;
}

RegistrationOutcome judge(const ModuleInspection& found, const Exports& exports,
                          const SignalProtocol& protocol, const Memory0& memory0) {
  const bool is_met = (found.has_signal || found.has_terminated) &&
                      (found.has_signal || !protocol.is_signal_required) &&
                      (found.has_terminated || !protocol.is_terminated_required);
  if (!is_met) {
    const bool has_wrong_type = found.has_signal != exports.signal.has_value() ||
                                found.has_terminated != exports.terminated.has_value();
    if (has_wrong_type) return RegistrationOutcome::kWrongType;
    return RegistrationOutcome::kIncomplete;
  }
  if (!memory0.exists || (!found.memory_export && !memory0.import_index)) {
    return RegistrationOutcome::kNoReachableMemory;
  }
  return RegistrationOutcome::kRegistered;
}

}  // namespace

ModuleInspection inspectModule(std::span<const std::uint8_t> wire_bytes,
                               const SignalProtocol& protocol) {
  ModuleInspection found;
  ByteReader module(wire_bytes);
  Sections sections = findSections(module);
  if (!module.isOk()) return found;

  Exports exports;
  if (sections.exports) {
    exports = readExports(*sections.exports, protocol);
    if (!sections.exports->isOk()) return found;
  }
  if (!exports.signal && !exports.terminated) {
    found.outcome = RegistrationOutcome::kNotOptedIn;
    return found;
  }

  const auto declarations = readDeclarations(sections, exports);
  if (!declarations) return found;
  const Memory0& memory0 = declarations->memory0;
  const std::uint8_t address_type = memory0.is_64 ? kI64 : kI32;
  found.has_signal = declarations->signal.type == address_type;
  found.has_terminated = declarations->terminated.type == address_type;
  found.is_memory64 = memory0.is_64;
  found.memory_import_index = memory0.import_index;
  if (exports.memory0) found.memory_export.emplace(*exports.memory0);
  found.outcome = judge(found, exports, protocol, memory0);
  return found;
}

}  // namespace sigproof
