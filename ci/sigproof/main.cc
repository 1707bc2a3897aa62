// sigproof: runs the checks and tells what came out. See --help.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/process/interruption.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/process/workspace.h"

namespace sigproof::tool {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  sigproof verify                       # all checks; the report goes to build/report\n"
    "  sigproof model run                    # all models\n"
    "  sigproof step run 'filter*'           # some of the stepping checks\n"
    "  sigproof fuzz run shim --seconds 60   # one fuzz target\n"
    "  sigproof peer run --seconds 60        # core beside workerd\n"
    "  sigproof repro FILE                   # what a crash file does\n"
    "  sigproof shell script.mjs             # try a module with core installed\n"
    "Exit status:\n"
    "  0  all that ran passed\n"
    "  1  a check failed or did not finish, a known bug survived, a crash reproduces\n"
    "  2  bad usage, or something is missing: one line on stderr says what to do\n"
    "  3  what was asked for can't run here\n"
    "  130  interrupted; nothing is left half written";

void declare(CLI::App& app, CommandContext& context, std::string& libexec) {
  app.require_subcommand(1);
  app.footer(kFooter);
  app.add_option("--libexec", libexec,
                 "Use the check programs of this folder, for example of a known bug: "
                 "build/mutants/NAME/libexec")
      ->envname("SIGPROOF_LIBEXEC");
  // Subcommands run while the line is parsed; this option is parsed before them.
  app.parse_complete_callback([&context, &libexec] {
    if (!libexec.empty()) context.workspace.libexec = std::filesystem::absolute(libexec);
  });
  addVerifyCommand(app, context);
  addCheckCommands(app, context);
  addFuzzCommand(app, context);
  addPeerCommand(app, context);
  addReproCommand(app, context);
  addMutantsCommand(app, context);
  addShellCommand(app, context);
  addReportCommand(app, context);
  addBenchCommand(app, context);
  addCoverageCommand(app, context);
}

int run(int argument_count, char** arguments) {
  installInterruptionHandlers();
  CommandContext context;
  context.workspace = Workspace::ofThisBuild();
  context.command = commandLine({arguments, arguments + argument_count});
  CLI::App app(
      "Sigproof: tells WebAssembly modules that their time is nearly spent, and tries to "
      "prove itself wrong.",
      "sigproof");
  std::string libexec;
  declare(app, context, libexec);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& error) {
    throw UserError(std::string(error.what()) + "; see --help");
  }
  return context.exit_status;
}

}  // namespace
}  // namespace sigproof::tool

int main(int argument_count, char** arguments) {
  using namespace sigproof::tool;
  try {
    return run(argument_count, arguments);
  } catch (const Interrupted&) {
    fmt::print(stderr, "sigproof: interrupted; what ran was ended, and no report was written\n");
    return kInterruptedStatus;
  } catch (const std::exception& error) {
    fmt::print(stderr, "sigproof: {}\n", error.what());
    return kUsageStatus;
  }
}
