#include "reports/html/html_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "reports/html/growth.h"
#include "reports/html/heat_map.h"
#include "reports/html/html_checks.h"
#include "reports/html/markdown.h"
#include "reports/html/markup.h"
#include "reports/record/property.h"

namespace sigproof::reports {

// Embedded at build time.
std::string_view reportCss();          // report.css
std::string_view specificationText();  // core/SPECIFICATION.md

namespace {

// Indexed by Kind.
constexpr std::array<std::string_view, kKinds.size()> kKindNames{
    "models",     "stepping",   "fuzzing",  "real modules",
    "known bugs", "unit tests", "coverage", "benchmarks"};

struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t unfinished = 0;
  std::size_t skipped = 0;

  std::size_t total() const { return passed + failed + unfinished + skipped; }
  bool isBad() const { return failed + unfinished != 0 || passed == 0; }
};

template <class Predicate>
Tally tally(const std::vector<Record>& records, Predicate&& includes) {
  Tally tally;
  for (const Record& record : records) {
    if (!includes(record)) continue;
    if (record.verdict == Verdict::kPassed) ++tally.passed;
    if (record.verdict == Verdict::kFailed) ++tally.failed;
    if (record.verdict == Verdict::kUnfinished) ++tally.unfinished;
    if (record.verdict == Verdict::kSkipped) ++tally.skipped;
  }
  return tally;
}

bool hasKind(const std::vector<Record>& records, Kind kind) {
  return std::any_of(records.begin(), records.end(),
                     [&](const Record& record) { return record.kind == kind; });
}

bool isProblem(const Record& record) {
  return record.verdict == Verdict::kFailed || record.verdict == Verdict::kUnfinished;
}

// --- verdict ------------------------------------------------------------------------------------

std::string countOfChecks(std::size_t count) {
  return fmt::format("{} {}", count, count == 1 ? "check" : "checks");
}

std::string headline(const Tally& all) {
  if (all.total() == 0) return "No check ran";
  if (all.failed + all.unfinished != 0) {
    std::string line;
    if (all.failed != 0)
      line = fmt::format("{} of {} failed", all.failed, countOfChecks(all.total()));
    if (all.unfinished != 0 && all.failed != 0) {
      line += fmt::format(", {} did not finish", all.unfinished);
    } else if (all.unfinished != 0) {
      line = fmt::format("{} of {} did not finish", all.unfinished, countOfChecks(all.total()));
    }
    return line;
  }
  if (all.passed == 0) return fmt::format("Nothing was checked: all {} skipped", all.skipped);
  if (all.skipped != 0) {
    return fmt::format("{} passed, {} skipped", countOfChecks(all.passed), all.skipped);
  }
  return all.passed == 1 ? "The one check passed" : fmt::format("All {} checks passed", all.passed);
}

Markup tile(Kind kind, const std::vector<Record>& records) {
  const Tally counts = tally(records, [&](const Record& record) { return record.kind == kind; });
  std::string notes;
  const auto note = [&](std::size_t count, std::string_view word) {
    if (count != 0) notes += fmt::format("{}{} {}", notes.empty() ? "" : ", ", count, word);
  };
  const bool is_mutant = kind == Kind::kMutant;
  const auto accepted =
      static_cast<std::size_t>(std::count_if(records.begin(), records.end(), isAccepted));
  note(counts.passed - (is_mutant ? accepted : 0), is_mutant ? "caught" : "passed");
  if (is_mutant) note(accepted, "accepted");
  note(counts.failed, is_mutant ? "not caught" : "failed");
  note(counts.unfinished, "unfinished");
  note(counts.skipped, "skipped");
  const std::string_view state = counts.total() == 0                      ? "none"
                                 : counts.failed + counts.unfinished != 0 ? "failed"
                                 : counts.skipped != 0                    ? "skipped"
                                                                          : "passed";
  return element("a",
                 {{"class", fmt::format("tile {}", state)}, {"href", "#kind-" + toString(kind)}},
                 element("strong", text(std::to_string(counts.total()))) +
                     element("span", text(kKindNames.at(static_cast<std::size_t>(kind)))) +
                     element("small", text(notes.empty() ? "none in this run" : notes)));
}

Markup runFacts(const RunInfo& run) {
  Markup facts;
  const auto fact = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    facts += element("div", element("dt", text(name)) + element("dd", text(value)));
  };
  fact("commit", run.commit);
  fact("started", run.started_at);
  fact("took", formatSeconds(run.seconds));
  fact("command", run.command);
  fact("seed", run.seed);
  fact("machine", run.machine);
  return element("dl", {{"class", "run"}}, facts);
}

Markup header(const RunInfo& run, const std::vector<Record>& records) {
  const Tally all = tally(records, [](const Record&) { return true; });
  Markup tiles;
  for (const Kind kind : kKinds) {
    // Where nothing but the matrix of known bugs runs them, "none" would look like a lack.
    if (kind == Kind::kUnit && !hasKind(records, kind)) continue;
    tiles += tile(kind, records);
  }
  return element("header", {{"class", all.isBad() ? "bad" : "good"}},
                 element("p", {{"class", "product"}}, text("Sigproof")) +
                     element("h1", text(headline(all))) + runFacts(run) +
                     element("nav", {{"class", "tiles"}}, tiles) +
                     element("p", {{"class", "hint"}},
                             text("Open a check's row for what it covered, what it cannot see and "
                                  "the command that repeats it.")));
}

// --- problems and skipped checks ----------------------------------------------------------------

Markup problems(const std::vector<Record>& records) {
  Markup articles;
  for (const Verdict verdict : {Verdict::kFailed, Verdict::kUnfinished}) {
    for (const Record& record : records) {
      if (record.verdict != verdict) continue;
      articles += drawn("what is known of " + record.check, [&] { return problem(record); });
    }
  }
  if (articles.isEmpty()) return {};
  return element("section", {{"id", "problems"}},
                 element("h2", text("What went wrong")) + articles);
}

Markup skippedChecks(const std::vector<Record>& records) {
  Markup items;
  for (const Record& record : records) {
    if (record.verdict != Verdict::kSkipped) continue;
    items += element("li", element("a", {{"href", '#' + anchorOf(record.check)}},
                                   element("code", text(record.check))) +
                               text(": " + record.summary));
  }
  if (items.isEmpty()) return {};
  return element("section", {{"id", "skipped"}},
                 element("h2", text("Skipped")) +
                     element("p", {{"class", "introduction"}},
                             text("These could not run here. They count as nothing: what they "
                                  "would have defended, this run does not.")) +
                     element("ul", items));
}

// --- properties ---------------------------------------------------------------------------------

bool names(const Record& record, Property property) {
  return std::find(record.properties.begin(), record.properties.end(), property) !=
         record.properties.end();
}

// Hundreds of models defend the same property.
constexpr std::size_t kMostLinksInSight = 12;

Markup checkLinks(const std::vector<const Record*>& records) {
  Markup links;
  for (const Record* record : records) {
    const std::string style = "check " + toString(record->verdict);
    const std::string suffix =
        record->verdict == Verdict::kPassed ? "" : " (" + toString(record->verdict) + ')';
    links += element("a", {{"class", style}, {"href", '#' + anchorOf(record->check)}},
                     text(record->check + suffix));
    links += text(" ");
  }
  if (records.size() <= kMostLinksInSight) return links;
  return element("details", element("summary", text(countOfChecks(records.size()))) + links);
}

// What this run shows of a property: the class of report.css, and words.
struct Shown {
  std::string_view style;
  std::string words;
};

// Only a check that ran to its end defends a property.
Shown shownOf(Property property, const std::vector<const Record*>& checks) {
  const auto has = [&](Verdict verdict) {
    return std::ranges::any_of(checks,
                               [&](const Record* record) { return record->verdict == verdict; });
  };
  if (has(Verdict::kFailed)) return {"failed", "broken"};
  // Whatever passed: the specification says that core doesn't do it, so nothing defends it.
  if (property.standing() == Standing::kNotHeld) return {"open", "not held by core yet"};
  Shown shown{"none", "not defended by this run"};
  if (has(Verdict::kUnfinished)) {
    shown = {"unfinished", "not all checks finished"};
  } else if (has(Verdict::kPassed)) {
    shown = {"passed", "held where looked at"};
  }
  if (property.standing() == Standing::kHeldInPart) {
    return {"open", "held by core in part; " + shown.words};
  }
  return shown;
}

// A caught bug is no defence. It shows that a check can fail.
Markup propertyRow(Property property, const std::vector<Record>& records) {
  std::vector<const Record*> checks;
  std::vector<const Record*> mutants;
  for (const Record& record : records) {
    if (!names(record, property)) continue;
    (record.kind == Kind::kMutant ? mutants : checks).push_back(&record);
  }
  const Shown shown = shownOf(property, checks);
  return element("tr",
                 {{"id", "property-" + property.anchor()}, {"class", std::string(shown.style)}},
                 element("th", propertyChip(property)) + element("td", text(property.promise())) +
                     element("td", {{"class", "state"}}, text(shown.words)) +
                     element("td", checkLinks(checks)) + element("td", checkLinks(mutants)));
}

Markup properties(const std::vector<Record>& records) {
  Markup rows =
      element("tr", element("th", text("")) + element("th", text("promise")) +
                        element("th", text("in this run")) + element("th", text("checks")) +
                        element("th", text("known bugs that break it")));
  for (const PropertyFamily& family : kPropertyFamilies) {
    rows +=
        element("tr", {{"class", "family"}}, element("th", {{"colspan", "5"}}, text(family.title)));
    for (const Property property : Property::all()) {
      if (property.family() == family.letter) rows += propertyRow(property, records);
    }
  }
  return element(
      "section", {{"id", "properties"}},
      element("h2", text("Properties and what defends them")) +
          element("p", {{"class", "introduction"}},
                  text("Held means: no check saw it broken in what that check covers. An "
                       "identifier leads to its paragraph in the specification, which also says "
                       "what core doesn't hold yet. Unit tests are no part of this table.")) +
          element("div", {{"class", "scroll"}}, element("table", {{"class", "properties"}}, rows)));
}

// --- specification --------------------------------------------------------------------------------

Markup specification() {
  return element("section", {{"id", "specification"}},
                 markdown(specificationText(), {.heading_level = 2}));
}

// --- page ---------------------------------------------------------------------------------------

// The policy forbids scripts and every load, so that what a check printed can't act.
Markup head(const std::string& title) {
  return element(
      "head",
      Markup::trusted("<meta charset=\"utf-8\">"
                      "<meta http-equiv=\"Content-Security-Policy\" "
                      "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                      "<meta name=\"color-scheme\" content=\"light dark\">") +
          element("title", text(title)) +
          element("style", Markup::trusted(std::string(reportCss()))));
}

Markup kindSections(const std::vector<Record>& records) {
  Markup sections;
  for (const Kind kind : kKinds) {
    std::vector<Record> of_kind;
    for (const bool is_problem : {true, false}) {
      std::copy_if(records.begin(), records.end(), std::back_inserter(of_kind),
                   [&](const Record& record) {
                     return record.kind == kind && isProblem(record) == is_problem;
                   });
    }
    if (kind == Kind::kUnit && of_kind.empty()) continue;
    sections += kindSection(kind, of_kind);
    if (kind == Kind::kModel) {
      sections += drawn("the growth of the models", [&] { return growthSection(of_kind); });
    }
    if (kind == Kind::kMutant) {
      sections += drawn("the heat map", [&] { return heatMapSection(records); });
    }
  }
  return sections;
}

}  // namespace

std::string htmlReport(const RunInfo& run, const std::vector<Record>& records) {
  const Tally all = tally(records, [](const Record&) { return true; });
  const Markup main =
      element("main", header(run, records) + problems(records) + skippedChecks(records) +
                          kindSections(records) + properties(records) + specification());
  const Markup page =
      element("html", {{"lang", "en"}}, head("Sigproof: " + headline(all)) + element("body", main));
  return "<!doctype html>\n" + page.str() + '\n';
}

}  // namespace sigproof::reports
