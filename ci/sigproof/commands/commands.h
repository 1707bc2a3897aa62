// The subcommands of the tool. Each function adds its own to the command line; what a subcommand
// does runs while the line is parsed and leaves its exit status in the context.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "ci/sigproof/process/workspace.h"

namespace sigproof::tool {

/// Parts of the command line and its outcome.
struct CommandContext {
  Workspace workspace;
  std::string command;  ///< all that was typed
  int exit_status = 0;
};

/// Seeds are libFuzzer's: 32 bits, and not 0, which it takes for "any".
inline const CLI::Range kSeedRange(1U, 4294967295U);

void addCheckCommands(CLI::App& app,
                      CommandContext& context);               // model, step, real-module, benchmark
void addFuzzCommand(CLI::App& app, CommandContext& context);  // fuzz
void addPeerCommand(CLI::App& app, CommandContext& context);  // peer
void addReproCommand(CLI::App& app, CommandContext& context);     // repro
void addMutantsCommand(CLI::App& app, CommandContext& context);   // mutants
void addVerifyCommand(CLI::App& app, CommandContext& context);    // verify
void addReportCommand(CLI::App& app, CommandContext& context);    // report
void addShellCommand(CLI::App& app, CommandContext& context);     // shell
void addBenchCommand(CLI::App& app, CommandContext& context);     // bench
void addCoverageCommand(CLI::App& app, CommandContext& context);  // coverage

}  // namespace sigproof::tool
