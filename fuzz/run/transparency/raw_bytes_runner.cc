#include "fuzz/run/transparency/raw_bytes_runner.h"

#include <memory>
#include <optional>
#include <vector>

#include "core/module/module_inspector.h"
#include "fuzz/generate/scripts/script_program.h"
#include "fuzz/oracles/inspection_oracle.h"
#include "fuzz/run/transparency/script_runner.h"
#include "fuzz/run/transparency/world.h"
#include "fuzz/run/transparency/world_prelude.h"
#include "fuzz/support/record/report_violation.h"
#include "fuzz/support/record/statistics.h"
#include "fuzz/wasm/binary/raw_module.h"

namespace sigproof::fuzz {
namespace {

// The script needs the types of imports and exports. Tables of a mutant's size would take the time
// of many runs.
constexpr const char* kEngineFlags =
    "--experimental-wasm-type-reflection --wasm-max-table-size=10000 --wasm-max-mem-pages=";

// That raw_script.js leaves to do, at most.
constexpr unsigned kTasks = 4;

ScriptProgram programFor(std::span<const std::uint8_t> bytes, bool is_async) {
  ScriptProgram program;
  program.is_async = is_async;
  program.leaves_no_trace = true;
  program.modules.push_back(
      {.bytes = {bytes.begin(), bytes.end()}, .signal_addresses = {}, .is_verbatim = true});
  const bool may_start = !RawModule::split(bytes).hasSection(SectionId::kStart);
  program.segments.push_back(std::string("mayStart = ") + (may_start ? "true" : "false") + ";\n");
  program.segments.emplace_back(rawScriptText());
  for (unsigned i = 0; i < kTasks; ++i) {
    program.segments.push_back("if (tasks.length > 0) tasks.shift()();\n");
  }
  program.features.emplace_back(may_start ? "without a start section" : "with a start section");
  return program;
}

// Of bytes whose end is the end of what was allocated, so that AddressSanitizer sees a read beyond.
ModuleInspection inspectExactly(std::span<const std::uint8_t> bytes,
                                const SignalProtocol& protocol) {
  const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[bytes.size()]);
  std::ranges::copy(bytes, exact.get());
  return inspectModule({exact.get(), bytes.size()}, protocol);
}

}  // namespace

std::string runRawBytes(std::span<const std::uint8_t> bytes, bool is_async,
                        unsigned max_memory_pages) {
  static const std::string kFlags = kEngineFlags + std::to_string(max_memory_pages);
  static const bool kIsSet = (World::addEngineFlags(kFlags.c_str()), true);
  static_cast<void>(kIsSet);
  const ScriptProgram program = programFor(bytes, is_async);
  const ScriptRun run = runInBothWorlds(program);
  for (const auto protocol : {specified::Protocol::kAddress, specified::Protocol::kInstance}) {
    const ModuleInspection found = inspectExactly(bytes, protocol == specified::Protocol::kAddress
                                                             ? SignalProtocol::address()
                                                             : SignalProtocol::instance());
    ++Statistics::counter("inspected/" + std::string(name(found.outcome)));
    if (!run.declared) continue;  // no module: the inspector may say what it likes
    if (const auto violation = judgeInspection(found, *run.declared, protocol)) {
      reportViolation(*violation, [&] { return describe(program); });
    }
  }
  ++Statistics::counter(run.declared ? "bytes/a module" : "bytes/no module");
  return run.text;
}

}  // namespace sigproof::fuzz
