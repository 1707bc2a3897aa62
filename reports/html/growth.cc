#include "reports/html/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "reports/html/html_checks.h"

namespace sigproof::reports {
namespace {

// What runs concurrently with the owner.
struct Concurrency {
  unsigned readers = 0;
  unsigned handlers_on_owner = 0;
  unsigned handlers_on_reader = 0;

  auto operator<=>(const Concurrency&) const = default;
};

struct Point {
  std::uint64_t executions = 0;
  double seconds = 0;
  bool is_exhausted = false;
  std::string search;  // "full", "bound:3"
  std::string check;
};

using Line = std::map<unsigned, Point>;  // by operations
using Lines = std::map<Concurrency, Line>;

std::uint64_t countMember(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  const bool is_count =
      found != json.end() && found->is_number_integer() && found->get<std::int64_t>() >= 0;
  return is_count ? found->get<std::uint64_t>() : 0;
}

unsigned smallMember(const nlohmann::json& json, const char* name) {
  constexpr std::uint64_t kLargest = 99;
  return static_cast<unsigned>(std::min(countMember(json, name), kLargest));
}

std::string textMember(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

// By series.
std::map<std::string, Lines> readLines(const std::vector<Record>& records) {
  std::map<std::string, Lines> series;
  for (const Record& record : records) {
    const auto growth = record.detail.find("growth");
    if (growth == record.detail.end() || !growth->is_object()) continue;
    const std::string name = textMember(*growth, "series");
    const std::uint64_t executions = countMember(*growth, "executions");
    if (name.empty() || executions == 0 || record.verdict != Verdict::kPassed) continue;
    const auto seconds = growth->find("seconds");
    const Concurrency concurrency{.readers = smallMember(*growth, "readers"),
                                  .handlers_on_owner = smallMember(*growth, "handlers_on_owner"),
                                  .handlers_on_reader = smallMember(*growth, "handlers_on_reader")};
    series[name][concurrency][smallMember(*growth, "operations")] = {
        .executions = executions,
        .seconds = seconds != growth->end() && seconds->is_number() ? seconds->get<double>() : 0,
        .is_exhausted = record.exhausted,
        .search = textMember(*growth, "search"),
        .check = record.check};
  }
  return series;
}

std::string counted(unsigned count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::string nameOf(const Concurrency& concurrency) {
  std::string name;
  const auto add = [&](const std::string& part) { name += (name.empty() ? "" : ", ") + part; };
  if (concurrency.readers > 0) add(counted(concurrency.readers, "reader"));
  if (concurrency.handlers_on_owner > 0) {
    add(counted(concurrency.handlers_on_owner, "handler") + " on the owner");
  }
  if (concurrency.handlers_on_reader > 0) {
    add(counted(concurrency.handlers_on_reader, "handler") + " on a reader");
  }
  return name.empty() ? "the owner alone" : name;
}

// --- chart: operations to the right, executions upwards, on a scale of powers of ten

constexpr double kWidth = 640;
constexpr double kHeight = 340;
constexpr double kLeft = 80;
constexpr double kBottom = 40;
constexpr double kTop = 14;
constexpr double kRight = 16;
constexpr std::size_t kColours = 10;  // report.css has this many

class Chart {
 public:
  explicit Chart(const Lines& lines) : lines_(lines) {
    for (const auto& [concurrency, line] : lines) {
      for (const auto& [operations, point] : line) {
        first_ = std::min(first_, operations);
        last_ = std::max(last_, operations);
        decades_ = std::max(decades_, std::ceil(std::log10(static_cast<double>(point.executions))));
      }
    }
  }

  Markup paint() const {
    Markup content = axes();
    std::size_t number = 0;
    for (const auto& [concurrency, line] : lines_) content += paintLine(line, number++);
    return element("svg",
                   {{"class", "growth"},
                    {"role", "img"},
                    {"aria-label", "executions against operations; the table has the numbers"},
                    {"viewBox", fmt::format("0 0 {} {}", kWidth, kHeight)}},
                   content);
  }

 private:
  double x(unsigned operations) const {
    const double span = std::max(1U, last_ - first_);
    return kLeft + (kWidth - kLeft - kRight) * (operations - first_) / span;
  }
  double y(double executions) const {
    const double share = std::log10(std::max(1.0, executions)) / decades_;
    return kHeight - kBottom - (kHeight - kBottom - kTop) * share;
  }

  static Markup label(double x, double y, std::string_view anchor, const std::string& value) {
    return element("text",
                   {{"x", fmt::format("{:.1f}", x)},
                    {"y", fmt::format("{:.1f}", y)},
                    {"text-anchor", std::string(anchor)}},
                   text(value));
  }

  Markup axes() const {
    Markup axes;
    for (double decade = 0; decade <= decades_; ++decade) {
      const double executions = std::pow(10, decade);
      axes += element("path",
                      {{"class", "grid"},
                       {"d", fmt::format("M{} {:.1f} H{}", kLeft, y(executions), kWidth - kRight)}},
                      {}) +
              label(kLeft - 8, y(executions) + 4, "end",
                    formatCount(static_cast<std::uint64_t>(std::llround(executions))));
    }
    for (unsigned operations = first_; operations <= last_; ++operations) {
      axes += label(x(operations), kHeight - kBottom + 18, "middle", std::to_string(operations));
    }
    return axes + label((kLeft + kWidth - kRight) / 2, kHeight - 4, "middle",
                        "operations of the owner while the others run");
  }

  // A line joins only exhausted searches, because counts of other searches don't compare.
  Markup paintLine(const Line& line, std::size_t number) const {
    const std::string colour = fmt::format("colour{}", number % kColours);
    std::string path;
    Markup dots;
    for (const auto& [operations, point] : line) {
      const double px = x(operations);
      const double py = y(static_cast<double>(point.executions));
      if (point.is_exhausted)
        path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", px, py);
      dots += element("circle",
                      {{"class", colour + (point.is_exhausted ? "" : " bounded")},
                       {"cx", fmt::format("{:.1f}", px)},
                       {"cy", fmt::format("{:.1f}", py)},
                       {"r", "4"}},
                      element("title", text(fmt::format("{}: {} executions", point.check,
                                                        formatCount(point.executions)))));
    }
    return element("path", {{"class", "line " + colour}, {"d", path.empty() ? "M0 0" : path}}, {}) +
           dots;
  }

  const Lines& lines_;
  unsigned first_ = 99;
  unsigned last_ = 0;
  double decades_ = 1;
};

// --- table

// Returns "bound:4" as words.
std::string searchInWords(const std::string& search) {
  constexpr std::string_view kBound = "bound:";
  if (!search.starts_with(kBound)) return search;
  return fmt::format("at most {} preemptions", search.substr(kBound.size()));
}

Markup cellOf(const Point& point) {
  Markup content =
      element("a", {{"href", '#' + anchorOf(point.check)}}, text(formatCount(point.executions))) +
      element("small", text(formatSeconds(point.seconds)));
  if (!point.is_exhausted) content += element("small", text(searchInWords(point.search)));
  return element("td", {{"class", point.is_exhausted ? "number" : "number bounded"}}, content);
}

Markup table(const Lines& lines) {
  std::set<unsigned> columns;
  for (const auto& [concurrency, line] : lines) {
    for (const auto& [operations, point] : line) columns.insert(operations);
  }
  Markup head = element("th", text("besides the owner"));
  for (const unsigned operations : columns) {
    head += element("th", {{"class", "number"}}, text(counted(operations, "operation")));
  }
  Markup rows = element("tr", head);
  std::size_t number = 0;
  for (const auto& [concurrency, line] : lines) {
    const std::string swatch = fmt::format("swatch colour{}", number++ % kColours);
    Markup cells = element("th", element("i", {{"class", swatch}}, {}) + text(nameOf(concurrency)));
    for (const unsigned operations : columns) {
      const auto point = line.find(operations);
      cells += point == line.end() ? element("td", text("")) : cellOf(point->second);
    }
    rows += element("tr", cells);
  }
  return element("div", {{"class", "scroll"}}, element("table", {{"class", "growth"}}, rows));
}

}  // namespace

Markup growthSection(const std::vector<Record>& records) {
  Markup parts;
  for (const auto& [name, lines] : readLines(records)) {
    parts += element("h3", text("Owner: " + name)) + Chart(lines).paint() + table(lines);
  }
  if (parts.isEmpty()) return {};
  return element("section", {{"id", "growth"}},
                 element("h2", text("How the search grows")) +
                     element("p", {{"class", "introduction"}},
                             text("Executions of the models of this run, and seconds, by the "
                                  "number of operations and by who takes part. Full dots: every "
                                  "execution was searched. Hollow ones: the full search did not "
                                  "end within its budget, and this many were all with at most the "
                                  "preemptions that the table names.")) +
                     parts);
}

}  // namespace sigproof::reports
