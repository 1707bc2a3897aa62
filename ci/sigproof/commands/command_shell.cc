// shell: hand over to the JavaScript shell.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {

void addShellCommand(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand(
      "shell", "A JavaScript shell with core installed; `shell --help` says more");
  command->prefix_command();
  command->set_help_flag();
  command->callback([&context, command] {
    const std::string program = context.workspace.program("sigproof-shell").string();
    std::vector<std::string> words = command->remaining();
    words.insert(words.begin(), program);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(program.c_str(), arguments.data());
    throw UserError(
        fmt::format("can't run {}: {}", program, std::generic_category().message(errno)));
  });
}

}  // namespace sigproof::tool
