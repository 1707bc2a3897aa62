// coverage: judges what llvm-cov found, and writes the record.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "ci/sigproof/checks/coverage.h"
#include "ci/sigproof/commands/commands.h"
#include "ci/sigproof/output/summary.h"
#include "ci/sigproof/process/user_error.h"
#include "ci/sigproof/runs/run_info.h"
#include "ci/sigproof/runs/run_report.h"
#include "reports/report_writer.h"

namespace sigproof::tool {
namespace {

std::string textOf(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream.is_open()) throw UserError("can't read " + path.string() + "; run ci/coverage");
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A line of a source file, counted from 1.
std::string sourceLine(const std::filesystem::path& file, std::uint64_t line) {
  std::ifstream stream(file);
  std::string text;
  for (std::uint64_t i = 0; i < line && std::getline(stream, text); ++i) {
  }
  return text;
}

int coverage(const CommandContext& context, const CoverageAim& aim,
             const std::filesystem::path& folder, const std::string& out) {
  const std::filesystem::path root = context.workspace.source_root;
  std::vector<CoveredFile> files = readLcov(textOf(folder / "core.lcov"), root.string() + "/");
  readBranches(textOf(folder / "core.json"), root.string() + "/", files);
  const auto record = judgeCoverage(
      aim, files, readExceptions(textOf(root / aim.exceptions), aim.exceptions),
      [&](const std::string& file, std::uint64_t line) { return sourceLine(root / file, line); });
  reports::RunInfo run = describeRun(context.workspace, context.command, 0);
  run.seed = "";
  for (const auto& file : record.detail.at("files")) {
    fmt::print("{:<40} lines {:>4} of {:>4}   branches {:>4} of {:>4}\n",
               file.at("file").get<std::string>(), file.at("lines_reached").get<std::uint64_t>(),
               file.at("lines").get<std::uint64_t>(),
               file.at("branches_reached").get<std::uint64_t>(),
               file.at("branches").get<std::uint64_t>());
  }
  for (const auto& thing : record.detail.at("unreached")) {
    if (thing.at("reason") != "NOT ARGUED") continue;
    fmt::print("not argued: {} {}: {}\n", thing.at("what").get<std::string>(),
               thing.at("place").get<std::string>(), thing.at("code").get<std::string>());
  }
  for (const auto& exception : record.detail.value("stale_exceptions", nlohmann::json::array())) {
    fmt::print("stale exception: {}\n", exception.get<std::string>());
  }
  fmt::print("{}\n", record.summary);
  return withReport(exitStatusOf({record}), context.workspace, out, run, {record});
}

}  // namespace

void addCoverageCommand(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand(
      "coverage", "Judge what of core its tests reach; ci/coverage measures it and calls this");
  const auto folder = std::make_shared<std::string>();
  const auto out = std::make_shared<std::string>("build/coverage/report");
  command->add_option("DIR", *folder, "Holds what llvm-cov exported: core.lcov and core.json")
      ->required();
  command->add_option("--out", *out, "Where the report goes")->capture_default_str();
  const auto is_corpus = std::make_shared<bool>(false);
  command->add_flag("--corpus", *is_corpus,
                    "It was the stored inputs of the fuzz targets that ran");
  command->callback([&context, folder, out, is_corpus] {
    context.exit_status =
        coverage(context, *is_corpus ? corpusAim() : unitTestAim(), *folder, *out);
  });
}

}  // namespace sigproof::tool
