#include "fuzz/peer/peer_finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "core/v8/testing/read_file.h"
#include "reports/record/atomic_file.h"

namespace sigproof::peer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;
using reports::Property;

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Messages are the engine's own words, and change with it.
Verdict withoutMessage(Verdict verdict) {
  verdict.said.clear();
  return verdict;
}

bool isSame(const Verdict& a, const Verdict& b) {
  return toJson(withoutMessage(a)) == toJson(withoutMessage(b));
}

// Of a dead process only that it died: how is another matter each time.
bool isSameEnd(const Verdict& a, const Verdict& b) {
  if (!a.died.empty() || !b.died.empty()) return a.died.empty() == b.died.empty();
  return isSame(a, b);
}

bool isAsExpected(const Verdict& seen, Verdict expected) {
  if (!seen.refused.empty() || !seen.died.empty()) return false;
  // What is expected of the observer is not what a verdict of the other runtime has.
  expected.outcomes = seen.outcomes;
  if (!seen.stray) expected.stray.reset();
  if (!seen.decoy) expected.decoy.reset();
  return isSame(seen, expected);
}

Property ruleFromJson(const json& value) {
  const auto rule = reports::parseProperty(value.get<std::string>());
  if (!rule) throw std::invalid_argument(value.dump() + " is no property of core/SPECIFICATION.md");
  return *rule;
}

Finding findingFromJson(const json& value) {
  Finding finding{.signature = value.at("signature"),
                  .side = value.at("broken_by"),
                  .rule = ruleFromJson(value.at("rule")),
                  .fault = value.at("fault"),
                  .features = value.at("features"),
                  .what = value.at("seen"),
                  .core_version = value.at("core_version"),
                  .workerd_version = value.at("workerd_version"),
                  .asked = {},
                  .module_text = "",
                  .expected = verdictFromJson(value.at("verdicts").at("expected")),
                  .core = verdictFromJson(value.at("verdicts").at(std::string(kCoreName))),
                  .workerd = verdictFromJson(value.at("verdicts").at(std::string(kWorkerdName)))};
  finding.asked = {value.at("case"), fromHex(value.at("module").get<std::string>())};
  for (const json& line : value.at("module_text")) {
    finding.module_text += line.get<std::string>() + "\n";
  }
  if (finding.asked.description.at("size") != finding.asked.module.size()) {
    throw std::invalid_argument("the module is not as long as the case says");
  }
  return finding;
}

}  // namespace

bool explains(const Finding& finding, const Deviation& deviation, std::string_view side,
              const std::vector<std::string>& features) {
  const bool is_same_rule = finding.rule == deviation.rule || deviation.fault == Fault::kMisses;
  return finding.side == side && is_same_rule && finding.fault == name(deviation.fault) &&
         std::ranges::includes(features, finding.features);
}

std::string_view sentenceOf(Property rule) {
  static const std::map<Property, std::string_view> kSentences{
      {"R1",
       "An export counts only if it is a global of the memory's address type (i32; i64 where "
       "the memory is 64-bit), by the module's own types; anything else counts as absent."},
      {"R2", "An i32 address is its 32 bits read as unsigned: 2 GiB and above are valid."},
      {"R3", "A word must lie inside of the memory: address + 4 <= byte length."},
      {"R4",
       "Signal and terminated words must not overlap, and a word that is not good registers "
       "nothing at all: an entry has every word that its module declares."},
      {"R5",
       "The memory is the module's memory of index 0, under any name, imported or exported; "
       "no other Memory is touched."},
      {"R6", "Registration zeroes the signal word and changes no other byte."},
      {"R7", "A failure to register changes no byte and not the result of the instantiation."},
      {"R9",
       "Entries are limited per isolate, so that no program makes the handler's work "
       "unbounded."},
      {"T2", "new.target, subclasses and calls without `new` behave as the engine's own."},
      {"T3", "What settles in tick n without the shim settles in tick n with it."},
      {"T8", "Every way to make an instance is covered."},
      {"T6", "Import objects are read exactly as often as without the shim."}};
  const auto found = kSentences.find(rule);
  return found == kSentences.end() ? rule.promise() : found->second;
}

std::string toText(const Finding& finding) {
  // In the order in which people read.
  const ordered_json value{
      {"signature", finding.signature},
      {"broken_by", finding.side},
      {"rule", finding.rule.id()},
      {"why", sentenceOf(finding.rule)},
      {"seen", finding.what},
      {"core_version", finding.core_version},
      {"workerd_version", finding.workerd_version},
      {"reproduce",
       fmt::format("build/bin/sigproof peer replay corpus/findings/{}.json", finding.signature)},
      {"module_text", linesOf(finding.module_text)},
      {"module_bytes", finding.asked.module.size()},
      {"module", toHex(finding.asked.module)},
      {"case", finding.asked.description},
      {"verdicts", ordered_json{{"expected", toJson(finding.expected)},
                                {std::string(kCoreName), toJson(finding.core)},
                                {std::string(kWorkerdName), toJson(finding.workerd)}}},
      {"fault", finding.fault},
      {"features", finding.features}};
  // A process that died may have said anything.
  return value.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Finding readFinding(const fs::path& file) {
  const std::vector<std::uint8_t> bytes = host::readFile(file.string());
  try {
    Finding finding = findingFromJson(json::parse(bytes));
    if (finding.signature != file.stem()) {
      throw std::invalid_argument(fmt::format("it is signed {}", finding.signature));
    }
    return finding;
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{} is no finding: {}", file.string(), error.what()));
  }
}

std::vector<Finding> readFindings(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (error) {
    throw std::runtime_error(fmt::format("the known findings can't be read from {}: {}",
                                         folder.string(), error.message()));
  }
  std::ranges::sort(files);
  std::vector<Finding> findings;
  for (const fs::path& file : files) findings.push_back(readFinding(file));
  return findings;
}

fs::path writeFinding(const fs::path& folder, const Finding& finding) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw std::runtime_error(
        fmt::format("no finding can be written to {}: {}", folder.string(), error.message()));
  }
  fs::path file = folder / (finding.signature + ".json");
  reports::writeFileWhole(file, toText(finding));
  return file;
}

Replay compare(const Finding& finding, const Verdict& core, const Verdict& workerd) {
  const bool is_cores = finding.side == kCoreName;
  const Verdict& breaker = is_cores ? core : workerd;
  if (isSameEnd(core, finding.core) && isSameEnd(workerd, finding.workerd)) {
    return Replay::kReproduces;
  }
  return isAsExpected(breaker, finding.expected) ? Replay::kGone : Replay::kChanged;
}

}  // namespace sigproof::peer
