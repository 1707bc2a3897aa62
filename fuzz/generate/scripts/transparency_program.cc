#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "fuzz/generate/scripts/import_text.h"
#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/generate/scripts/script_writer.h"
#include "fuzz/wasm/import_values.h"
#include "fuzz/wasm/module_plan.h"
#include "fuzz/wasm/module_writer.h"

namespace sigproof::fuzz {
namespace {

// A larger memory takes the time of many programs, and no behaviour here depends on its size.
constexpr std::uint32_t kMostPages = 4;

void keepSmall(std::uint32_t& pages) { pages = pages > kMostPages ? 1 : pages; }

void keepSmall(ModulePlan& plan) {
  if (!plan.memory) return;
  WasmMemoryPlan& memory = *plan.memory;
  keepSmall(memory.initial_pages);
  keepSmall(memory.given_pages);
  memory.given_pages = std::max(memory.given_pages, memory.initial_pages);
  if (memory.maximum_pages)
    memory.maximum_pages = std::max(*memory.maximum_pages, memory.given_pages);
  if (memory.given_maximum)
    memory.given_maximum = std::max(*memory.given_maximum, memory.given_pages);
}

// Adds the addresses that the exported global `name` can hold when an instance is made.
void addCandidates(const ModulePlan& plan, std::string_view name,
                   std::vector<std::uint64_t>& addresses) {
  for (const ExportPlan& exported : plan.exports) {
    if (exported.name != name || exported.kind != ExternalKind::kGlobal) continue;
    const GlobalPlan& global = plan.globals[exported.index];
    const auto add = [&](std::uint64_t bits) {
      const bool is_64 = plan.memory && plan.memory->is_memory64;
      addresses.push_back(is_64 ? bits : static_cast<std::uint32_t>(bits));
    };
    const GlobalPlan& source = global.copied_from ? plan.globals[*global.copied_from] : global;
    add(source.is_imported ? importedBits(source) : source.bits);
    for (const StartAction& action : plan.start) {
      if (action.kind == StartAction::Kind::kSetGlobal && action.global == exported.index) {
        add(action.value);
      }
    }
  }
}

std::string memoryText(std::uint32_t pages, std::optional<std::uint32_t> maximum, bool is_shared) {
  return fmt::format("memory({}, {}{})", pages, maximum ? std::to_string(*maximum) : "undefined",
                     is_shared ? ", true" : "");
}

ScriptImports importsOfPlan(ByteSource& source, const ModulePlan& plan, std::uint32_t index,
                            std::string& declarations) {
  ImportText imports(source, index, declarations);
  if (plan.imports_function) {
    imports.add(kFunctionImport,
                "function f() { note('f', this, arguments.length, new Error('in f')); }");
  }
  for (std::uint32_t i = 0; i < plan.globals.size() && plan.globals[i].is_imported; ++i) {
    const GlobalPlan& global = plan.globals[i];
    const std::string value = toScript(importValue(global));
    imports.add(globalImportName(i),
                global.form == ImportForm::kGlobalObject
                    ? fmt::format("new WebAssembly.Global({{value: '{}', mutable: {}}}, {})",
                                  javaScriptName(global.type), global.is_mutable, value)
                    : value);
  }
  if (plan.memory && plan.memory->is_imported) {
    const WasmMemoryPlan& memory = *plan.memory;
    const std::string made = memoryText(memory.given_pages, memory.given_maximum, memory.is_shared);
    // Wrong values where a Memory must be.
    imports.add(kMemoryImport,
                source.oneIn(24)
                    ? source.pick<std::string>({"5", "null", "{}", "new Proxy(memory(1), {})",
                                                "Object.create(memory(1))", "memory(1).buffer"})
                    : made);
  }
  if (plan.imports_table) {
    imports.add(kTableImport,
                "new WebAssembly.Table({initial: 1, maximum: 1, element: 'anyfunc'})");
  }
  return imports.take();
}

// Adds a module that registers in most programs; most of makeModulePlan()'s register nothing.
void addListener(ByteSource& source, ScriptProgram& program, std::vector<ScriptImports>& imports,
                 std::string& declarations) {
  const auto index = static_cast<std::uint32_t>(program.modules.size());
  const WitnessPlan plan = makeWitnessPlan(source, index);
  ScriptModule module{.bytes = writeWitnessModule(plan), .signal_addresses = {}};
  if (isRegistered(plan)) module.signal_addresses.push_back(plan.signalAddress());
  ImportText made(source, index, declarations);
  if (plan.calls_import) {
    made.add({"env", "f"}, "function f() { note('f', this, new Error('in f')); }");
  }
  if (isMemoryImported(plan)) made.add({"env", "memory"}, "memory(1, 3)");
  made.add({"env", "w"}, "new WebAssembly.Global({value: 'i32', mutable: true}, 0)");
  imports.push_back(made.take());
  program.modules.push_back(std::move(module));
}

void addModule(ByteSource& source, ScriptProgram& program, std::vector<ScriptImports>& imports,
               std::string& declarations) {
  if (source.below(2) == 0) {
    addListener(source, program, imports, declarations);
    return;
  }
  ModulePlan plan = makeModulePlan(source, specified::Protocol::kAddress);
  keepSmall(plan);
  ScriptModule module{.bytes = writeModule(plan), .signal_addresses = {}};
  addCandidates(plan, specified::names(specified::Protocol::kAddress).signal,
                module.signal_addresses);
  imports.push_back(importsOfPlan(source, plan, static_cast<std::uint32_t>(program.modules.size()),
                                  declarations));
  program.modules.push_back(std::move(module));
}

}  // namespace

ScriptProgram makeTransparencyProgram(ByteSource& source) {
  ScriptProgram program;
  chooseWorld(source, program);
  std::vector<ScriptImports> imports;
  std::string text;
  const std::uint32_t modules = 1 + (source.oneIn(4) ? 1 : 0);
  for (std::uint32_t i = 0; i < modules; ++i) {
    addModule(source, program, imports, text);
  }
  ScriptWriter writer(source, imports, program);
  const std::uint32_t segments = source.pick({1U, 1U, 2U, 1U});
  for (std::uint32_t i = 0; i < segments; ++i) {
    for (std::uint32_t n = 1 + source.below(3); n > 0; --n) {
      text += source.oneIn(6) ? writer.otherStatement() : writer.statement();
    }
    program.segments.push_back(std::exchange(text, ""));
  }
  program.leaves_no_trace = !writer.leavesTraces();
  program.features = writer.features();
  return program;
}

}  // namespace sigproof::fuzz
