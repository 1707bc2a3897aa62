#include "reports/html/html_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>

#include "reports/html/interleaving.h"
#include "reports/record/explain.h"
#include "reports/record/property_mentions.h"

namespace sigproof::reports {
namespace {

struct KindText {
  std::string_view title;
  std::string_view executions;  // what a record's `executions` counts
  std::string_view introduction;
  std::string_view blind_to;
};

// Indexed by Kind.
constexpr std::array<KindText, kKinds.size()> kKindTexts{{
    {"Models", "executions",
     "Small programs around the production headers, run by Relacy in every order of their atomic "
     "steps, stale reads included.",
     "what the litmus tests among them (model/litmus_*) show that Relacy never reaches, what the "
     "compiler reorders, longer programs."},
    {"Stepping", "instructions",
     "The compiled production code with a handler run after each of its machine instructions.",
     "other threads, processors with a weaker memory order than this one."},
    {"Fuzzing", "runs",
     "Generated inputs through the whole system, judged by oracles that know what was generated.",
     "what the generator never makes."},
    {"Real modules", "modules",
     "Modules out of npm packages that people use, given the protocol's exports and instantiated.",
     "modules that the manifest does not name, and what a module does after it was instantiated."},
    {"Known bugs", "checks run",
     "Bugs put back into core, one at a time. One that a check must catch and doesn't fails the "
     "run: what that check passes shows nothing then. Some are accepted: no check catches them, "
     "and they say why.",
     "bugs of other shapes than these."},
    {"Unit tests", "tests",
     "The unit tests that must catch known bugs, under sanitizers, on core as it is.",
     "what no test asks for."},
    {"Coverage", "branches", "Which lines and branches of core its unit tests reach.",
     "whether a test that reaches a line would notice if it were wrong."},
    {"Benchmarks", "rounds",
     "What core costs, as ratios of processor times that were taken in turn in one run.",
     "other processors and compilers, and caches that other work has filled."},
}};

const KindText& textOf(Kind kind) { return kKindTexts.at(static_cast<std::size_t>(kind)); }

std::string memberText(const nlohmann::json& json, const char* member) {
  const auto found = json.find(member);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

Markup paragraph(std::string_view label, const Markup& content) {
  if (content.isEmpty()) return {};
  return element("div", {{"class", "fact"}}, element("dt", text(label)) + element("dd", content));
}

Markup command(const std::string& line) {
  return line.empty() ? Markup() : element("code", {{"class", "command"}}, text(line));
}

// --- detail -------------------------------------------------------------------------------------

// Shown as text of their own, or in another place.
constexpr std::array<std::string_view, 10> kOwnPlace{
    "trace",  "module_text", "output",    "not_explained", "interleaving",
    "origin", "description", "caught_by", "growth",        "accepted_because"};

Markup valueOf(const nlohmann::json& json);

std::string spoken(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// A record that was not read back from its text may hold signed integers.
bool isCount(const nlohmann::json& json) {
  return json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
}

bool isCounts(const nlohmann::json& json) {
  return json.is_object() && json.size() >= 2 && std::all_of(json.begin(), json.end(), isCount);
}

// Counts that are shares of one total, largest first.
Markup sharesTable(const nlohmann::json& counts) {
  std::vector<std::pair<std::uint64_t, std::string>> rows;
  double total = 0;
  for (const auto& [name, count] : counts.items()) {
    rows.emplace_back(count.get<std::uint64_t>(), name);
    total += count.get<double>();
  }
  std::sort(rows.begin(), rows.end(), std::greater<>());
  Markup body;
  for (const auto& [count, name] : rows) {
    const double percent = total > 0 ? 100 * static_cast<double>(count) / total : 0;
    const Markup bar =
        element("span", {{"class", "bar"}, {"style", fmt::format("width:{:.1f}%", percent)}}, {});
    body += element(
        "tr", element("th", text(spoken(name))) +
                  element("td", {{"class", "number"}}, text(formatCount(count))) +
                  element("td", {{"class", "number"}}, text(fmt::format("{:.1f} %", percent))) +
                  element("td", {{"class", "bars"}}, bar));
  }
  return element("table", {{"class", "shares"}}, body);
}

Markup rowsTable(const nlohmann::json& rows) {
  std::vector<std::string> columns;
  for (const auto& row : rows) {
    for (const auto& [name, value] : row.items()) {
      if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
    }
  }
  Markup head;
  for (const auto& column : columns) head += element("th", text(spoken(column)));
  Markup body;
  for (const auto& row : rows) {
    Markup cells;
    for (const auto& column : columns) {
      cells += element("td", row.contains(column) ? valueOf(row.at(column)) : Markup());
    }
    body += element("tr", cells);
  }
  return element("div", {{"class", "scroll"}},
                 element("table", {{"class", "inner"}}, element("tr", head) + body));
}

Markup members(const nlohmann::json& json) {
  Markup rows;
  for (const auto& [name, value] : json.items()) {
    rows += element("tr", element("th", text(spoken(name))) + element("td", valueOf(value)));
  }
  return element("table", {{"class", "inner"}}, rows);
}

Markup numberOf(const nlohmann::json& json) {
  if (isCount(json)) return text(formatCount(json.get<std::uint64_t>()));
  if (json.is_number_integer()) return text(std::to_string(json.get<std::int64_t>()));
  return text(fmt::format("{:.6g}", json.get<double>()));
}

Markup valueOf(const nlohmann::json& json) {
  if (json.is_null()) return text("none");
  if (json.is_boolean()) return text(json.get<bool>() ? "yes" : "no");
  if (json.is_number()) return numberOf(json);
  if (json.is_string()) {
    const auto& value = json.get_ref<const std::string&>();
    return value.find('\n') == std::string::npos ? text(value) : element("pre", text(value));
  }
  if (isCounts(json)) return sharesTable(json);
  if (json.is_object()) return json.empty() ? text("none") : members(json);
  const auto is_object = [](const nlohmann::json& value) { return value.is_object(); };
  if (!json.empty() && std::all_of(json.begin(), json.end(), is_object)) return rowsTable(json);
  Markup list;
  for (const auto& value : json) list += element("li", valueOf(value));
  return json.empty() ? text("none") : element("ul", list);
}

Markup detailFacts(const nlohmann::json& detail) {
  Markup facts;
  for (const auto& [name, value] : detail.items()) {
    if (std::find(kOwnPlace.begin(), kOwnPlace.end(), name) != kOwnPlace.end()) continue;
    facts += paragraph(spoken(name), valueOf(value));
  }
  return facts;
}

// `value` as text, in which each property that it names is a link to its paragraph.
Markup linked(std::string_view value) {
  Markup markup;
  std::size_t at = 0;
  for (const Mention& mention : mentionsIn(value)) {
    if (!mention.property) continue;
    markup += text(value.substr(at, mention.at - at)) +
              element("a",
                      {{"href", '#' + mention.property->anchor()},
                       {"title", std::string(mention.property->promise())}},
                      text(mention.id));
    at = mention.at + mention.id.size();
  }
  return markup + text(value.substr(at));
}

Markup block(std::string_view label, const Markup& content) {
  if (content.isEmpty()) return {};
  return element("figure",
                 element("figcaption", text(label)) + element("pre", {{"tabindex", "0"}}, content));
}

Markup evidence(const Record& record) {
  const std::string_view trace =
      record.kind == Kind::kModel ? "The interleaving" : "What was seen, step by step";
  Markup drawing;
  if (const auto found = record.detail.find("interleaving"); found != record.detail.end()) {
    drawing = drawn("the drawing of the interleaving", [&] { return interleavingDrawing(*found); });
  }
  if (!drawing.isEmpty()) {
    drawing = element("figure", element("figcaption", text("The interleaving, drawn: arrows lead "
                                                           "from a store to who reads it")) +
                                    drawing);
  }
  return drawing + block(trace, linked(memberText(record.detail, "trace"))) +
         block("The module", text(memberText(record.detail, "module_text"))) +
         block("What the check printed last", linked(memberText(record.detail, "output"))) +
         block("What could not be explained", text(memberText(record.detail, kNotExplained)));
}

// --- mutants ------------------------------------------------------------------------------------

Markup catcherLink(const nlohmann::json& catcher) {
  const std::string check = memberText(catcher, "check");
  Markup markup = element("a", {{"href", '#' + anchorOf(check)}}, element("code", text(check)));
  if (catcher.contains("seconds") && catcher.at("seconds").is_number()) {
    markup += text(" in " + formatSeconds(catcher.at("seconds").get<double>()));
  }
  return markup;
}

// `caught_by` lists every check that was tried; those that failed caught it.
Markup catchers(const Record& record) {
  const auto tried = record.detail.find("caught_by");
  if (tried == record.detail.end() || !tried->is_array()) return text(record.summary);
  Markup list;
  for (const auto& catcher : *tried) {
    if (!catcher.is_object()) continue;
    const std::string verdict = memberText(catcher, "verdict");
    const std::string outcome = memberText(catcher, "outcome");
    if (verdict.empty() || verdict == "failed") {
      list += element("div", catcherLink(catcher));
    } else {
      list += element("div", {{"class", "missed"}},
                      catcherLink(catcher) + text(": " + (outcome.empty() ? verdict : outcome)));
    }
  }
  return list.isEmpty() ? text("nothing") : list;
}

// --- rows ---------------------------------------------------------------------------------------

Markup cell(std::string_view style, const Markup& content) {
  return element("span", {{"class", std::string(style)}}, content);
}

// What a benchmark measured, its ratio as a bar, and its own bar as a mark in it.
Markup ratioBar(const Record& record) {
  constexpr double kWidest = 4;  // times the baseline
  const auto ratio = record.detail.find("ratio");
  if (ratio == record.detail.end() || !ratio->is_number()) return {};
  const auto percent = [](double times) {
    return std::isfinite(times) ? std::clamp(times / kWidest, 0.0, 1.0) * 100 : 0.0;
  };
  const auto style = [&](std::string_view property, double times) {
    return fmt::format("{}:{:.1f}%", property, percent(times));
  };
  Markup marks = element("span",
                         {{"class", "bar " + toString(record.verdict)},
                          {"style", style("width", ratio->get<double>())}},
                         {});
  marks += element("span", {{"class", "mark one"}, {"style", style("left", 1)}}, {});
  const auto limit = record.detail.find("at_most");
  if (limit != record.detail.end() && limit->is_number()) {
    marks +=
        element("span", {{"class", "mark"}, {"style", style("left", limit->get<double>())}}, {});
  }
  return element("span", {{"class", "ratio"}}, marks);
}

std::string figure(const Record& record, const char* member, bool has_unit = false) {
  const auto found = record.detail.find(member);
  if (found == record.detail.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_number()) return "";
  return fmt::format("{:.4g}{}", found->get<double>(),
                     has_unit ? ' ' + memberText(record.detail, "unit") : "");
}

Markup benchmarkHeadCells() {
  Markup cells;
  for (const std::string_view name : {"benchmark", "verdict"}) cells += cell("", text(name));
  for (const std::string_view name : {"measured", "held against", "ratio", "at most"}) {
    cells += cell("number", text(name));
  }
  return cells + cell("", text("ratio, 0 to 4"));
}

Markup benchmarkCells(const Record& record, const std::string& name) {
  return cell("name", text(name)) + cell("", verdictBadge(record)) +
         cell("number", text(figure(record, "measured", true))) +
         cell("number", text(figure(record, "held_against", true))) +
         cell("number", text(figure(record, "ratio"))) +
         cell("number", text(figure(record, "at_most"))) + cell("", ratioBar(record));
}

Markup headCells(Kind kind) {
  if (kind == Kind::kBenchmark) return benchmarkHeadCells();
  Markup cells = cell("", text(kind == Kind::kMutant ? "bug" : "check")) +
                 cell("", text(kind == Kind::kMutant ? "breaks" : "properties")) +
                 cell("", text("verdict"));
  if (kind == Kind::kMutant) {
    return cells + cell("", text("caught by")) + cell("number", text("time"));
  }
  cells += cell("number", text(textOf(kind).executions)) + cell("", text("exhausted")) +
           cell("number", text("time"));
  if (kind == Kind::kModel) return cells + cell("number", text("peak memory"));
  if (kind == Kind::kFuzz) cells += cell("number", text("a second"));
  return cells + cell("", text("seed"));
}

Markup seedOf(const Record& record) {
  return record.seed ? element("code", text(*record.seed)) : text("none needed");
}

Markup perSecond(const Record& record) {
  if (record.seconds <= 0) return text("");
  return text(formatCount(
      static_cast<std::uint64_t>(static_cast<double>(record.executions) / record.seconds)));
}

Markup rowCells(const Record& record) {
  const std::size_t slash = record.check.find('/');
  const std::string name =
      slash == std::string::npos ? record.check : record.check.substr(slash + 1);
  if (record.kind == Kind::kBenchmark) return benchmarkCells(record, name);
  Markup cells = cell("name", text(name)) + cell("", propertyChips(record.properties)) +
                 cell("", verdictBadge(record));
  const Markup time = cell("number", text(formatSeconds(record.seconds)));
  if (record.kind == Kind::kMutant) return cells + cell("", catchers(record)) + time;

  cells += cell("number", text(formatCount(record.executions))) +
           cell("", text(record.exhausted ? "yes" : "no")) + time;
  if (record.kind == Kind::kModel) {
    const double mebibytes = static_cast<double>(record.peak_memory_kib) / 1024;
    return cells + cell("number", text(fmt::format("{:.1f} MiB", mebibytes)));
  }
  if (record.kind == Kind::kFuzz) cells += cell("number", perSecond(record));
  return cells + cell("seed", seedOf(record));
}

Markup facts(const Record& record) {
  Markup content =
      paragraph("Result", linked(record.summary)) +
      paragraph("What it breaks", linked(memberText(record.detail, "description"))) +
      paragraph("Why nothing catches it", linked(memberText(record.detail, "accepted_because"))) +
      paragraph("Where it comes from", linked(memberText(record.detail, "origin"))) +
      paragraph("Covered", linked(record.covered)) +
      paragraph("Cannot see", linked(record.cannot_see)) + paragraph("Engine", text(record.engine));
  if (record.seed) content += paragraph("Seed", seedOf(record));
  content += paragraph("Repeat it", command(record.replay));
  return element("dl", content + detailFacts(record.detail));
}

// The anchor is inside, so that a link to it opens the row.
Markup row(const Record& record) {
  const std::string grid = "columns " + toString(record.kind) + ' ' + toString(record.verdict);
  const Attributes opened{{"class", "opened"}, {"id", anchorOf(record.check)}};
  return element("details", element("summary", {{"class", grid}}, rowCells(record)) +
                                element("div", opened, facts(record) + evidence(record)));
}

}  // namespace

Markup drawn(std::string_view what, const std::function<Markup()>& draw) {
  auto made = tryToExplain(what, draw);
  if (made.value) return *std::move(made.value);
  return element("p", {{"class", "none"}}, text(made.note));
}

std::string formatCount(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string formatSeconds(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 99.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

bool isAccepted(const Record& record) {
  const auto caught_by = record.detail.find("caught_by");
  const bool is_caught =
      caught_by != record.detail.end() && caught_by->is_array() &&
      std::any_of(caught_by->begin(), caught_by->end(), [](const nlohmann::json& attempt) {
        return attempt.is_object() && memberText(attempt, "verdict") == "failed";
      });
  return record.kind == Kind::kMutant && record.verdict == Verdict::kPassed && !is_caught &&
         !memberText(record.detail, "accepted_because").empty();
}

std::string anchorOf(const std::string& check) {
  std::string anchor = "check-" + check;
  std::replace_if(
      anchor.begin(), anchor.end(),
      [](char c) {
        return !(('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') ||
                 c == '_' || c == '-');
      },
      '-');
  return anchor;
}

Markup verdictBadge(const Record& record) {
  const std::string verdict = toString(record.verdict);
  std::string word = verdict;
  if (record.kind == Kind::kMutant && record.verdict == Verdict::kPassed) {
    word = isAccepted(record) ? "accepted" : "caught";
  }
  if (record.kind == Kind::kMutant && record.verdict == Verdict::kFailed) word = "not caught";
  return element("span", {{"class", "badge " + verdict}}, text(word));
}

Markup propertyChip(Property property) {
  return element("a",
                 {{"class", "chip"},
                  {"href", '#' + property.anchor()},
                  {"title", std::string(property.promise())}},
                 text(property.id()));
}

Markup propertyChips(const std::vector<Property>& properties) {
  Markup chips;
  for (const Property property : properties) chips += propertyChip(property) + text(" ");
  return chips;
}

Markup kindSection(Kind kind, const std::vector<Record>& records) {
  const KindText& kind_text = textOf(kind);
  Markup content = element("h2", text(kind_text.title)) +
                   element("p", {{"class", "introduction"}},
                           text(kind_text.introduction) + text(" ") +
                               element("em", text("Blind to: ")) + text(kind_text.blind_to));
  if (records.empty()) {
    content += element("p", {{"class", "none"}}, text("This run has no check of this kind."));
  } else {
    Markup rows;
    for (const Record& record : records) {
      rows += drawn("the row of " + record.check, [&] { return row(record); });
    }
    const std::string grid = "columns head " + toString(kind);
    content += element("div", {{"class", "checks"}},
                       element("div", {{"class", grid}}, headCells(kind)) + rows);
  }
  return element("section", {{"id", "kind-" + toString(kind)}}, content);
}

Markup problem(const Record& record) {
  const Markup head =
      element("h3", verdictBadge(record) + text(" ") +
                        element("a", {{"href", '#' + anchorOf(record.check)}}, text(record.check)) +
                        text(" ") + propertyChips(record.properties));
  Markup facts = paragraph("Repeat it", command(record.replay));
  if (record.seed) facts += paragraph("Seed", seedOf(record));
  if (record.kind == Kind::kMutant) {
    facts += paragraph("What it breaks", linked(memberText(record.detail, "description")));
    facts += paragraph("Tried", catchers(record));
  }
  facts += paragraph("Engine", text(record.engine));
  return element("article", {{"class", "problem " + toString(record.verdict)}},
                 head + element("p", {{"class", "summary"}}, linked(record.summary)) +
                     element("dl", facts) + evidence(record));
}

}  // namespace sigproof::reports
