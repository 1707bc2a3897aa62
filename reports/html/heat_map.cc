#include "reports/html/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "reports/html/html_checks.h"

namespace sigproof::reports {
namespace {

// The result of one check on one mutant.
struct HeatCell {
  std::string outcome;  // "caught", "missed", "no verdict", "not run", ...
  double seconds = 0;
  std::uint64_t executions = 0;
};

struct HeatRow {
  const Record* record = nullptr;
  std::map<std::string, HeatCell> cells;  // by check
};

std::string wordOf(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

// The time of a campaign is the median of its seeds.
double secondsOf(const nlohmann::json& attempt) {
  const auto found = attempt.find(attempt.contains("median_s") ? "median_s" : "seconds");
  return found != attempt.end() && found->is_number() ? found->get<double>() : 0;
}

std::uint64_t executionsOf(const nlohmann::json& attempt) {
  const auto found = attempt.find("executions");
  const bool is_count =
      found != attempt.end() && found->is_number_integer() && found->get<std::int64_t>() >= 0;
  return is_count ? found->get<std::uint64_t>() : 0;
}

std::vector<HeatRow> heatRows(const std::vector<Record>& records) {
  std::vector<HeatRow> rows;
  for (const Record& record : records) {
    if (record.kind != Kind::kMutant) continue;
    const auto attempts = record.detail.find("caught_by");
    if (attempts == record.detail.end() || !attempts->is_array()) continue;
    HeatRow row{.record = &record, .cells = {}};
    for (const auto& attempt : *attempts) {
      if (!attempt.is_object()) continue;
      const std::string check = wordOf(attempt, "check");
      const std::string outcome = wordOf(attempt, "outcome");
      if (check.empty() || outcome.empty()) continue;
      row.cells[check] = {outcome, secondsOf(attempt), executionsOf(attempt)};
    }
    if (!row.cells.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

// Sorts by kind, in the order in which reports show kinds, then by name.
std::size_t rankOfKind(const std::string& check) {
  const std::string kind = check.substr(0, check.find('/'));
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (toString(kKinds.at(i)) == kind) return i;
  }
  return kKinds.size();
}

std::vector<std::string> heatColumns(const std::vector<HeatRow>& rows) {
  std::vector<std::string> columns;
  for (const HeatRow& row : rows) {
    for (const auto& [check, cell] : row.cells) columns.push_back(check);
  }
  std::ranges::sort(columns, {},
                    [](const std::string& check) { return std::pair(rankOfKind(check), check); });
  const auto repeated = std::ranges::unique(columns);
  columns.erase(repeated.begin(), repeated.end());
  return columns;
}

// Returns the class of report.css: the slower, the darker.
std::string heatOf(double seconds) {
  constexpr std::array kSteps{0.1, 1.0, 10.0, 60.0};
  std::size_t heat = 0;
  while (heat < kSteps.size() && seconds >= kSteps.at(heat)) ++heat;
  return fmt::format("heat{}", heat);
}

// Returns seconds without a unit, so that many columns fit.
std::string shortSeconds(double seconds) {
  if (seconds < 0.995) return fmt::format("{:.2f}", seconds);
  return seconds < 9.95 ? fmt::format("{:.1f}", seconds) : fmt::format("{:.0f}", seconds);
}

Markup heatCell(const HeatRow& row, const std::string& check, const HeatCell& cell) {
  const bool is_accepted = isAccepted(*row.record);
  std::string style = "none";
  std::string word = cell.outcome;
  if (cell.outcome == "caught") {
    style = heatOf(cell.seconds);
    word = shortSeconds(cell.seconds);
  } else if (cell.outcome == "missed") {
    style = is_accepted ? "accepted" : "missed";
    word = is_accepted ? "accepted" : "missed";
  }
  const std::string title =
      fmt::format("{}: {} by {} ({}, {} executions)", row.record->check, cell.outcome, check,
                  formatSeconds(cell.seconds), formatCount(cell.executions));
  return element("td", {{"class", style}, {"title", title}}, text(word));
}

Markup heatHead(const std::vector<std::string>& columns) {
  Markup cells = element("th", text("known bug"));
  for (const std::string& check : columns) {
    cells += element("th", {{"class", "check"}, {"title", check}},
                     element("span", element("a", {{"href", '#' + anchorOf(check)}}, text(check))));
  }
  return element("tr", cells);
}

// The unmodified core. A check that fails on it catches nothing on a mutant.
Markup controlRow(const std::vector<Record>& records, const std::vector<std::string>& columns) {
  Markup cells = element("th", text("none (the control)"));
  bool is_there = false;
  for (const std::string& check : columns) {
    const auto found = std::ranges::find(records, check, &Record::check);
    if (found == records.end()) {
      cells += element("td", text(""));
      continue;
    }
    is_there = true;
    const bool is_sound = found->verdict == Verdict::kPassed;
    cells += element("td", {{"class", is_sound ? "control" : "missed"}, {"title", found->summary}},
                     text(is_sound ? "passed" : toString(found->verdict)));
  }
  return is_there ? element("tr", cells) : Markup();
}

Markup heatTable(const std::vector<Record>& records, const std::vector<HeatRow>& rows) {
  const std::vector<std::string> columns = heatColumns(rows);
  Markup body = heatHead(columns) + controlRow(records, columns);
  for (const HeatRow& row : rows) {
    const std::string& name = row.record->check;
    Markup cells = element("th", element("a", {{"href", '#' + anchorOf(name)}},
                                         text(name.substr(name.find('/') + 1))));
    for (const std::string& check : columns) {
      const auto cell = row.cells.find(check);
      cells +=
          cell == row.cells.end() ? element("td", text("")) : heatCell(row, check, cell->second);
    }
    body += element("tr", cells);
  }
  return element("div", {{"class", "scroll"}}, element("table", {{"class", "heat"}}, body));
}

Markup heatLegend() {
  constexpr std::array kWords{"under 0.1 s", "under 1 s", "under 10 s", "under a minute", "longer"};
  Markup items;
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    items += element("span", {{"class", fmt::format("swatch heat{}", i)}}, {}) +
             text(fmt::format(" {}  ", kWords.at(i)));
  }
  return element("p", {{"class", "heat"}}, items);
}

}  // namespace

Markup heatMapSection(const std::vector<Record>& records) {
  const std::vector<HeatRow> rows = heatRows(records);
  if (rows.empty()) return {};
  return element(
      "section", {{"id", "heat-map"}},
      element("h2", text("Known bugs against checkers")) +
          element(
              "p", {{"class", "introduction"}},
              text("A number: caught, in so many seconds. \"missed\": it must catch the bug and "
                   "did not. \"accepted\": no check catches this one, and its row says why. Empty: "
                   "not asked.")) +
          heatLegend() + heatTable(records, rows));
}

}  // namespace sigproof::reports
