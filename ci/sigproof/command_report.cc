// report: render a run's files again.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "ci/sigproof/commands.h"
#include "ci/sigproof/summary.h"
#include "reports/report_writer.h"

namespace sigproof::tool {

void addReportCommand(CLI::App& app, CommandContext& context) {
  CLI::App* command =
      app.add_subcommand("report", "Make junit.xml and index.html again from results.json");
  command->footer("Example:\n  sigproof report build/report");
  const auto directory = std::make_shared<std::string>();
  command->add_option("DIR", *directory, "The folder that holds results.json")->required();
  command->callback([&context, directory] {
    const std::filesystem::path folder = *directory;
    const auto [run, records] = reports::readResults(folder / "results.json");
    reports::writeReport(folder, run, records);
    fmt::print("{}report: {}\n", summaryOf(run, records),
               context.workspace.shown(folder / "index.html"));
  });
}

}  // namespace sigproof::tool
