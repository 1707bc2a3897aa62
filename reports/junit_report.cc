#include "reports/junit_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "reports/html/markup.h"
#include "reports/record/property_mentions.h"

namespace sigproof::reports {
namespace {

struct Totals {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  double seconds = 0;

  void add(const Record& record) {
    ++tests;
    failures += record.verdict == Verdict::kFailed ? 1 : 0;
    errors += record.verdict == Verdict::kUnfinished ? 1 : 0;
    skipped += record.verdict == Verdict::kSkipped ? 1 : 0;
    seconds += record.seconds;
  }

  Attributes attributes(std::string name) const {
    return {{"name", std::move(name)},
            {"tests", std::to_string(tests)},
            {"failures", std::to_string(failures)},
            {"errors", std::to_string(errors)},
            {"skipped", std::to_string(skipped)},
            {"time", fmt::format("{:.3f}", seconds)}};
  }
};

Markup property(std::string_view name, std::string value) {
  return element("property", {{"name", std::string(name)}, {"value", std::move(value)}}, {});
}

Markup testcaseProperties(const Record& record) {
  std::vector<std::string_view> ids;
  for (const Property defended : record.properties) ids.push_back(defended.id());
  Markup properties = property("properties", fmt::format("{}", fmt::join(ids, " "))) +
                      property("executions", std::to_string(record.executions)) +
                      property("exhausted", record.exhausted ? "true" : "false") +
                      property("peak_memory_kib", std::to_string(record.peak_memory_kib)) +
                      property("engine", record.engine) + property("replay", record.replay) +
                      property("covered", record.covered) +
                      property("cannot_see", record.cannot_see);
  if (record.seed) properties += property("seed", *record.seed);
  return element("properties", properties);
}

// What a person needs to act on a failure.
std::string evidenceText(const Record& record) {
  std::string evidence = record.summary + "\n\n";
  for (const Property broken : propertiesIn(record.summary)) {
    evidence += fmt::format("{}: {} ({})\n", broken.id(), broken.promise(), broken.link());
  }
  evidence += "replay: " + record.replay + '\n';
  for (const char* member : {"trace", "module_text", "output", "not_explained"}) {
    const auto found = record.detail.find(member);
    if (found == record.detail.end() || !found->is_string()) continue;
    evidence += fmt::format("\n{}:\n{}\n", member, found->get<std::string>());
  }
  return evidence;
}

Markup outcomeOf(const Record& record) {
  switch (record.verdict) {
    case Verdict::kPassed:
      return {};
    case Verdict::kSkipped:
      return element("skipped", {{"message", record.summary}}, {});
    case Verdict::kFailed:
      return element("failure", {{"message", record.summary}, {"type", "failed"}},
                     text(evidenceText(record)));
    case Verdict::kUnfinished:
      return element("error", {{"message", record.summary}, {"type", "unfinished"}},
                     text(evidenceText(record)));
  }
  return {};
}

Markup testcase(const Record& record) {
  return element("testcase",
                 {{"name", record.check},
                  {"classname", "sigproof." + toString(record.kind)},
                  {"time", fmt::format("{:.3f}", record.seconds)}},
                 testcaseProperties(record) + outcomeOf(record)) +
         Markup::trusted("\n");
}

}  // namespace

std::string junitReport(const RunInfo& run, const std::vector<Record>& records) {
  Totals all;
  Markup suites;
  for (const Kind kind : kKinds) {
    Totals totals;
    Markup cases;
    for (const Record& record : records) {
      if (record.kind != kind) continue;
      totals.add(record);
      all.add(record);
      cases += testcase(record);
    }
    if (totals.tests == 0) continue;
    Attributes attributes = totals.attributes(toString(kind));
    attributes.emplace_back("timestamp", run.started_at);
    suites += element("testsuite", attributes, Markup::trusted("\n") + cases);
    suites += Markup::trusted("\n");
  }
  const Markup root = element("testsuites", all.attributes("sigproof " + run.commit),
                              Markup::trusted("\n") + suites);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + root.str() + '\n';
}

}  // namespace sigproof::reports
