// What a check says about itself: one record, one JSON object on one line.
//
//   Record record{.check = "model/filter_against_reader", .kind = Kind::kModel};
//   record.verdict = Verdict::kPassed;
//   std::cout << toLine(record) << '\n';
//
// The schema is reports/record/record.schema.json. CI, the summary, the HTML report and JUnit read
// records and nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "reports/record/property.h"

namespace sigproof::reports {

enum class Kind : std::uint8_t {
  kModel,
  kStepping,
  kFuzz,
  kRealModule,
  kMutant,
  kUnit,       ///< unit tests, where they are the checker of known bugs
  kCoverage,   ///< what of core its unit tests reached
  kBenchmark,  ///< what core costs: passed within its bar, failed over it
};

/// In the order in which people are shown them.
inline constexpr std::array kKinds{Kind::kModel,      Kind::kStepping, Kind::kFuzz,
                                   Kind::kRealModule, Kind::kMutant,   Kind::kUnit,
                                   Kind::kCoverage,   Kind::kBenchmark};

enum class Verdict : std::uint8_t {
  kPassed,      ///< It looked at all it set out to look at, and all held.
  kFailed,      ///< A property was seen broken, or (a mutant) nothing caught the bug.
  kUnfinished,  ///< It crashed, hung or ran out of its limits: nothing was shown. Fails the run.
  kSkipped,     ///< It can't run here. Never counts as passed.
};

struct Record {
  std::string check;  ///< "model/...", "stepping/...": unique in a run
  Kind kind = Kind::kModel;
  std::vector<Property> properties;  ///< what it defends; for a known bug, what it breaks
  Verdict verdict = Verdict::kUnfinished;
  bool exhausted = false;        ///< the search ended by itself
  std::uint64_t executions = 0;  ///< executions, instructions stepped, runs, modules
  double seconds = 0;
  std::uint64_t peak_memory_kib = 0;
  std::optional<std::string> seed;  ///< replays the run together with the commit
  std::string engine;               ///< "V8 10.2.154.26", "Relacy, full search", "clang 19.1.7 -O2"
  std::string summary;              ///< one line: what came out
  std::string covered;              ///< what was looked at
  std::string cannot_see;           ///< what a check of this kind is blind to
  std::string replay;               ///< the command that repeats it, from the repository's root
  /// More, by kind. The report shows any member; these in a form of their own, where present:
  ///   "trace"        text: the interleaving of a failed model, what a stepped handler saw
  ///   "interleaving"  the same as data, of which the report makes a drawing: interleaving.h
  ///   "growth"       the size of a model and the executions of its search: growth.h
  ///   "module_text"  text: the WebAssembly module of a failed fuzz run
  ///   "output"       text: what a child printed last
  ///   "not_explained"  text: what should explain the verdict and could not be made, and why, a
  ///                  line each: explain.h
  ///   an object of two or more counts, such as "outcomes": {"registered": 812, "overlap": 93}:
  ///                  shares of their total, as bars
  ///   "description", "origin"  text: what a known bug does, where it was met
  ///   "caught_by"    array of {"check", "verdict", "outcome", "seconds"}: the checks that a known
  ///                  bug was given; those with verdict "failed" caught it: heat_map.h. Of fuzz
  ///                  targets with several seeds also "seeds", "median_s", "least_s", "most_s"
  ///   "accepted_because"  text: why no check catches a mutant, which then counts as accepted
  ///   of a benchmark: "measured", "held_against" numbers, "unit" what they count, "ratio" of the
  ///                  two, "ratio_low", "ratio_high" its confidence interval, "at_most" its bar
  ///   of coverage:   "files" array of {"file", "lines", "lines_reached", "branches",
  ///                  "branches_reached", ...}
  nlohmann::json detail = nlohmann::json::object();
};

std::string toString(Kind kind);
std::string toString(Verdict verdict);

/// Identifiers, as a record has them: ["L3", "R4"].
nlohmann::json toJson(const std::vector<Property>& properties);
/// Throws std::invalid_argument with one sentence when `json` is no list of identifiers that the
/// property table has.
std::vector<Property> propertiesFromJson(const nlohmann::json& json);

nlohmann::json toJson(const Record& record);

/// The record as a check prints it: one line of JSON, without its end. Bytes that are not UTF-8,
/// which a symbolizer may have printed, become U+FFFD.
std::string toLine(const Record& record);

/// Throws std::invalid_argument with one sentence when `json` is not a record.
Record recordFromJson(const nlohmann::json& json);

}  // namespace sigproof::reports
