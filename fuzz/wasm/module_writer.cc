#include "fuzz/wasm/module_writer.h"

#include <binaryen-c.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace sigproof::fuzz {
namespace {

// Binaryen's own names of things, which the module doesn't show.
constexpr const char* kFunctionName = "f";
constexpr const char* kTableName = "t";
constexpr const char* kStartName = "start";
constexpr const char* kPollFunctionName = "p";
constexpr const char* kMemoryName = "0";  // Binaryen gives the one memory this name

// In Binaryen's terms: there is no maximum.
constexpr BinaryenIndex kNoMaximum = static_cast<BinaryenIndex>(-1);

std::string globalName(std::uint32_t index) { return "g" + std::to_string(index); }

BinaryenType toBinaryen(ValueType type) {
  switch (type) {
    case ValueType::kI32:
      return BinaryenTypeInt32();
    case ValueType::kI64:
      return BinaryenTypeInt64();
    case ValueType::kF32:
      return BinaryenTypeFloat32();
    case ValueType::kF64:
      return BinaryenTypeFloat64();
    case ValueType::kV128:
      return BinaryenTypeVec128();
    case ValueType::kFuncref:
      return BinaryenTypeFuncref();
    case ValueType::kExternref:
      return BinaryenTypeExternref();
  }
  return BinaryenTypeNone();
}

// One module being written; disposed of with it.
class Writer {
 public:
  explicit Writer(const ModulePlan& plan) : plan_(plan), module_(create(plan)) {
    BinaryenModuleSetFeatures(module_, BinaryenFeatureAll());
    addGlobals();
    addFunctions();
    addMemory();
    if (plan_.needsTable()) addTable();
    addExports();
  }
  ~Writer() { BinaryenModuleDispose(module_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  BinaryenModuleRef module() const { return module_; }

 private:
  static BinaryenModuleRef create(const ModulePlan& plan) {
    useOneThread();
    if (!plan.memory || !plan.memory->is_memory64) return BinaryenModuleCreate();
    // The C API has no word for a 64-bit memory, but a module that was parsed keeps it. The parser
    // writes into its text.
    std::string text = "(module (memory $0 i64 1))";
    return BinaryenModuleParse(text.data());
  }

  // Binaryen would hand each module's few functions to a pool of threads, and wait for it: twice
  // the time of writing the module.
  static void useOneThread() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): once, before Binaryen has threads
    [[maybe_unused]] static const int kIsSet = setenv("BINARYEN_CORES", "1", 1);
  }

  bool isMemory64() const { return plan_.memory && plan_.memory->is_memory64; }

  BinaryenExpressionRef constant(ValueType type, std::uint64_t bits) {
    static constexpr std::array<std::uint8_t, 16> kZeros{};
    switch (type) {
      case ValueType::kI32:
        return BinaryenConst(module_, BinaryenLiteralInt32(static_cast<std::int32_t>(bits)));
      case ValueType::kI64:
        return BinaryenConst(module_, BinaryenLiteralInt64(static_cast<std::int64_t>(bits)));
      case ValueType::kF32:
        return BinaryenConst(module_, BinaryenLiteralFloat32(static_cast<float>(toFloat(bits))));
      case ValueType::kF64:
        return BinaryenConst(module_, BinaryenLiteralFloat64(toFloat(bits)));
      case ValueType::kV128:
        return BinaryenConst(module_, BinaryenLiteralVec128(kZeros.data()));
      case ValueType::kFuncref:
      case ValueType::kExternref:
        return BinaryenRefNull(module_, toBinaryen(type));
    }
    return nullptr;
  }

  BinaryenExpressionRef address(std::uint64_t value) {
    return constant(isMemory64() ? ValueType::kI64 : ValueType::kI32, value);
  }

  void addGlobals() {
    for (std::uint32_t i = 0; i < plan_.globals.size(); ++i) {
      const GlobalPlan& global = plan_.globals[i];
      const std::string name = globalName(i);
      if (global.is_imported) {
        const ImportName import = globalImportName(i);
        BinaryenAddGlobalImport(module_, name.c_str(), import.module.c_str(), import.name.c_str(),
                                toBinaryen(global.type), global.is_mutable);
        continue;
      }
      BinaryenExpressionRef value =
          global.copied_from ? BinaryenGlobalGet(module_, globalName(*global.copied_from).c_str(),
                                                 toBinaryen(global.type))
                             : constant(global.type, global.bits);
      BinaryenAddGlobal(module_, name.c_str(), toBinaryen(global.type), global.is_mutable, value);
    }
  }

  BinaryenExpressionRef startExpression(const StartAction& action) {
    switch (action.kind) {
      case StartAction::Kind::kStore:
        return BinaryenStore(module_, specified::kWordSizeBytes, 0, 1, address(action.address),
                             constant(ValueType::kI32, action.value), BinaryenTypeInt32());
      case StartAction::Kind::kSetGlobal:
        return BinaryenGlobalSet(module_, globalName(action.global).c_str(),
                                 constant(plan_.globals[action.global].type, action.value));
      case StartAction::Kind::kGrow:
        return BinaryenDrop(module_, BinaryenMemoryGrow(module_, address(action.pages)));
      case StartAction::Kind::kTrap:
        return BinaryenUnreachable(module_);
    }
    return nullptr;
  }

  void addFunctions() {
    if (plan_.imports_function) {
      BinaryenAddFunctionImport(module_, kFunctionName, kFunctionImport.module.c_str(),
                                kFunctionImport.name.c_str(), BinaryenTypeNone(),
                                BinaryenTypeNone());
    } else {
      BinaryenAddFunction(module_, kFunctionName, BinaryenTypeNone(), BinaryenTypeNone(), nullptr,
                          0, BinaryenNop(module_));
    }
    if (plan_.polled) addPoll();
    if (plan_.start.empty()) return;
    std::vector<BinaryenExpressionRef> body;
    for (const StartAction& action : plan_.start) body.push_back(startExpression(action));
    BinaryenExpressionRef block = BinaryenBlock(
        module_, nullptr, body.data(), static_cast<BinaryenIndex>(body.size()), BinaryenTypeNone());
    BinaryenSetStart(module_, BinaryenAddFunction(module_, kStartName, BinaryenTypeNone(),
                                                  BinaryenTypeNone(), nullptr, 0, block));
  }

  void addPoll() {
    BinaryenExpressionRef word = BinaryenLoad(module_, specified::kWordSizeBytes, false, 0, 1,
                                              BinaryenTypeInt32(), address(*plan_.polled));
    BinaryenAddFunction(module_, kPollFunctionName, BinaryenTypeNone(), BinaryenTypeInt32(),
                        nullptr, 0, word);
    BinaryenAddFunctionExport(module_, kPollFunctionName, kPollName);
  }

  void addMemory() {
    if (!plan_.memory) return;
    const WasmMemoryPlan& memory = *plan_.memory;
    std::vector<const char*> bytes;
    std::vector<BinaryenExpressionRef> offsets;
    std::vector<BinaryenIndex> sizes;
    const auto is_passive = std::make_unique<bool[]>(plan_.data.size() + 1);
    for (const DataPlan& data : plan_.data) {
      bytes.push_back(reinterpret_cast<const char*>(data.bytes.data()));
      offsets.push_back(address(data.address));
      sizes.push_back(static_cast<BinaryenIndex>(data.bytes.size()));
    }
    BinaryenSetMemory(module_, memory.initial_pages, memory.maximum_pages.value_or(kNoMaximum),
                      nullptr, bytes.data(), is_passive.get(), offsets.data(), sizes.data(),
                      static_cast<BinaryenIndex>(sizes.size()), memory.is_shared);
    if (memory.is_imported) {
      BinaryenAddMemoryImport(module_, kMemoryName, kMemoryImport.module.c_str(),
                              kMemoryImport.name.c_str(), memory.is_shared ? 1 : 0);
    }
  }

  void addTable() {
    if (!plan_.imports_table) {
      BinaryenAddTable(module_, kTableName, 1, 1, BinaryenTypeFuncref());
      return;
    }
    BinaryenAddTableImport(module_, kTableName, kTableImport.module.c_str(),
                           kTableImport.name.c_str());
    BinaryenTableRef table = BinaryenGetTable(module_, kTableName);
    BinaryenTableSetInitial(table, 1);
    BinaryenTableSetMax(table, 1);
  }

  void addExports() {
    for (const ExportPlan& exported : plan_.exports) {
      const char* name = exported.name.c_str();
      switch (exported.kind) {
        case ExternalKind::kFunction:
          BinaryenAddFunctionExport(module_, kFunctionName, name);
          break;
        case ExternalKind::kTable:
          BinaryenAddTableExport(module_, kTableName, name);
          break;
        case ExternalKind::kMemory:
          BinaryenAddMemoryExport(module_, kMemoryName, name);
          break;
        case ExternalKind::kGlobal:
          BinaryenAddGlobalExport(module_, globalName(exported.index).c_str(), name);
          break;
      }
    }
  }

  const ModulePlan& plan_;
  BinaryenModuleRef module_;
};

using Allocated = std::unique_ptr<void, decltype(&std::free)>;

}  // namespace

std::vector<std::uint8_t> writeModule(const ModulePlan& plan) {
  const Writer writer(plan);
  const auto result = BinaryenModuleAllocateAndWrite(writer.module(), nullptr);
  const Allocated binary(result.binary, &std::free);
  const Allocated source_map(result.sourceMap, &std::free);
  const auto* begin = static_cast<const std::uint8_t*>(result.binary);
  return {begin, begin + result.binaryBytes};
}

std::string writeModuleText(const ModulePlan& plan) {
  const Writer writer(plan);
  const Allocated text(BinaryenModuleAllocateAndWriteText(writer.module()), &std::free);
  return static_cast<const char*>(text.get());
}

}  // namespace sigproof::fuzz
