// Writes the imports of a program as JavaScript, for dress() of
// fuzz/run/transparency/world_prelude.js.
//
//   ImportText imports(source, module_index, declarations);
//   imports.add(kMemoryImport, "memory(1)");
//   ScriptImports written = imports.take();
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

#include "fuzz/generate/scripts/script_writer.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/wasm/module_plan.h"

namespace sigproof::fuzz {

/// Names what is imported, in `declarations`, so that all calls share it, or lets each read make it
/// anew.
class ImportText {
 public:
  ImportText(ByteSource& source, std::uint32_t index, std::string& declarations)
      : source_(source), index_(index), declarations_(declarations) {}

  /// `made` is evaluated once, or at each read.
  void add(const ImportName& import, const std::string& made) {
    std::string value = made;
    if (!source_.oneIn(4)) {
      value = fmt::format("i{}_{}", index_, imports_.triples.size());
      declarations_ += fmt::format("var {} = {};\n", value, made);
    }
    imports_.triples.push_back(
        fmt::format("'{}', '{}', () => {}", import.module, import.name, value));
  }
  /// `value` is a function that makes the value.
  void addMaker(const ImportName& import, const std::string& value) {
    imports_.triples.push_back(fmt::format("'{}', '{}', {}", import.module, import.name, value));
  }
  ScriptImports take() { return std::move(imports_); }

 private:
  ByteSource& source_;
  std::uint32_t index_;
  std::string& declarations_;
  ScriptImports imports_;
};

}  // namespace sigproof::fuzz
