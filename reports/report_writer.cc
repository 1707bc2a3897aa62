#include "reports/report_writer.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "reports/html/html_report.h"
#include "reports/junit_report.h"
#include "reports/record/atomic_file.h"
#include "reports/record/explain.h"
#include "reports/record/validate.h"

namespace sigproof::reports {
namespace {

nlohmann::json runToJson(const RunInfo& run) {
  return {{"commit", run.commit},   {"started_at", run.started_at},
          {"command", run.command}, {"machine", run.machine},
          {"seed", run.seed},       {"seconds", run.seconds}};
}

RunInfo runFromJson(const nlohmann::json& json) {
  return {.commit = json.at("commit"),
          .started_at = json.at("started_at"),
          .command = json.at("command"),
          .machine = json.at("machine"),
          .seed = json.at("seed"),
          .seconds = json.at("seconds")};
}

std::string resultsText(const RunInfo& run, const std::vector<Record>& records) {
  nlohmann::json list = nlohmann::json::array();
  for (const Record& record : records) {
    list.push_back(toJson(record));
    const auto errors = schemaErrors(list.back());
    if (errors.empty()) continue;
    throw std::runtime_error("the record of '" + record.check + "' breaks the schema " +
                             errors.front() + "; correct the check that printed it");
  }
  const nlohmann::json results{{"run", runToJson(run)}, {"records", std::move(list)}};
  // What a child printed need not be UTF-8.
  return results.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

std::string readFile(const std::filesystem::path& path) {
  const auto fail = [&](int error) {
    throw std::runtime_error("can't read " + path.string() + ": " +
                             std::generic_category().message(error) +
                             "; ci/verify writes such a file");
  };
  std::error_code ignored;  // opening it tells the reason
  if (std::filesystem::is_directory(path, ignored)) fail(EISDIR);
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream.is_open()) fail(errno);
  std::string content{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) fail(errno);
  return content;
}

// The verdicts stand in results.json. Beside them is no page of another run.
void writeIfMade(const std::filesystem::path& path, const Explained<std::string>& content) {
  if (content.value) return writeFileWhole(path, *content.value);
  std::error_code ignored;  // there was none
  std::filesystem::remove(path, ignored);
}

}  // namespace

void writeReport(const std::filesystem::path& directory, const RunInfo& run,
                 const std::vector<Record>& records) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (!std::filesystem::is_directory(directory)) {
    throw std::runtime_error(
        "can't make the folder " + directory.string() + ": " +
        (error ? error : std::make_error_code(std::errc::not_a_directory)).message() +
        "; give another one with --out");
  }
  // All three are made before the first is written, so that they come from one run.
  const std::string results = resultsText(run, records);
  const auto junit = tryToExplain("junit.xml", [&] { return junitReport(run, records); });
  const auto html = tryToExplain("index.html", [&] { return htmlReport(run, records); });
  writeFileWhole(directory / "results.json", results);
  writeIfMade(directory / "junit.xml", junit);
  writeIfMade(directory / "index.html", html);
  for (const std::string& note : {junit.note, html.note}) {
    if (!note.empty()) throw std::runtime_error(note + "; results.json is written");
  }
}

std::pair<RunInfo, std::vector<Record>> readResults(const std::filesystem::path& results_json) {
  const std::string content = readFile(results_json);
  try {
    const auto json = nlohmann::json::parse(content);
    std::pair<RunInfo, std::vector<Record>> results{runFromJson(json.at("run")), {}};
    for (const auto& record : json.at("records")) {
      const auto errors = schemaErrors(record);
      if (!errors.empty()) {
        throw std::runtime_error("record " + std::to_string(results.second.size()) + ' ' +
                                 errors.front());
      }
      results.second.push_back(recordFromJson(record));
    }
    return results;
  } catch (const std::exception& error) {
    throw std::runtime_error(
        results_json.string() +
        " is not a whole results file, run ci/verify again to get one: " + error.what());
  }
}

}  // namespace sigproof::reports
