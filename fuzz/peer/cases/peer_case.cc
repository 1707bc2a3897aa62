#include "fuzz/peer/cases/peer_case.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "fuzz/wasm/import_values.h"
#include "fuzz/wasm/module_writer.h"
#include "fuzz/wasm/second_memory.h"

namespace sigproof::peer {
namespace {

using fuzz::GlobalPlan;
using fuzz::ImportForm;
using fuzz::ImportName;
using fuzz::ModulePlan;
using nlohmann::json;

// The name under which a second memory is exported.
constexpr const char* kSecondMemoryExport = "n";

fuzz::SecondMemory secondMemoryOf(const PeerProgram& program) {
  return {.maximum_pages = 1, .export_name = kSecondMemoryExport, .fills = fillsOf(program)};
}

json importOf(const ImportName& import, const char* kind) {
  return {{"module", import.module}, {"name", import.name}, {"kind", kind}};
}

json importOf(std::uint32_t index, const GlobalPlan& global) {
  json import = importOf(fuzz::globalImportName(index), "global");
  import["type"] = fuzz::javaScriptName(global.type);
  // As text: JSON has no NaN, no infinity and no -0.
  const fuzz::ImportValue value = fuzz::importValue(global);
  import["value"] =
      value.kind == fuzz::ImportValue::Kind::kNull ? json() : json(fuzz::toDigits(value));
  import["mutable"] = global.is_mutable;
  import["object"] = global.form == ImportForm::kGlobalObject;
  return import;
}

json importOf(const fuzz::WasmMemoryPlan& memory) {
  json import = importOf(fuzz::kMemoryImport, "memory");
  import["initial"] = memory.given_pages;
  import["maximum"] = memory.given_maximum ? json(*memory.given_maximum) : json();
  import["shared"] = memory.is_shared;
  return import;
}

json importsOf(const fuzz::ShimProgram& program) {
  const ModulePlan& module = program.module;
  const bool imports_memory = module.memory && module.memory->is_imported;
  json imports = json::array();
  if (module.imports_function) imports.push_back(importOf(fuzz::kFunctionImport, "function"));
  for (std::uint32_t i = 0; i < module.globals.size() && module.globals[i].is_imported; ++i) {
    imports.push_back(importOf(i, module.globals[i]));
  }
  if (imports_memory) imports.push_back(importOf(*module.memory));
  if (module.imports_table) imports.push_back(importOf(fuzz::kTableImport, "table"));
  if (program.has_decoy_memory) {
    ImportName decoy = fuzz::kMemoryImport;
    if (imports_memory) decoy.name = "decoy";
    imports.push_back(importOf(decoy, "decoy"));
  }
  return imports;
}

json memoryExportOf(const ModulePlan& module) {
  if (module.memory && module.memory->is_imported) return nullptr;
  const auto found =
      std::ranges::find(module.exports, fuzz::ExternalKind::kMemory, &fuzz::ExportPlan::kind);
  return found == module.exports.end() ? json() : json(found->name);
}

json fillsToJson(const std::vector<fuzz::DataPlan>& fills) {
  json result = json::array();
  for (const fuzz::DataPlan& fill : fills) result.push_back({fill.address, fill.bytes});
  return result;
}

json windowsOf(const Expectation& expected) {
  if (expected.windows.empty()) return nullptr;
  json result = json::array();
  for (const auto& [begin, size] : expected.windows) result.push_back({begin, size});
  return result;
}

}  // namespace

PeerCase toCase(const PeerProgram& program, const Expectation& expected) {
  const fuzz::ShimProgram run = filled(program);
  const bool imports_memory = run.module.memory && run.module.memory->is_imported;
  PeerCase result;
  result.module = fuzz::writeModule(run.module);
  if (program.has_second_memory) {
    result.module = fuzz::withSecondMemory(result.module, secondMemoryOf(program));
  }
  result.description = {
      {"size", result.module.size()},
      {"way", name(run.ways.front())},
      {"style", name(run.imports)},
      {"instances", program.instances},
      {"imports", importsOf(run)},
      {"imports_memory", imports_memory},
      {"memory_export", memoryExportOf(run.module)},
      {"second_export", program.has_second_memory ? json(kSecondMemoryExport) : json()},
      {"fills", fillsToJson(imports_memory ? run.prefill : fillsOf(program))},
      {"decoy", run.has_decoy_memory},
      {"windows", windowsOf(expected)}};
  return result;
}

std::string moduleText(const PeerProgram& program) {
  const std::string text = fuzz::writeModuleText(filled(program).module);
  return program.has_second_memory ? fuzz::textWithSecondMemory(text, secondMemoryOf(program))
                                   : text;
}

Batch join(std::span<const PeerCase> cases) {
  Batch batch;
  batch.cases = "[";
  for (const PeerCase& one : cases) {
    if (batch.cases.size() > 1) batch.cases += ',';
    // ASCII: the engine alone has no decoder.
    batch.cases += one.description.dump(-1, ' ', true);
    batch.modules.insert(batch.modules.end(), one.module.begin(), one.module.end());
  }
  batch.cases += "]";
  return batch;
}

std::string toRequest(const Batch& batch) {
  std::string request;
  request.reserve(sizeof(std::uint32_t) + batch.cases.size() + batch.modules.size());
  const auto size = static_cast<std::uint32_t>(batch.cases.size());
  for (unsigned shift = 0; shift < 32; shift += 8) request += static_cast<char>(size >> shift);
  request += batch.cases;
  request.append(reinterpret_cast<const char*>(batch.modules.data()), batch.modules.size());
  return request;
}

std::string toHex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::vector<std::uint8_t> fromHex(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    std::uint8_t byte = 0;
    const char* begin = text.data() + i;
    const char* end = text.data() + std::min(i + 2, text.size());
    const auto [stopped, error] = std::from_chars(begin, end, byte, 16);
    if (error != std::errc() || stopped != begin + 2) {
      throw std::invalid_argument("the module is not in hexadecimal digits");
    }
    bytes.push_back(byte);
  }
  return bytes;
}

}  // namespace sigproof::peer
