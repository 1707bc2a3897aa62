#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fuzz/generate/scripts/hostile_contexts.h"
#include "fuzz/generate/scripts/hostile_patches.h"
#include "fuzz/generate/scripts/import_text.h"
#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/generate/scripts/script_writer.h"

namespace sigproof::fuzz {
namespace {

std::string patchOf(ByteSource& source, ScriptProgram& program) {
  HostilePatch patch = makeHostilePatch(source);
  program.features.emplace_back(std::string("patch: ") + patch.name);
  program.leaves_no_trace = program.leaves_no_trace && !patch.leaves_traces;
  return patch.text;
}

// The hostile getter or function body of an import: what runs while the engine reads, or starts.
std::string ambush(ByteSource& source, ScriptWriter& writer, ScriptProgram& program) {
  switch (source.below(8)) {
    case 0:
      return "note('here', new Error('stack'));";
    case 1:
      return source.oneIn(4) ? "throw new RangeError('mine');" : "note('passed');";
    case 2:
      return "nested(() => { " + writer.nestedCall() + " });";
    case 3:
      return patchOf(source, program);
    case 4:
      return source.oneIn(24) ? "collect();" : "";
    case 5:
      return "Promise.resolve().then(() => note('from within'));";
    default:
      return "";
  }
}

ScriptImports importsOfWitness(ByteSource& source, const WitnessPlan& plan, ScriptWriter& nested,
                               ScriptProgram& program, std::string& declarations) {
  ImportText imports(source, plan.number, declarations);
  if (plan.calls_import) {
    const std::string within = ambush(source, nested, program);
    imports.addMaker({"env", "f"},
                     fmt::format("() => {{ {} return function f() {{ {} }}; }}",
                                 source.oneIn(3) ? ambush(source, nested, program) : "", within));
  }
  if (isMemoryImported(plan)) {
    const std::string shared = fmt::format("memory{}", source.below(2));
    const std::string value = source.oneIn(3) ? "memory(1, 3)" : shared;
    imports.addMaker({"env", "memory"}, fmt::format("() => {{ {} return {}; }}",
                                                    ambush(source, nested, program), value));
  }
  imports.addMaker({"env", "w"}, fmt::format("() => {{ {} return witness{}; }}",
                                             source.oneIn(4) ? ambush(source, nested, program) : "",
                                             plan.number));
  return imports.take();
}

void addWitness(ByteSource& source, ScriptProgram& program) {
  const WitnessPlan plan =
      makeWitnessPlan(source, static_cast<std::uint32_t>(program.modules.size()));
  ScriptModule module{.bytes = writeWitnessModule(plan), .signal_addresses = {}};
  if (isRegistered(plan)) module.signal_addresses.push_back(plan.signalAddress());
  module.witness = plan;
  program.modules.push_back(std::move(module));
}

// The memories that the program shares, if it does.
void addMemories(ScriptProgram& program) {
  for (const auto& [name, made] :
       {std::pair{"memory0", "memory(1, 4)"}, {"memory1", "memory(1)"}}) {
    const bool is_used = std::ranges::any_of(program.segments, [&](const std::string& segment) {
      return segment.find(name) != std::string::npos;
    });
    if (is_used) program.segments.front().insert(0, fmt::format("var {} = {};\n", name, made));
  }
}

}  // namespace

ScriptProgram makeHostileProgram(ByteSource& source) {
  ScriptProgram program;
  chooseWorld(source, program);
  program.leaves_no_trace = true;
  chooseInstallation(source, program);
  const std::uint32_t modules = 1 + (source.oneIn(3) ? 1 : 0);
  for (std::uint32_t i = 0; i < modules; ++i) addWitness(source, program);

  // Calls within getters get import objects without ambushes.
  std::vector<ScriptImports> plain;
  for (std::size_t i = 0; i < program.modules.size(); ++i) {
    plain.push_back({{"'env', 'f', () => function f() {}", "'env', 'memory', () => memory0",
                      fmt::format("'env', 'w', () => witness{}", i)}});
  }
  ScriptWriter nested(source, plain, program);
  std::string text;
  std::vector<ScriptImports> imports;
  for (const ScriptModule& module : program.modules) {
    imports.push_back(importsOfWitness(source, *module.witness, nested, program, text));
  }
  ScriptWriter writer(source, imports, program);
  const std::uint32_t segments = source.pick({1U, 1U, 2U, 1U});
  for (std::uint32_t i = 0; i < segments; ++i) {
    for (std::uint32_t n = source.oneIn(3) ? 2 : 1; n > 0; --n) {
      if (!source.oneIn(4)) {
        text += fmt::format("attempt('patch', () => {{ {} }});\n", patchOf(source, program));
      }
      // The first one makes something.
      const bool is_other = writer.hasWritten() && source.oneIn(3);
      text += is_other ? writer.otherStatement() : writer.statement();
    }
    program.segments.push_back(std::exchange(text, ""));
  }
  addMemories(program);
  program.leaves_no_trace =
      program.leaves_no_trace && !writer.leavesTraces() && !nested.leavesTraces();
  program.features.insert(program.features.end(), writer.features().begin(),
                          writer.features().end());
  program.features.insert(program.features.end(), nested.features().begin(),
                          nested.features().end());
  return program;
}

}  // namespace sigproof::fuzz
