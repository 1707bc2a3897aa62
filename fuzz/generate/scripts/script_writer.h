// Writes the JavaScript of a program: calls of everything in `WebAssembly` that makes modules and
// instances, with right and wrong arguments, and what programs do with promises. Uses the functions
// of fuzz/run/transparency/world_prelude.js.
//
//   ScriptWriter writer(source, imports, program);
//   text += writer.statement();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/support/byte_source.h"

namespace sigproof::fuzz {

/// What a module imports, for dress(): JavaScript `module, name, () => value`, one for each import.
struct ScriptImports {
  std::vector<std::string> triples;
};

/// The kinds of import objects that dress() makes, by name.
inline constexpr std::array<std::string_view, 7> kImportDresses{
    "plain", "getters", "proxy", "frozen", "inherited", "callable", "proxyOfProxy"};

class ScriptWriter {
 public:
  /// `imports`: of each module. `program`: what its contexts have. Both outlive the writer.
  ScriptWriter(ByteSource& source, const std::vector<ScriptImports>& imports,
               const ScriptProgram& program)
      : source_(source),
        imports_(imports),
        has_other_realm_(program.has_other_realm),
        has_streaming_(program.has_streaming) {}

  /// A statement that makes, or fails to make, a module or an instance, and watches what comes.
  std::string statement();

  /// An expression that does so, for use within getters and functions.
  std::string nestedCall();

  /// A statement around the built-ins' own behaviour: ticks, growth, descriptors, garbage.
  std::string otherStatement();

  /// Whether there was a statement or a nested call.
  bool hasWritten() const { return !features_.empty(); }

  /// Whether a statement changes what the context has of its own.
  bool leavesTraces() const { return leaves_traces_; }

  /// The names of what was written, for statistics.
  const std::vector<std::string>& features() const { return features_; }

 private:
  std::string bytes(std::uint32_t index);
  std::string module(std::uint32_t index);
  std::string wrongSource(std::uint32_t index);
  std::string importsOf(std::uint32_t index);
  std::string newTarget();
  std::string construction(std::uint32_t index);
  std::string promise(std::uint32_t index);
  std::string streaming(std::uint32_t index);
  std::string reaction(const std::string& made);
  std::string webAssembly();
  std::string use(const char* feature, std::string text);

  ByteSource& source_;
  const std::vector<ScriptImports>& imports_;
  bool has_other_realm_;
  bool has_streaming_;
  std::vector<std::string> features_;
  std::uint32_t names_ = 0;
  bool leaves_traces_ = false;
};

}  // namespace sigproof::fuzz
