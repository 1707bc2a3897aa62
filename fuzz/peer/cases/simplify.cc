#include "fuzz/peer/cases/simplify.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "fuzz/wasm/global_order.h"

namespace sigproof::peer {
namespace {

using fuzz::ExportPlan;
using fuzz::ExternalKind;
using fuzz::GlobalPlan;
using fuzz::ImportForm;
using fuzz::ImportStyle;
using fuzz::ModulePlan;
using fuzz::StartAction;
using fuzz::ValueType;
using fuzz::Way;

constexpr auto kNames = fuzz::specified::names(fuzz::specified::Protocol::kInstance);
const std::string kPlainMemoryName = "m";

// Addresses, the plainest first: inside and apart, overlapping, unaligned, beyond the end of a
// page, beyond the end of every small memory, negative as an i32.
constexpr std::array<std::uint64_t, 7> kPlainAddresses{8,     16,         10,        65533,
                                                       65536, 0x7FFFFFFF, 0x80000000};

bool isProtocolName(const std::string& name) {
  return name == kNames.signal || name == kNames.terminated;
}

bool isMemoryExport(const ExportPlan& exported) { return exported.kind == ExternalKind::kMemory; }

bool isCopied(const ModulePlan& module, std::uint32_t index) {
  return std::ranges::any_of(module.globals, [&](const GlobalPlan& global) {
    return global.copied_from == std::optional(index);
  });
}

bool isSet(const ModulePlan& module, std::uint32_t index) {
  return std::ranges::any_of(module.start, [&](const StartAction& action) {
    return action.kind == StartAction::Kind::kSetGlobal && action.global == index;
  });
}

bool isExported(const ModulePlan& module, std::uint32_t index) {
  return std::ranges::any_of(module.exports, [&](const ExportPlan& exported) {
    return exported.kind == ExternalKind::kGlobal && exported.index == index;
  });
}

// Collects programs that differ from the given one.
class Steps {
 public:
  explicit Steps(const PeerProgram& program) : program_(program), module_(program.shim.module) {}

  std::vector<PeerProgram> all() {
    stepsOfProgram();
    stepsOfParts();
    stepsOfMemory();
    for (std::uint32_t i = 0; i < module_.globals.size(); ++i) stepsOfGlobal(i);
    stepsOfAddresses();
    stepsOfData();
    return std::move(steps_);
  }

 private:
  template <class Change>
  void add(bool is_applicable, Change change) {
    if (!is_applicable) return;
    PeerProgram simpler = program_;
    change(simpler);
    steps_.push_back(std::move(simpler));
  }
  template <class Change>
  void addToModule(bool is_applicable, Change change) {
    add(is_applicable, [&](PeerProgram& simpler) { change(simpler.shim.module); });
  }

  void stepsOfProgram() {
    const fuzz::ShimProgram& shim = program_.shim;
    add(shim.ways.front() != Way::kNew, [](auto& it) { it.shim.ways = {Way::kNew}; });
    add(shim.imports != ImportStyle::kPlain,
        [](auto& it) { it.shim.imports = ImportStyle::kPlain; });
    // A getter is the plainest way to see reads.
    add(shim.imports == ImportStyle::kProxy || shim.imports == ImportStyle::kFreshMemory,
        [](auto& it) { it.shim.imports = ImportStyle::kGetters; });
    add(shim.has_decoy_memory, [](auto& it) { it.shim.has_decoy_memory = false; });
    // Filling the words is plainer than what a module does so that they are not 0.
    const bool is_filled_by_module = !module_.data.empty() || !module_.start.empty();
    add(program_.fill == Fill::kNone && is_filled_by_module, [](auto& it) {
      it.fill = Fill::kWords;
      it.shim.module.data.clear();
      it.shim.module.start.clear();
    });
    add(program_.fill != Fill::kNone && !is_filled_by_module,
        [](auto& it) { it.fill = Fill::kNone; });
    add(program_.fill == Fill::kWordsAndMargins, [](auto& it) { it.fill = Fill::kWords; });
    add(program_.instances > 1, [](auto& it) { it.instances = 1; });
    add(program_.has_second_memory, [](auto& it) { it.has_second_memory = false; });
  }

  void stepsOfParts() {
    addToModule(!module_.data.empty(), [](auto& it) { it.data.clear(); });
    addToModule(!module_.start.empty(), [](auto& it) { it.start.clear(); });
    addToModule(module_.imports_function, [](auto& it) { it.imports_function = false; });
    addToModule(module_.imports_table, [](auto& it) { it.imports_table = false; });
    for (std::size_t i = module_.exports.size(); i-- > 0;) {
      // A second memory is exported beside something.
      const bool is_needed = program_.has_second_memory && module_.exports.size() == 1;
      addToModule(!is_needed, [&](auto& it) { removeAt(it.exports, i); });
    }
    for (std::size_t i = 0; i < module_.exports.size(); ++i) {
      addToModule(isMemoryExport(module_.exports[i]) && canBeRenamed(i),
                  [&](auto& it) { it.exports[i].name = kPlainMemoryName; });
    }
    for (std::size_t i = 0; i < module_.start.size(); ++i) stepsOfSetting(i);
    for (std::size_t i = 0; module_.start.size() > 1 && i < module_.start.size(); ++i) {
      addToModule(true, [&](auto& it) { removeAt(it.start, i); });
    }
    for (std::size_t i = 0; module_.data.size() > 1 && i < module_.data.size(); ++i) {
      addToModule(true, [&](auto& it) { removeAt(it.data, i); });
    }
  }

  bool canBeRenamed(std::size_t index) const {
    return !isProtocolName(module_.exports[index].name) &&
           std::ranges::none_of(module_.exports, [](const ExportPlan& exported) {
             return exported.name == kPlainMemoryName;
           });
  }

  void stepsOfMemory() {
    if (!module_.memory) return;
    const auto& memory = *module_.memory;
    addToModule(memory.is_imported, [](ModulePlan& it) {
      it.memory->is_imported = false;
      if (std::ranges::none_of(it.exports, isMemoryExport)) {
        it.exports.push_back({kPlainMemoryName, ExternalKind::kMemory, 0});
      }
    });
    addToModule(memory.is_memory64, [](ModulePlan& it) {
      it.memory->is_memory64 = false;
      for (GlobalPlan& global : it.globals) {
        if (global.type == ValueType::kI64) global.type = ValueType::kI32;
      }
    });
    addToModule(memory.is_shared, [](ModulePlan& it) { it.memory->is_shared = false; });
    addToModule(!memory.is_shared && memory.maximum_pages.has_value(), [](ModulePlan& it) {
      it.memory->maximum_pages = it.memory->given_maximum = std::nullopt;
    });
    addToModule(memory.initial_pages != 1 || (memory.is_imported && memory.given_pages != 1),
                [](ModulePlan& it) {
                  it.memory->initial_pages = it.memory->given_pages = 1;
                  if (it.memory->maximum_pages) {
                    it.memory->maximum_pages = it.memory->given_maximum = 1;
                  }
                });
  }

  void stepsOfGlobal(std::uint32_t index) {
    const GlobalPlan& global = module_.globals[index];
    const bool is_needed = isExported(module_, index) || isCopied(module_, index);
    addToModule(!is_needed, [&](ModulePlan& it) { fuzz::removeGlobal(it, index); });
    addToModule(global.copied_from.has_value(), [&](ModulePlan& it) {
      it.globals[index].bits = it.globals[*it.globals[index].copied_from].bits;
      it.globals[index].copied_from = std::nullopt;
    });
    addToModule(global.is_imported && !isCopied(module_, index), [&](ModulePlan& it) {
      it.globals[index].is_imported = false;
      fuzz::bringImportsToFront(it);
    });
    addToModule(
        global.is_imported && !global.is_mutable && global.form != ImportForm::kSignedNumber,
        [&](ModulePlan& it) { it.globals[index].form = ImportForm::kSignedNumber; });
    addToModule(global.is_mutable && !isSet(module_, index),
                [&](ModulePlan& it) { it.globals[index].is_mutable = false; });
    if (!global.copied_from && !isCopied(module_, index)) stepsOfType(index);
  }

  void stepsOfType(std::uint32_t index) {
    static constexpr std::array kPlainestFirst{
        ValueType::kI32,     ValueType::kF32,       ValueType::kF64, ValueType::kI64,
        ValueType::kFuncref, ValueType::kExternref, ValueType::kV128};
    const ValueType type = module_.globals[index].type;
    for (const ValueType plainer : kPlainestFirst) {
      if (plainer == type) return;
      // A reference can't be imported as a number.
      const bool is_possible = !(fuzz::isReference(plainer) && module_.globals[index].is_imported);
      addToModule(is_possible, [&](ModulePlan& it) { it.globals[index].type = plainer; });
    }
  }

  // Earlier ones of the plain addresses in place of `address`.
  template <class Put>
  void replaceAddress(std::uint64_t address, Put put) {
    for (const std::uint64_t plainer : kPlainAddresses) {
      if (plainer == address) return;
      addToModule(true, [&](ModulePlan& it) { put(it) = plainer; });
    }
  }

  // The value that the start function sets is the initial one.
  void stepsOfSetting(std::size_t i) {
    const StartAction& action = module_.start[i];
    if (action.kind != StartAction::Kind::kSetGlobal) return;
    addToModule(!module_.globals[action.global].copied_from, [&](ModulePlan& it) {
      it.globals[action.global].bits = action.value;
      removeAt(it.start, i);
    });
  }

  // Moves all words by as much, so that their distance stays.
  void stepsOfDistance() {
    std::vector<std::uint32_t> words;
    for (const ExportPlan& exported : module_.exports) {
      const bool is_word = isProtocolName(exported.name) && exported.kind == ExternalKind::kGlobal;
      if (is_word) words.push_back(exported.index);
    }
    if (words.size() < 2) return;
    const std::uint64_t lowest =
        std::min(module_.globals[words[0]].bits, module_.globals[words[1]].bits);
    addToModule(words[0] != words[1] && lowest > kPlainAddresses.front(), [&](ModulePlan& it) {
      for (const std::uint32_t word : words) {
        it.globals[word].bits -= lowest - kPlainAddresses.front();
      }
    });
  }

  void stepsOfAddresses() {
    stepsOfDistance();
    for (std::uint32_t i = 0; i < module_.globals.size(); ++i) {
      replaceAddress(module_.globals[i].bits,
                     [i](ModulePlan& it) -> std::uint64_t& { return it.globals[i].bits; });
    }
    for (std::size_t i = 0; i < module_.start.size(); ++i) {
      const StartAction& action = module_.start[i];
      if (action.kind == StartAction::Kind::kSetGlobal) {
        replaceAddress(action.value,
                       [i](ModulePlan& it) -> std::uint64_t& { return it.start[i].value; });
      } else if (action.kind == StartAction::Kind::kStore) {
        replaceAddress(action.address,
                       [i](ModulePlan& it) -> std::uint64_t& { return it.start[i].address; });
      }
    }
  }

  void stepsOfData() {
    for (std::size_t i = 0; i < module_.data.size(); ++i) {
      addToModule(module_.data[i].bytes.size() > 1,
                  [&](ModulePlan& it) { it.data[i].bytes.pop_back(); });
    }
  }

  template <class T>
  static void removeAt(std::vector<T>& items, std::size_t index) {
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
  }

  const PeerProgram& program_;
  const ModulePlan& module_;
  std::vector<PeerProgram> steps_;
};

}  // namespace

std::vector<PeerProgram> simplifications(const PeerProgram& program) {
  return Steps(program).all();
}

}  // namespace sigproof::peer
