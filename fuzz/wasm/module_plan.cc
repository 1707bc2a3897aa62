#include "fuzz/wasm/module_plan.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "fuzz/wasm/global_order.h"

namespace sigproof::fuzz {
namespace {

constexpr std::uint64_t kTwoGiB = std::uint64_t{2} << 30;
constexpr std::uint32_t kPagesOfTwoGiB = 32768;
constexpr std::uint32_t kPagesOfFourGiB = 65536;
// A big memory costs a hundred times a small one, mostly the engine's garbage collections.
constexpr std::uint32_t kOneBigMemoryIn = 200;
constexpr std::uint32_t kNoMaximumOnceIn = 12;

// Names that a lookup might take for the right ones, or that objects treat specially.
std::string nearName(ByteSource& source, std::string_view name) {
  const std::string text(name);
  switch (source.below(10)) {
    case 0:
      return text + " ";
    case 1:
      return text.substr(0, text.size() - 1);
    case 2:
      return "_" + text;
    case 3: {
      std::string upper = text;
      std::ranges::transform(upper, upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      });
      return upper;
    }
    case 4:
      return text + "\xE2\x80\x8B";  // a space of no width
    case 5:
      return "__proto__";
    case 6:
      return "0";
    case 7:
      return "";
    case 8:
      return "then";
    default:
      return text + text;
  }
}

std::uint64_t nearby(ByteSource& source) { return std::uint64_t{source.below(17)} - 8; }

// How long the memory can be when it is asked for the words.
std::uint64_t lengthOf(const std::optional<WasmMemoryPlan>& memory) {
  if (!memory) return 0;
  return std::uint64_t{memory->is_imported ? memory->given_pages : memory->initial_pages} *
         kPageSizeBytes;
}

// In bounds for the most part: with one word outside, nothing else of the module matters.
std::uint64_t makeAddressInside(ByteSource& source, std::uint64_t length) {
  if (source.oneIn(3)) return source.below(64);
  // A big memory is compared at its bounds only.
  if (length >= kTwoGiB) return kTwoGiB + source.below(4096);
  return length == 0 ? 0 : source.u32() % length;
}

std::uint64_t makeAddress(ByteSource& source, std::uint64_t length) {
  enum class Cluster : std::uint8_t { kInside, kEnd, kNextPage, kTwoGiB, kTop, kAny, kZero };
  const auto cluster =
      source.oneIn(5)
          ? source.pick({Cluster::kEnd, Cluster::kTwoGiB, Cluster::kTop, Cluster::kNextPage,
                         Cluster::kEnd, Cluster::kAny, Cluster::kEnd, Cluster::kZero})
          : Cluster::kInside;
  switch (cluster) {
    case Cluster::kInside:
      return makeAddressInside(source, length);
    case Cluster::kEnd:
      return length + nearby(source);
    case Cluster::kNextPage:
      return length + kPageSizeBytes + nearby(source);
    case Cluster::kTwoGiB:
      return kTwoGiB + nearby(source);
    case Cluster::kTop: {
      const std::uint64_t top = std::uint64_t{1} << (source.oneIn(4) ? 63 : 32);
      return top - source.below(9);
    }
    case Cluster::kAny:
      return source.u64();
    case Cluster::kZero:
      return 0;
  }
  return 0;
}

// Half of the pairs are laid out as a linker would, or a few bytes off; half are independent.
std::uint64_t makeSecondAddress(ByteSource& source, std::uint64_t length, std::uint64_t first) {
  if (source.oneIn(2)) return makeAddress(source, length);
  const auto distance = source.pick<std::uint64_t>({4, 8, 5, 4, 16, 6, 4, 3, 1, 0, 12, 4});
  return source.oneIn(4) ? first - distance : first + distance;
}

// Few, because each page is compared several times a run.
std::uint32_t makePages(ByteSource& source) {
  return source.pick<std::uint32_t>({1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 0, 4, 1, 1, 1, 2});
}

// Mostly with one: without it the engine reserves 4 GiB of addresses, and AddressSanitizer as much
// of its own for them, which takes longer than all the rest of an instantiation.
std::optional<std::uint32_t> makeMaximum(ByteSource& source, std::uint32_t pages, bool is_needed) {
  if (!is_needed && source.oneIn(kNoMaximumOnceIn)) return std::nullopt;
  return pages + source.below(3);
}

std::optional<WasmMemoryPlan> makeMemory(ByteSource& source, bool is_big) {
  if (source.oneIn(24)) return std::nullopt;
  WasmMemoryPlan memory;
  memory.is_imported = source.oneIn(3);
  memory.is_memory64 = !memory.is_imported && source.oneIn(12);
  memory.is_shared = !memory.is_memory64 && source.oneIn(12);
  if (is_big) {
    memory.initial_pages = source.pick({kPagesOfTwoGiB + 1, kPagesOfTwoGiB, kPagesOfFourGiB});
    memory.given_pages = memory.initial_pages;
    if (memory.is_shared) memory.maximum_pages = memory.given_maximum = memory.initial_pages;
    return memory;
  }
  memory.initial_pages = makePages(source);
  memory.maximum_pages = makeMaximum(source, memory.initial_pages, memory.is_shared);
  if (!memory.is_imported) return memory;
  memory.given_pages = memory.initial_pages + (source.oneIn(4) ? 1 : 0);
  memory.given_maximum = memory.maximum_pages;
  if (memory.maximum_pages) {
    memory.given_pages = std::min(memory.given_pages, *memory.maximum_pages);
  } else {
    memory.given_maximum = makeMaximum(source, memory.given_pages, false);
  }
  return memory;
}

ValueType makeOtherType(ByteSource& source) {
  return source.pick({ValueType::kI64, ValueType::kF32, ValueType::kI32, ValueType::kF64,
                      ValueType::kV128, ValueType::kFuncref, ValueType::kExternref});
}

bool isNumeric(ValueType type) {
  return type == ValueType::kI32 || type == ValueType::kI64 || type == ValueType::kF32 ||
         type == ValueType::kF64;
}

void makeImported(ByteSource& source, GlobalPlan& global) {
  if (global.type == ValueType::kV128) return;  // JavaScript has no value for it
  global.is_imported = true;
  global.form = source.pick(
      {ImportForm::kSignedNumber, ImportForm::kUnsignedNumber, ImportForm::kGlobalObject,
       ImportForm::kWrappedNumber, ImportForm::kFractionNumber, ImportForm::kGlobalObject,
       ImportForm::kSignedNumber, ImportForm::kUnsignedNumber, ImportForm::kNotANumber,
       ImportForm::kInfinity, ImportForm::kNegativeInfinity, ImportForm::kNegativeZero});
  if (global.type != ValueType::kI32 && isZero(global.form))
    global.form = ImportForm::kSignedNumber;
  // A number can't stand for a mutable one, nor for an i64 (a BigInt does, always).
  if (global.is_mutable) global.form = ImportForm::kGlobalObject;
  if (isZero(global.form)) global.bits = 0;
}

// Any name is legal. What JavaScript or a lookup treats specially, and what people write.
std::string makeMemoryName(ByteSource& source, const specified::ProtocolNames& names) {
  switch (source.below(16)) {
    case 0:
      return "m";
    case 1:
      return "0";
    case 2:
      return "__proto__";
    case 3:
      return "";
    case 4:
      return "m\xC3\xA9moire \xF0\x9F\x92\xBE";
    case 5:
      return "Memory";
    case 6:
      return "constructor";
    case 7:
      return nearName(source, source.oneIn(2) ? names.signal : names.terminated);
    case 8:
      return "memory\n";
    default:
      return "memory";
  }
}

// Adds globals in any order, and brings them into a module's order at the end.
class Builder {
 public:
  Builder(ByteSource& input, specified::Protocol protocol)
      : input_(input), names_(specified::names(protocol)), other_names_(other(protocol)) {}

  ModulePlan build() {
    const bool is_big = input_.isRare(kOneBigMemoryIn);
    source_ = input_.take(ModulePlan::kMemoryBytes);
    plan_.memory = makeMemory(source_, is_big);
    plan_.imports_function = source_.oneIn(8);
    plan_.imports_table = source_.oneIn(12);
    length_ = lengthOf(plan_.memory);

    source_ = input_.take(ModulePlan::kWordsBytes);
    if (source_.oneIn(4)) addOtherGlobal();
    addWords();

    source_ = input_.take(ModulePlan::kGlobalsBytes);
    for (std::uint32_t i = source_.below(4); i > 0; --i) addOtherGlobal();

    source_ = input_.take(ModulePlan::kExportsBytes);
    addMemoryExports();
    for (std::uint32_t i = source_.pick({0U, 0U, 0U, 1U, 2U}); i > 0; --i) addNearExport();
    addPoll();

    source_ = input_.take(ModulePlan::kContentsBytes);
    for (std::uint32_t i = source_.pick({0U, 0U, 1U, 2U, 0U, 0U}); i > 0; --i) addData();
    if (source_.oneIn(4)) addStart();
    bringImportsToFront(plan_);
    return std::move(plan_);
  }

 private:
  static specified::ProtocolNames other(specified::Protocol protocol) {
    return specified::names(protocol == specified::Protocol::kAddress
                                ? specified::Protocol::kInstance
                                : specified::Protocol::kAddress);
  }

  ValueType addressType() const {
    return plan_.memory && plan_.memory->is_memory64 ? ValueType::kI64 : ValueType::kI32;
  }

  std::uint32_t addGlobal(const GlobalPlan& global) {
    plan_.globals.push_back(global);
    return static_cast<std::uint32_t>(plan_.globals.size() - 1);
  }

  std::uint32_t addOtherGlobal() {
    GlobalPlan global{.type = makeOtherType(source_), .bits = makeAddress(source_, length_)};
    global.is_mutable = source_.oneIn(2);
    if (source_.oneIn(3)) makeImported(source_, global);
    return addGlobal(global);
  }

  // A global that holds an address in the end; how it gets there varies.
  std::uint32_t addWordGlobal(std::uint64_t address) {
    GlobalPlan global{.type = addressType(), .bits = address};
    if (source_.oneIn(40)) global.type = makeOtherType(source_);
    global.is_mutable = source_.oneIn(4);
    const bool is_set_at_start = global.is_mutable && isNumeric(global.type) && source_.oneIn(2);
    if (is_set_at_start) global.bits = source_.below(256);
    if (source_.oneIn(4)) makeImported(source_, global);
    if (!global.is_imported && isNumeric(global.type) && source_.oneIn(12)) {
      GlobalPlan original = global;
      original.is_mutable = false;
      makeImported(source_, original);
      global.copied_from = addGlobal(original);
    }
    const std::uint32_t index = addGlobal(global);
    if (is_set_at_start) {
      plan_.start.push_back(
          {.kind = StartAction::Kind::kSetGlobal, .value = address, .global = index});
    }
    return index;
  }

  void addExport(std::string name, ExternalKind kind, std::uint32_t index) {
    if (kind == ExternalKind::kMemory && !plan_.memory) kind = ExternalKind::kFunction;
    const bool is_taken =
        std::ranges::any_of(plan_.exports, [&](const auto& other) { return other.name == name; });
    if (!is_taken) plan_.exports.push_back({std::move(name), kind, index});
  }

  void addWordExport(std::string_view name, std::uint64_t address) {
    const std::uint32_t index = addWordGlobal(address);
    if (source_.oneIn(24)) return;  // there, but not exported
    const auto kind =
        source_.oneIn(20)
            ? source_.pick({ExternalKind::kFunction, ExternalKind::kTable, ExternalKind::kMemory})
            : ExternalKind::kGlobal;
    addExport(source_.oneIn(64) ? nearName(source_, name) : std::string(name), kind, index);
  }

  void addWords() {
    signal_ = makeAddress(source_, length_);
    terminated_ = makeSecondAddress(source_, length_, signal_);
    if (source_.oneIn(24)) return;  // as most programs do
    const bool has_signal = !source_.oneIn(40);
    const bool has_terminated = !source_.oneIn(40);
    const bool is_swapped = source_.oneIn(2);
    if (is_swapped && has_terminated) addWordExport(names_.terminated, terminated_);
    if (has_signal) addWordExport(names_.signal, signal_);
    if (!is_swapped && has_terminated) addWordExport(names_.terminated, terminated_);
  }

  void addMemoryExports() {
    if (!plan_.memory || source_.oneIn(plan_.memory->is_imported ? 2 : 16)) return;
    addExport(makeMemoryName(source_, names_), ExternalKind::kMemory, 0);
    if (source_.oneIn(8)) addExport(makeMemoryName(source_, names_), ExternalKind::kMemory, 0);
  }

  // A module that listens reads its signal word now and then.
  void addPoll() {
    if (!plan_.memory || !source_.oneIn(4)) return;
    const bool is_taken = std::ranges::any_of(
        plan_.exports, [](const auto& other) { return other.name == kPollName; });
    if (!is_taken) plan_.polled = source_.oneIn(4) ? makeAddress(source_, length_) : signal_;
  }

  void addNearExport() {
    const auto name = source_.pick({names_.signal, names_.terminated});
    const auto kind =
        source_.pick({ExternalKind::kGlobal, ExternalKind::kGlobal, ExternalKind::kFunction,
                      ExternalKind::kTable, ExternalKind::kMemory});
    const std::uint32_t index = kind == ExternalKind::kGlobal ? addOtherGlobal() : 0;
    if (source_.oneIn(3)) {
      addExport(std::string(source_.pick({other_names_.signal, other_names_.terminated})), kind,
                index);
    } else {
      addExport(nearName(source_, name), kind, index);
    }
  }

  std::uint64_t placeNearWords() {
    switch (source_.below(4)) {
      case 0:
        return signal_ - 2 + source_.below(4);
      case 1:
        return terminated_ - 2 + source_.below(4);
      case 2:
        return terminated_ + 4;
      default:
        return makeAddress(source_, length_);
    }
  }

  void addData() {
    if (!plan_.memory) return;
    DataPlan data{.address = placeNearWords(), .bytes = {}};
    for (std::uint32_t i = source_.below(9); i > 0; --i) data.bytes.push_back(source_.byte());
    plan_.data.push_back(std::move(data));
  }

  void addStart() {
    for (std::uint32_t i = 1 + source_.below(3); i > 0; --i) addStartAction();
  }

  void addStartAction() {
    using Kind = StartAction::Kind;
    StartAction action;
    action.kind = source_.pick({Kind::kStore, Kind::kStore, Kind::kStore, Kind::kSetGlobal,
                                Kind::kGrow, Kind::kGrow, Kind::kStore, Kind::kTrap});
    if (action.kind == Kind::kStore || action.kind == Kind::kGrow) {
      if (!plan_.memory) return;
      action.address = placeNearWords();
      action.value = source_.pick({0U, 1U, 24U, source_.u32()});
      action.pages = source_.below(3);
    } else if (action.kind == Kind::kSetGlobal) {
      if (plan_.globals.empty()) return;
      action.global = source_.below(static_cast<std::uint32_t>(plan_.globals.size()));
      const GlobalPlan& global = plan_.globals[action.global];
      if (!global.is_mutable || !isNumeric(global.type)) return;
      action.value = makeAddress(source_, length_);
    } else if (!source_.oneIn(4)) {
      return;  // a few traps are enough
    }
    plan_.start.push_back(action);
  }

  ByteSource& input_;
  ByteSource source_{std::span<const std::uint8_t>{}};  // of the part that is being made
  specified::ProtocolNames names_;
  specified::ProtocolNames other_names_;
  ModulePlan plan_;
  std::uint64_t length_ = 0;
  std::uint64_t signal_ = 0;
  std::uint64_t terminated_ = 0;
};

}  // namespace

bool ModulePlan::needsTable() const {
  return imports_table || std::ranges::any_of(exports, [](const ExportPlan& exported) {
           return exported.kind == ExternalKind::kTable;
         });
}

ImportName globalImportName(std::uint32_t index) {
  static constexpr const char* kModules[] = {"env", "0", "__proto__", "g"};
  std::string name = "g";
  name += std::to_string(index);
  return {kModules[index % 4], index % 3 == 2 ? std::to_string(index) : name};
}

double toFloat(std::uint64_t bits) {
  switch (bits % 8) {
    case 1:
      return std::numeric_limits<double>::quiet_NaN();
    case 3:
      return std::numeric_limits<double>::infinity();
    case 5:
      return -std::numeric_limits<double>::infinity();
    case 7:
      return static_cast<double>(bits) + 0.5;
    default:
      return static_cast<double>(bits);
  }
}

ModulePlan makeModulePlan(ByteSource& input, specified::Protocol protocol) {
  return Builder(input, protocol).build();
}

}  // namespace sigproof::fuzz
