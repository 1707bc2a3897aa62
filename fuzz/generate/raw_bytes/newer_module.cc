#include "fuzz/generate/raw_bytes/newer_module.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "fuzz/wasm/binary/leb128.h"
#include "fuzz/wasm/binary/wasm_bytes.h"

namespace sigproof::fuzz {
// A namespace of its own: unity builds compile this file with others that have these names too.
namespace newer_module {
namespace {

using Bytes = std::vector<std::uint8_t>;

enum ExternalKind : std::uint8_t { kFunction, kTable, kMemory, kGlobal, kTag };

constexpr std::uint8_t kI32 = 0x7F;
constexpr std::uint8_t kI64 = 0x7E;
constexpr std::uint32_t kMaxImports = 4;
constexpr std::uint32_t kMaxGlobals = 6;
// Rare enough that most modules are read to their end.
constexpr std::uint32_t kFaultRarity = 48;

class NewerModuleWriter {
 public:
  explicit NewerModuleWriter(ByteSource& source) : source_(source) {}

  NewerModule write(specified::Protocol protocol) {
    const Bytes imports = importSection();
    const Bytes memories = memorySection();
    const Bytes globals = globalSection();
    result_.bytes.assign(kWasmHeader.begin(), kWasmHeader.end());
    addSection(SectionId::kType, {2, 0x60, 0, 0, 0x60, 1, kI32, 0});
    addSection(SectionId::kImport, imports);
    addSection(SectionId::kMemory, memories);
    if (source_.oneIn(4)) addSection(SectionId::kTag, {1, 0, 0});
    addSection(SectionId::kGlobal, globals);
    addSection(SectionId::kExport, exportSection(protocol));
    return std::move(result_);
  }

 private:
  static void put(Bytes& to, std::initializer_list<std::uint8_t> bytes) {
    to.insert(to.end(), bytes);
  }
  static void put(Bytes& to, const Bytes& bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
  }

  // One in eight has as many bytes as the format allows.
  void number(Bytes& to, std::uint32_t value) {
    appendUnsigned(to, value, source_.oneIn(8) ? kLongestLeb32 : 1);
  }

  void name(Bytes& to, std::string_view text) {
    number(to, static_cast<std::uint32_t>(text.size()));
    to.insert(to.end(), text.begin(), text.end());
  }

  // Whether to write what no proposal allows.
  bool isFault() {
    const bool is_fault = source_.oneIn(kFaultRarity);
    if (is_fault) result_.is_well_formed = false;
    return is_fault;
  }

  // Rarely, the end is missing: the reader of a section must not go on behind it.
  void addSection(SectionId id, Bytes content) {
    const auto size = static_cast<std::uint32_t>(content.size());
    if (size > 1 && isFault()) content.resize(source_.below(size));
    result_.bytes.push_back(static_cast<std::uint8_t>(id));
    number(result_.bytes, static_cast<std::uint32_t>(content.size()));
    put(result_.bytes, content);
  }

  void heapType(Bytes& to) {
    if (source_.oneIn(4)) to.push_back(source_.pick<std::uint8_t>({0x65, 0x62}));  // shared, exact
    put(to, source_.pick<Bytes>({{0x70}, {0x6F}, {0x6E}, {0x6B}, {0x00}, {0x01}, {0x80, 0x01}}));
  }

  std::uint8_t valueType(Bytes& to) {
    if (isFault()) return put(to, {0x40}), 0;
    const auto type = source_.pick<std::uint8_t>(
        {kI32, kI64, 0x7D, 0x7C, 0x7B, 0x70, 0x6F, 0x6E, 0x64, 0x63, 0x65, 0x66});
    to.push_back(type);
    if (type == 0x63 || type == 0x64 || type == 0x65) heapType(to);
    return type;
  }

  void globalType(Bytes& to) {
    valueType(to);
    to.push_back(isFault() ? 4 : source_.pick<std::uint8_t>({0, 1, 0, 1, 2, 3}));
  }

  bool limits(Bytes& to) {
    const auto flags =
        isFault() ? std::uint8_t{0x10} : source_.pick<std::uint8_t>({0, 1, 3, 0, 1, 4, 5, 7, 8, 9});
    to.push_back(flags);
    number(to, 1);
    if ((flags & 1) != 0) number(to, 2);
    if ((flags & 8) != 0) number(to, source_.pick({0U, 16U}));
    return (flags & 4) != 0;
  }

  void memory(Bytes& to) {
    const bool is_64 = limits(to);
    if (!result_.has_memory) result_.is_memory64 = is_64;
    result_.has_memory = true;
  }

  Bytes importSection() {
    Bytes section;
    const std::uint32_t count = source_.below(kMaxImports + 1);
    number(section, count);
    for (std::uint32_t i = 0; i < count; ++i) {
      name(section, "m");
      name(section, source_.pick<std::string_view>({"", "a", "memory"}));
      importOf(source_.pick({kFunction, kTable, kMemory, kGlobal, kTag, kMemory}), section);
    }
    return section;
  }

  void importOf(ExternalKind kind, Bytes& section) {
    section.push_back(isFault() ? 5 : kind);
    switch (kind) {
      case kFunction:
        number(section, 0);
        break;
      case kTable:
        valueType(section);
        limits(section);
        break;
      case kMemory:
        memory(section);
        break;
      case kGlobal:
        globalType(section);
        ++global_count_;
        break;
      case kTag:
        section.push_back(0);
        number(section, 0);
        break;
    }
  }

  Bytes memorySection() {
    Bytes section;
    const std::uint32_t count = source_.pick({1U, 0U, 1U, 2U});
    number(section, count);
    for (std::uint32_t i = 0; i < count; ++i) memory(section);
    return section;
  }

  void operation(Bytes& to) {
    switch (source_.below(11)) {
      case 0:
        put(to, {0x41});  // i32.const, with its sign bit repeated
        put(to, source_.pick<Bytes>({{0x10}, {0x80, 0x01}, {0x80, 0x80, 0x80, 0x80, 0x78}}));
        return;
      case 1:
        put(to, {0x42});  // i64.const
        put(to, source_.pick<Bytes>({{0x10}, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}}));
        return;
      case 2:
        put(to, {0x43, 0, 0, 0xC0, 0x7F});  // f32.const
        return;
      case 3:
        put(to, {0x44, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F});  // f64.const
        return;
      case 4:
        put(to, {source_.pick<std::uint8_t>({0x23, 0xD2})});  // global.get, ref.func
        number(to, source_.pick({0U, 200U}));
        return;
      case 5:
        put(to, {0xD0});  // ref.null
        heapType(to);
        return;
      case 6:  // i32.add, .sub, .mul, i64.add, .sub, .mul
        put(to, {source_.pick<std::uint8_t>({0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E})});
        return;
      case 7:
      case 8:
        return gcOperation(to);
      case 9:
        put(to, {0xFD});
        number(to, isFault() ? 0x0F : 0x0C);  // v128.const
        put(to, Bytes(16, kEndCode));
        return;
      default:
        badOperation(to);
    }
  }

  void gcOperation(Bytes& to) {
    constexpr std::uint32_t kArrayNewFixed = 0x08;
    const auto code = source_.pick<std::uint32_t>(
        {0x00, 0x01, 0x06, 0x07, 0x20, 0x21, kArrayNewFixed, 0x1A, 0x1B, 0x1C});
    put(to, {0xFB});
    number(to, isFault() ? 0x02 : code);
    if (code >= 0x1A && code <= 0x1C) return;
    number(to, 1);
    if (code == kArrayNewFixed) number(to, 2);
  }

  // An operation that no initial value may have, or a number with bits beyond its type.
  void badOperation(Bytes& to) {
    if (!isFault()) return;
    put(to, source_.pick<Bytes>({{0x6D},
                                 {0x41, 0x80, 0x80, 0x80, 0x80, 0x10},
                                 {0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00},
                                 {0xD0, 0x80, 0x80, 0x80, 0x80, 0x40}}));
  }

  // The globals that the exports name are the last two.
  Bytes globalSection() {
    Bytes section;
    const std::uint32_t count = source_.below(kMaxGlobals + 1);
    number(section, count + 2);
    for (std::uint32_t i = 0; i < count; ++i) {
      globalType(section);
      for (std::uint32_t length = 1 + source_.below(3); length > 0; --length) operation(section);
      section.push_back(kEndCode);
    }
    global_count_ += count;
    for (const std::uint8_t address : std::initializer_list<std::uint8_t>{16, 24}) {
      put(section, {addressType(), 0, std::uint8_t(result_.is_memory64 ? 0x42 : 0x41), address});
      section.push_back(kEndCode);
    }
    return section;
  }

  std::uint8_t addressType() const { return result_.is_memory64 ? kI64 : kI32; }

  Bytes exportSection(specified::Protocol protocol) {
    const auto [signal, terminated] = specified::names(protocol);
    Bytes section;
    number(section, result_.has_memory ? 3 : 2);
    name(section, signal);
    section.push_back(kGlobal);
    number(section, global_count_);
    name(section, terminated);
    section.push_back(kGlobal);
    number(section, global_count_ + 1);
    if (result_.has_memory) {
      name(section, "memory");
      put(section, {kMemory, 0});
    }
    return section;
  }

  ByteSource& source_;
  NewerModule result_;
  std::uint32_t global_count_ = 0;  // in front of those that are exported
};

}  // namespace
}  // namespace newer_module

NewerModule makeNewerModule(ByteSource& source, specified::Protocol protocol) {
  return newer_module::NewerModuleWriter(source).write(protocol);
}

}  // namespace sigproof::fuzz
