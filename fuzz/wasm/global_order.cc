#include "fuzz/wasm/global_order.h"

#include <optional>
#include <utility>
#include <vector>

namespace sigproof::fuzz {
namespace {

bool setsGlobal(const StartAction& action) { return action.kind == StartAction::Kind::kSetGlobal; }

void orderGlobals(ModulePlan& module, std::optional<std::uint32_t> left_out) {
  std::vector<std::uint32_t> new_index(module.globals.size());
  std::vector<GlobalPlan> ordered;
  for (const bool is_imported : {true, false}) {
    for (std::uint32_t i = 0; i < module.globals.size(); ++i) {
      if (module.globals[i].is_imported != is_imported || i == left_out) continue;
      new_index[i] = static_cast<std::uint32_t>(ordered.size());
      ordered.push_back(module.globals[i]);
    }
  }
  module.globals = std::move(ordered);
  for (GlobalPlan& global : module.globals) {
    if (global.copied_from) global.copied_from = new_index[*global.copied_from];
  }
  for (ExportPlan& exported : module.exports) {
    if (exported.kind == ExternalKind::kGlobal) exported.index = new_index[exported.index];
  }
  for (StartAction& action : module.start) {
    if (setsGlobal(action)) action.global = new_index[action.global];
  }
}

}  // namespace

void bringImportsToFront(ModulePlan& module) { orderGlobals(module, std::nullopt); }

void removeGlobal(ModulePlan& module, std::uint32_t index) {
  std::erase_if(module.start, [&](const StartAction& action) {
    return setsGlobal(action) && action.global == index;
  });
  orderGlobals(module, index);
}

}  // namespace sigproof::fuzz
