#include "fuzz/real_modules/import_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace sigproof::modules {
namespace {

// A JSON string is a JavaScript string. In brackets, because `"__proto__": x` is no property.
std::string quoted(const std::string& name) { return nlohmann::json(name).dump(); }
std::string key(const std::string& name) { return "[" + quoted(name) + "]"; }

std::string_view zeroOf(ValueType type) {
  switch (type) {
    case ValueType::kI64:
      return "0n";
    case ValueType::kFuncref:
    case ValueType::kExternref:
      return "null";
    default:
      return "0";
  }
}

std::string functionSource(const FunctionType& type) {
  if (type.results.empty()) return "() => {}";
  if (type.results.size() == 1) return fmt::format("() => {}", zeroOf(type.results[0]));
  std::vector<std::string_view> zeroes;
  for (const ValueType result : type.results) zeroes.push_back(zeroOf(result));
  return fmt::format("() => [{}]", fmt::join(zeroes, ", "));
}

std::string limitsSource(const Limits& limits, std::uint64_t wanted) {
  std::uint64_t initial = std::max(limits.initial, wanted);
  if (limits.maximum) initial = std::min(initial, *limits.maximum);
  std::string source = fmt::format("initial: {}", initial);
  if (limits.maximum) source += fmt::format(", maximum: {}", *limits.maximum);
  if (limits.is_shared) source += ", shared: true";
  return source;
}

std::string tagSource(const FunctionType& type) {
  std::vector<std::string> names;
  for (const ValueType parameter : type.parameters) {
    names.push_back(fmt::format("\"{}\"", fuzz::javaScriptName(parameter)));
  }
  return fmt::format("new WebAssembly.Tag({{parameters: [{}]}})", fmt::join(names, ", "));
}

std::string valueSource(const Import& import, const DynamicLinking& linking) {
  switch (import.kind) {
    case ImportKind::kFunction:
      return functionSource(import.function);
    case ImportKind::kTable:
      return fmt::format("new WebAssembly.Table({{element: \"{}\", {}}})",
                         fuzz::javaScriptName(import.type),
                         limitsSource(import.limits, linking.table_size));
    case ImportKind::kMemory:
      return fmt::format("new WebAssembly.Memory({{{}}})", limitsSource(import.limits, 0));
    case ImportKind::kGlobal:
      if (import.type == ValueType::kV128) {
        throw CanNotImport(
            fmt::format("JavaScript can't make the v128 global {}.{} that it imports",
                        import.module, import.name));
      }
      return fmt::format("new WebAssembly.Global({{value: \"{}\", mutable: {}}}, {})",
                         fuzz::javaScriptName(import.type), import.is_mutable, zeroOf(import.type));
    case ImportKind::kTag:
      return tagSource(import.function);
  }
  throw CanNotImport("an import of an unknown kind");
}

}  // namespace

std::string importSource(const WasmShape& shape) {
  std::map<std::string, std::map<std::string, std::string>> values;
  for (const Import& import : shape.imports) {
    values[import.module][import.name] = valueSource(import, shape.dynamic_linking);
  }
  std::vector<std::string> modules;
  for (const auto& [module, members] : values) {
    std::vector<std::string> properties;
    for (const auto& [name, value] : members) {
      properties.push_back(fmt::format("{}: {}", key(name), value));
    }
    modules.push_back(fmt::format("{}: {{{}}}", key(module), fmt::join(properties, ", ")));
  }
  return fmt::format("({{{}}})", fmt::join(modules, ", "));
}

std::string memorySource(const WasmShape& shape) {
  if (!shape.memory) return "";
  if (shape.memory->import_index) {
    const Import& import = shape.imports.at(*shape.memory->import_index);
    return fmt::format("imports[{}][{}]", quoted(import.module), quoted(import.name));
  }
  if (shape.memory->export_name) {
    return fmt::format("instance.exports[{}]", quoted(*shape.memory->export_name));
  }
  return "";
}

}  // namespace sigproof::modules
