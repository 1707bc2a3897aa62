// report: render a run's files again, also with the records of other runs.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/output/summary.h"
#include "reports/report_writer.h"

namespace sigproof::tool {
namespace {

// A check that ran in both counts as the newer run saw it: the one that is merged in.
void merge(std::vector<reports::Record>& records, const std::vector<reports::Record>& others) {
  for (const reports::Record& other : others) {
    const auto same = [&](const reports::Record& record) { return record.check == other.check; };
    const auto found = std::find_if(records.begin(), records.end(), same);
    if (found == records.end()) {
      records.push_back(other);
    } else {
      *found = other;
    }
  }
}

}  // namespace

void addReportCommand(CLI::App& app, CommandContext& context) {
  CLI::App* command =
      app.add_subcommand("report", "Make junit.xml and index.html again from results.json");
  command->footer(
      "Examples:\n"
      "  sigproof report build/report\n"
      "  sigproof report build/report --with build/bench --with build/coverage/report");
  const auto directory = std::make_shared<std::string>();
  const auto others = std::make_shared<std::vector<std::string>>();
  command->add_option("DIR", *directory, "The folder that holds results.json")->required();
  command->add_option("--with", *others,
                      "Folders of other runs: their records are taken into DIR's results, in place "
                      "of those of the same checks");
  command->callback([&context, directory, others] {
    const std::filesystem::path folder = *directory;
    auto [run, records] = reports::readResults(folder / "results.json");
    for (const std::string& other : *others) {
      merge(records, reports::readResults(std::filesystem::path(other) / "results.json").second);
    }
    reports::writeReport(folder, run, records);
    fmt::print("{}report: {}\n", summaryOf(run, records),
               context.workspace.shown(folder / "index.html"));
  });
}

}  // namespace sigproof::tool
