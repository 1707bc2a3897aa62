// sigproof-real-modules: modules that people use, made to listen, in the real engine.
#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/v8/testing/isolate.h"
#include "core/v8/testing/read_file.h"
#include "fuzz/real_modules/import_source.h"
#include "fuzz/real_modules/judge.h"
#include "fuzz/real_modules/listening_module.h"
#include "fuzz/real_modules/manifest.h"
#include "fuzz/real_modules/wasm_shape.h"
#include "reports/check/check_main.h"

namespace sigproof::modules {
namespace {

using nlohmann::json;
using reports::Record;
using reports::Verdict;

constexpr std::size_t kMostViolationsShown = 20;

constexpr std::string_view kPrefix = "real-module/";
constexpr std::string_view kCovered =
    "new Instance, instantiate(module) and instantiate(bytes), each under both protocols: "
    "registration, delivery, renewal, growth, termination, collection; after each step the whole "
    "memory, byte by byte, against the same module without the shim. The signal word is the "
    "memory's last, the terminated word unaligned.";
constexpr std::string_view kCannotSee =
    "What the module does behind its start function (its imports do nothing); signal handlers and "
    "other threads; addresses other than the two.";

const std::vector<reports::Property>& properties() {
  static const std::vector<reports::Property> kProperties{"R3", "R5", "R6", "R7", "D1", "D2",
                                                          "D3", "D4", "G1", "G2", "G3", "T8"};
  return kProperties;
}

struct CommandLine {
  std::string manifest;
  std::string modules_dir;
};

Record startRecord(const CommandLine& line, const RealModule& module) {
  Record record;
  record.check = std::string(kPrefix) + module.name;
  record.kind = reports::Kind::kRealModule;
  record.properties = properties();
  record.engine = host::engineVersion() + ", Liftoff, background compilation";
  record.covered = kCovered;
  record.cannot_see = kCannotSee;
  record.replay = "build/bin/sigproof real-module run " + record.check;
  record.detail = {{"package", module.package},
                   {"version", installedVersion(line.modules_dir, module.package)},
                   {"path", module.path},
                   {"what", module.what}};
  return record;
}

void describeModule(Record& record, std::size_t size_bytes, const ListeningModule& listening,
                    const WasmShape& shape) {
  std::map<std::string, int> imports;
  for (const Import& import : shape.imports) {
    static const std::map<ImportKind, std::string> kNames{{ImportKind::kFunction, "functions"},
                                                          {ImportKind::kTable, "tables"},
                                                          {ImportKind::kMemory, "memories"},
                                                          {ImportKind::kGlobal, "globals"},
                                                          {ImportKind::kTag, "tags"}};
    ++imports[kNames.at(import.kind)];
  }
  record.detail["size_bytes"] = size_bytes;
  record.detail["edited_by"] = listening.edited_by;
  record.detail["imports"] = imports;
  record.detail["imports_total"] = shape.imports.size();
  record.detail["memory_pages"] = shape.memory->limits.initial;
  record.detail["memory_is_imported"] = shape.memory->import_index.has_value();
  record.detail["has_start"] = shape.has_start;
  record.detail["signal_address"] = listening.signal_address;
  record.detail["terminated_address"] = listening.terminated_address;
}

void conclude(Record& record, const Findings& findings) {
  record.executions = findings.instances;
  record.detail["instances"] = findings.instances;
  record.detail["grown"] = findings.grown;
  if (findings.violations.empty()) {
    record.verdict = Verdict::kPassed;
    record.summary = fmt::format("registered, signalled and collected in {} instances, {} KiB each",
                                 findings.instances, findings.memory_size_bytes / 1024);
    return;
  }
  record.verdict = Verdict::kFailed;
  record.summary = findings.violations.front();
  std::string trace;
  for (std::size_t i = 0; i < findings.violations.size() && i < kMostViolationsShown; ++i) {
    trace += findings.violations[i] + "\n";
  }
  if (findings.violations.size() > kMostViolationsShown) {
    trace += fmt::format("and {} more\n", findings.violations.size() - kMostViolationsShown);
  }
  record.detail["trace"] = trace;
}

void skip(Record& record, std::string_view reason) {
  record.verdict = Verdict::kSkipped;
  record.summary = reason;
}

// Throws what reading the file throws: then there is no module to say anything about.
void check(const CommandLine& line, const RealModule& module, Record& record) {
  const std::vector<std::uint8_t> original =
      host::readFile(line.modules_dir + "/node_modules/" + module.path);
  try {
    // Before the engine starts its threads: this starts a process.
    const ListeningModule listening = makeListen(original);
    const WasmShape shape = readShape(listening.bytes);
    describeModule(record, original.size(), listening, shape);
    const Program program{listening.bytes, importSource(shape), memorySource(shape)};
    if (program.memory_source.empty()) {
      return skip(record, "its memory 0 can't be reached from outside: nothing to register (R5)");
    }
    record.detail["import_source"] = program.import_source;
    host::initializeEngine({.async_compilation = true});
    conclude(record, judge(program, {listening.signal_address, listening.terminated_address}));
  } catch (const EngineRefused& refusal) {
    skip(record, fmt::format("the engine refuses it: {}", refusal.what()));
  } catch (const CanNotListen& reason) {
    skip(record, fmt::format("it can't be made to listen: {}", reason.what()));
  } catch (const CanNotImport& reason) {
    skip(record, reason.what());
  } catch (const UnreadableModule& reason) {
    throw std::runtime_error(fmt::format("{}: {}", module.path, reason.what()));
  }
}

const RealModule& findModule(const std::vector<RealModule>& modules, const std::string& check) {
  for (const RealModule& module : modules) {
    if (check == std::string(kPrefix) + module.name) return module;
  }
  throw reports::BadInput(fmt::format("there is no check {}; --list lists them", check));
}

int runOne(const CommandLine& line, const RealModule& module) {
  Record record = startRecord(line, module);
  reports::measure(record, [&] { check(line, module, record); });
  return reports::report(record);
}

std::vector<RealModule> readModules(CommandLine& line) {
  if (line.modules_dir.empty()) line.modules_dir = defaultModulesDir();
  if (line.manifest.empty()) line.manifest = line.modules_dir + "/manifest.json";
  return readManifest(line.manifest);
}

std::vector<reports::CheckInfo> checksOf(const std::vector<RealModule>& modules) {
  std::vector<reports::CheckInfo> checks;
  for (const RealModule& module : modules) {
    checks.push_back({.check = std::string(kPrefix) + module.name,
                      .properties = properties(),
                      .covered = std::string(kCovered)});
  }
  return checks;
}

void addOptions(CLI::App& app, CommandLine& line) {
  app.add_option("--modules-dir", line.modules_dir,
                 "The folder with manifest.json and node_modules (default: corpus/modules above\n"
                 "this program, or $SIGPROOF_MODULES_DIR)")
      ->type_name("DIR");
  app.add_option("--manifest", line.manifest, "Another manifest than that folder's")
      ->type_name("FILE");
}

int run(int argc, const char* const* argv) {
  CommandLine line;
  reports::CheckMain program(
      "sigproof-real-modules",
      "Runs WebAssembly modules from npm packages that were made to listen for signals.");
  addOptions(program.app(), line);
  program.onList([&] { return checksOf(readModules(line)); });
  program.onRun([&](const std::string& check) {
    const std::vector<RealModule> modules = readModules(line);
    return runOne(line, findModule(modules, check));
  });
  return program.run(argc, argv);
}

}  // namespace
}  // namespace sigproof::modules

// NOLINTNEXTLINE(bugprone-exception-escape): no memory for a message is as good as a crash
int main(int argc, char** argv) { return sigproof::modules::run(argc, argv); }
