#include "ci/sigproof/checks/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string_view>

#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace {

using nlohmann::json;

struct Share {
  std::uint64_t all = 0;
  std::uint64_t reached = 0;

  void add(const CoveredThing& thing) {
    ++all;
    reached += thing.is_reached ? 1 : 0;
  }
  double value() const {
    return all == 0 ? 1 : static_cast<double>(reached) / static_cast<double>(all);
  }
};

// The number at `text`'s start; 0 where there is none, which is also what "-" of an unreached
// branch means.
std::uint64_t numberAt(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string trimmed(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : line.substr(begin);
}

bool isText(const json& value) { return value.is_string() && !value.get<std::string>().empty(); }

std::string memberOf(const json& entry, const char* name, const std::string& exceptions) {
  const auto found = entry.find(name);
  if (found == entry.end() || !isText(*found)) {
    throw UserError(
        fmt::format("{}: an entry has no text \"{}\": {}", exceptions, name, entry.dump()));
  }
  return *found;
}

// The texts of the array, or none.
std::vector<std::string> listOf(const json& entry, const char* name,
                                const std::string& exceptions) {
  const auto found = entry.find(name);
  if (found == entry.end()) return {};
  if (!found->is_array() || !std::ranges::all_of(*found, isText)) {
    throw UserError(
        fmt::format("{}: \"{}\" is no array of texts: {}", exceptions, name, entry.dump()));
  }
  return *found;
}

std::size_t placesOf(const json& entry, const std::string& exceptions) {
  const auto found = entry.find("places");
  if (found == entry.end()) return 1;
  if (!found->is_number_unsigned() || *found == 0U) {
    throw UserError(
        fmt::format("{}: \"places\" is no number above 0: {}", exceptions, entry.dump()));
  }
  return *found;
}

// The end of a block has no code of its own.
bool endsBlock(const std::string& code) { return code == "}" || code == "} else {"; }

// An unreached thing, as the report lists it.
json unreachedJson(const CoveredFile& file, const CoveredThing& thing, const std::string& code,
                   const std::string& reason) {
  return {{"place", fmt::format("{}:{}", file.file, thing.line)},
          {"what", thing.is_branch ? "branch" : "line"},
          {"code", code},
          {"reason", reason.empty() ? "NOT ARGUED" : reason}};
}

}  // namespace

CoverageAim unitTestAim() {
  return {.check = "coverage/core",
          .bar = 0.98,
          .exceptions = "core/coverage_exceptions.json",
          .covered =
              "core/*.h, core/*.cc and core/v8 under core's own unit tests; each "
              "instantiation of a template counts as the same code",
          .replay = "ci/coverage"};
}

CoverageAim corpusAim() {
  return {.check = "coverage/corpus",
          .bar = 0.95,
          .exceptions = "fuzz/coverage_exceptions.json",
          .covered =
              "core's list, registration and shim under the stored inputs of all fuzz "
              "targets (corpus/seeds, corpus/crashes) and nothing else",
          .replay = "ci/coverage --corpus"};
}

std::vector<CoveredFile> readLcov(const std::string& text, const std::string& root) {
  std::vector<CoveredFile> files;
  bool is_wanted = false;
  bool is_lcov = false;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    const std::string_view view = line;
    if (view.starts_with("SF:")) {
      is_lcov = true;
      is_wanted = view.substr(3).starts_with(root);
      if (is_wanted) files.push_back({line.substr(3 + root.size()), {}});
    } else if (is_wanted && view.starts_with("DA:")) {
      const std::string_view count = view.substr(view.find(',') + 1);
      files.back().things.push_back({numberAt(view.substr(3)), false, numberAt(count) != 0});
    }
  }
  if (!is_lcov) throw UserError("llvm-cov's report names no file; run ci/coverage again");
  return files;
}

void readBranches(const std::string& json_text, const std::string& root,
                  std::vector<CoveredFile>& files) {
  // Line, column, and which way.
  using Way = std::array<std::uint64_t, 3>;
  const json report = json::parse(json_text, nullptr, false);
  try {
    for (const json& entry : report.at("data").at(0).at("files")) {
      const auto name = entry.at("filename").get<std::string>();
      const auto file = std::find_if(files.begin(), files.end(), [&](const CoveredFile& known) {
        return root + known.file == name;
      });
      if (file == files.end()) continue;
      std::map<Way, bool> ways;
      for (const json& branch : entry.at("branches")) {
        for (std::uint64_t way = 0; way < 2; ++way) {
          const Way key{branch.at(0).get<std::uint64_t>(), branch.at(1).get<std::uint64_t>(), way};
          const bool is_reached = branch.at(4 + way).get<std::uint64_t>() != 0;
          ways[key] = ways[key] || is_reached;
        }
      }
      for (const auto& [way, is_reached] : ways) {
        file->things.push_back({way[0], true, is_reached});
      }
    }
  } catch (const json::exception& error) {
    throw UserError(std::string("llvm-cov's JSON is not of the form that is known: ") +
                    error.what());
  }
}

std::vector<CoverageException> readExceptions(const std::string& json_text,
                                              const std::string& file) {
  const json entries = json::parse(json_text, nullptr, false);
  if (!entries.is_array()) throw UserError(file + " is no array of JSON");
  std::vector<CoverageException> exceptions;
  for (const json& entry : entries) {
    const std::size_t before = exceptions.size();
    for (const bool is_branch : {false, true}) {
      for (const std::string& code : listOf(entry, is_branch ? "branches" : "lines", file)) {
        exceptions.push_back({.file = memberOf(entry, "file", file),
                              .is_branch = is_branch,
                              .code = code,
                              .reason = memberOf(entry, "reason", file),
                              .places = placesOf(entry, file)});
      }
    }
    if (exceptions.size() == before) {
      throw UserError(
          fmt::format("{}: an entry argues for no line and no branch: {}", file, entry.dump()));
    }
  }
  return exceptions;
}

reports::Record judgeCoverage(
    const CoverageAim& aim, const std::vector<CoveredFile>& files,
    const std::vector<CoverageException>& exceptions,
    const std::function<std::string(const std::string&, std::uint64_t)>& source_line) {
  reports::Record record;
  record.check = aim.check;
  record.kind = reports::Kind::kCoverage;
  std::vector<std::set<std::uint64_t>> argued_lines(exceptions.size());
  const auto reason_for = [&](const CoveredFile& file, const CoveredThing& thing,
                              const std::string& code) -> std::string {
    for (std::size_t i = 0; i < exceptions.size(); ++i) {
      const CoverageException& exception = exceptions[i];
      if (exception.file != file.file || exception.is_branch != thing.is_branch ||
          code.find(exception.code) == std::string::npos) {
        continue;
      }
      argued_lines[i].insert(thing.line);
      return exception.reason;
    }
    return "";
  };

  Share lines;
  Share branches;
  std::size_t unargued = 0;
  json table = json::array();
  json unreached = json::array();
  for (const CoveredFile& file : files) {
    Share file_lines;
    Share file_branches;
    const CoveredThing* line_before = nullptr;
    std::string reason_before;
    for (const CoveredThing& thing : file.things) {
      (thing.is_branch ? file_branches : file_lines).add(thing);
      (thing.is_branch ? branches : lines).add(thing);
      const bool is_after_unreached = line_before != nullptr && !line_before->is_reached;
      if (!thing.is_branch) line_before = &thing;
      if (thing.is_reached) continue;
      const std::string code = trimmed(source_line(file.file, thing.line));
      const bool is_rest = !thing.is_branch && is_after_unreached && endsBlock(code);
      const std::string reason = is_rest ? reason_before : reason_for(file, thing, code);
      if (!thing.is_branch) reason_before = reason;
      unargued += reason.empty() ? 1 : 0;
      unreached.push_back(unreachedJson(file, thing, code, reason));
    }
    // As rows of one array, so that they are not taken for shares of a total.
    table.push_back({{"file", file.file},
                     {"lines", file_lines.all},
                     {"lines_reached", file_lines.reached},
                     {"branches", file_branches.all},
                     {"branches_reached", file_branches.reached}});
  }
  json stale = json::array();
  for (std::size_t i = 0; i < exceptions.size(); ++i) {
    if (argued_lines[i].size() == exceptions[i].places) continue;
    stale.push_back(fmt::format("{}: {}: argues for {} places, not {}", exceptions[i].file,
                                exceptions[i].code, argued_lines[i].size(), exceptions[i].places));
  }

  const bool is_passed = lines.value() >= aim.bar && branches.value() >= aim.bar && unargued == 0 &&
                         stale.empty() && lines.all != 0;
  record.verdict = is_passed ? reports::Verdict::kPassed : reports::Verdict::kFailed;
  record.executions = branches.all;
  record.engine = "llvm-cov 19";
  record.summary = fmt::format(
      "{:.1f} % of {} lines and {:.1f} % of {} branches reached, {} % asked; {} unreached, of "
      "which "
      "{} not argued; {} stale exceptions",
      lines.value() * 100, lines.all, branches.value() * 100, branches.all, aim.bar * 100,
      unreached.size(), unargued, stale.size());
  record.covered = aim.covered;
  record.cannot_see = "Whether a test that reaches a line would notice if it were wrong.";
  record.replay = aim.replay;
  record.detail = {{"files", table}, {"unreached", unreached}};
  if (!stale.empty()) record.detail["stale_exceptions"] = stale;
  return record;
}

}  // namespace sigproof::tool
