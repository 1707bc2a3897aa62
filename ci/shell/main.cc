// sigproof-shell runs JavaScript and WebAssembly with core installed: to try a module by hand, and
// to reproduce a failure.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "ci/shell/shell.h"
#include "core/v8/testing/isolate.h"
#include "core/v8/testing/read_file.h"

namespace sigproof::shell {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
// Walking a list of a million entries takes some milliseconds. A larger number is surely a mistake.
constexpr std::size_t kMaxEntriesLimit = 1'000'000;

constexpr const char* kDescription =
    "A small JavaScript shell (V8) whose WebAssembly tells modules that their CPU time is nearly\n"
    "spent. Runs the scripts in order, in one context, and waits for their promises; without a\n"
    "script it reads standard input, line by line if that is a terminal.";

constexpr const char* kFooter =
    "What a script finds beside the language:\n"
    "  print(...)                 a line on standard output\n"
    "  readFile(path)             the file's bytes, a Uint8Array\n"
    "  gc()                       collects all garbage and drops the entries of dead instances\n"
    "  quit(code)                 ends the shell at once\n"
    "  arguments                  what stands after -- on the command line\n"
    "  sigproof.outcomes()        how often each registration outcome came, by name\n"
    "  sigproof.registrations()   entries, also those that are dead but not yet dropped\n"
    "  sigproof.deliver()         writes 24 to the signal words; how many were written\n"
    "  sigproof.clear()           the budget was renewed: writes 0 there; how many\n"
    "  sigproof.markTerminated()  writes 1 to the terminated words; how many\n"
    "With --shim off all of sigproof's counts are 0 and WebAssembly is the engine's own.\n"
    "\n"
    "Example: does my module listen?\n"
    "  sigproof-shell -e 'new WebAssembly.Instance(new WebAssembly.Module(readFile(\"my.wasm\")))\n"
    "                     print(JSON.stringify(sigproof.outcomes()))'\n"
    "\n"
    "Exit code: 0; 1 after an uncaught exception or an unhandled rejection; 2 when the command "
    "line\n"
    "is wrong or a script can't be read; or what was given to quit().";

struct Script {
  std::string name;
  std::string source;
};

struct CommandLine {
  std::vector<std::string> files;
  std::vector<std::string> expressions;
  std::vector<std::string> arguments;
  std::string shim = "on";
  std::string protocol = "address";
  std::string async_compilation = "off";
  std::size_t max_entries = SignalRegistry<>::kDefaultMaxEntries;
};

void addOptions(CLI::App& app, CommandLine& line) {
  const CLI::IsMember on_or_off({"on", "off"});
  app.add_option("SCRIPT", line.files, "Script files")->type_name("");
  app.add_option("-e,--eval", line.expressions, "A script itself; runs after the files")
      ->allow_extra_args(false)
      ->type_name("SCRIPT");
  app.add_option("--shim", line.shim, "Whether core is installed")
      ->check(on_or_off)
      ->type_name("")
      ->capture_default_str();
  app.add_option("--protocol", line.protocol,
                 "address: __signal_address and __terminated_address;\n"
                 "instance: __instance_signal, __instance_terminated or both")
      ->check(CLI::IsMember({"address", "instance"}))
      ->type_name("")
      ->capture_default_str();
  app.add_option("--async-compilation", line.async_compilation,
                 "Whether WebAssembly.instantiate(bytes) compiles in the background;\n"
                 "off, it settles at once, as in the fuzz targets")
      ->check(on_or_off)
      ->type_name("")
      ->capture_default_str();
  app.add_option("--max-entries", line.max_entries, "The most entries that the isolate may have")
      ->check(CLI::Range(kMaxEntriesLimit))
      ->type_name("N")
      ->capture_default_str();
}

// Reads all scripts before any runs, so that a wrong name leaves nothing half done.
std::vector<Script> readScripts(const CommandLine& line) {
  std::vector<Script> scripts;
  for (const std::string& file : line.files) {
    const auto bytes = host::readFile(file);
    scripts.push_back({file, {bytes.begin(), bytes.end()}});
  }
  for (const std::string& expression : line.expressions) scripts.push_back({"-e", expression});
  if (scripts.empty() && isatty(STDIN_FILENO) == 0) {
    scripts.push_back({"stdin", {std::istreambuf_iterator<char>(std::cin), {}}});
  }
  return scripts;
}

// Runs line by line. An error ends the line, not the shell.
void runPrompt(Shell& shell) {
  fmt::print("{}. sigproof.outcomes(), print(...), quit(); end of input leaves.\n",
             host::engineVersion());
  std::string line;
  for (int number = 1;; ++number) {
    fmt::print("> ");
    (void)std::fflush(stdout);
    if (!std::getline(std::cin, line)) break;
    (void)shell.runAndPrint(fmt::format("line-{}", number), line);
  }
  fmt::print("\n");
}

int runScripts(const CommandLine& line) {
  const std::vector<Script> scripts = readScripts(line);
  host::initializeEngine({.async_compilation = line.async_compilation == "on"});
  Shell shell({.is_shim_on = line.shim == "on",
               .protocol = line.protocol == "instance" ? SignalProtocol::instance()
                                                       : SignalProtocol::address(),
               .max_entries = line.max_entries},
              line.arguments);
  for (const Script& script : scripts) {
    if (!shell.run(script.name, script.source)) return kExitFailed;
  }
  if (scripts.empty()) runPrompt(shell);
  return 0;
}

int run(std::vector<std::string> words) {
  CommandLine line;
  // CLI11 would take the words after "--" for script files.
  const auto separator = std::find(words.begin(), words.end(), "--");
  if (separator != words.end()) line.arguments.assign(separator + 1, words.end());
  words.erase(separator, words.end());

  CLI::App app(kDescription, "sigproof-shell");
  app.footer(kFooter);
  addOptions(app, line);
  try {
    std::reverse(words.begin(), words.end());  // CLI11 expects this order
    app.parse(words);
    return runScripts(line);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::Error& error) {
    fmt::print(stderr, "sigproof-shell: {} (see --help)\n", error.what());
  } catch (const std::exception& error) {
    fmt::print(stderr, "sigproof-shell: {}\n", error.what());
  }
  return kExitUsage;
}

}  // namespace
}  // namespace sigproof::shell

// NOLINTNEXTLINE(bugprone-exception-escape): if even a few words find no memory, a crash is right
int main(int argc, char** argv) { return sigproof::shell::run({argv + 1, argv + argc}); }
