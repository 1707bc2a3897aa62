#include "ci/sigproof/fuzz/fuzz_statistics.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "ci/sigproof/process/text.h"

namespace sigproof::tool {
namespace {

using nlohmann::json;

std::uint64_t sumOf(const json& counters) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counters.items()) sum += count.get<std::uint64_t>();
  return sum;
}

std::uint64_t countOf(const json& statistics, const char* pointer) {
  return statistics.value(json::json_pointer(pointer), std::uint64_t{0});
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

// "R9 3" of {"R9": 3, ...}: the rarest of them.
std::string rarestOf(const json& counters) {
  std::string rarest;
  std::uint64_t least = UINT64_MAX;
  for (const auto& [name, count] : counters.items()) {
    if (count.get<std::uint64_t>() >= least) continue;
    least = count.get<std::uint64_t>();
    rarest = fmt::format("{} {}", name, withSeparators(least));
  }
  return rarest;
}

std::string requestsInWords(const json& statistics, json& detail) {
  if (!statistics.contains("ways") || !statistics.contains("outcomes")) return "";
  const std::uint64_t requests = sumOf(statistics["ways"]);
  const double made = share(countOf(statistics, "/instantiations/made"), requests);
  const double registered = share(countOf(statistics, "/outcomes/registered"), requests);
  detail["made_percent"] = made;
  detail["registered_percent"] = registered;
  std::string words = fmt::format("; of {} requests {:.0f} % made an instance, {:.0f} % registered",
                                  withSeparators(requests), made, registered);
  if (statistics.contains("wasted")) {
    const std::uint64_t wasted = sumOf(statistics["wasted"]);
    detail["wasted_percent"] = share(wasted, countOf(statistics, "/runs"));
    words += fmt::format("; {:.0f} % of the runs registered nothing",
                         detail["wasted_percent"].get<double>());
  }
  return words;
}

}  // namespace

json corpusGrowth(const std::string& output) {
  static const std::regex kLine(
      R"(^#(\d+)\s+(INITED|pulse|DONE)\s.*\bft: (\d+) corp: (\d+)/.*\bexec/s: (\d+))");
  json growth = json::array();
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    // The library's recursion grows with the line; those of libFuzzer are short.
    constexpr std::size_t kLongestLine = 1000;
    std::smatch match;
    if (line.size() > kLongestLine || !std::regex_search(line, match, kLine)) continue;
    const double executions = std::strtod(match[1].str().c_str(), nullptr);
    const double per_s = std::strtod(match[5].str().c_str(), nullptr);
    growth.push_back({{"executions", executions},
                      {"seconds", per_s > 0 ? executions / per_s : 0},
                      {"features", std::strtoull(match[3].str().c_str(), nullptr, 10)},
                      {"inputs", std::strtoull(match[4].str().c_str(), nullptr, 10)}});
  }
  return growth;
}

std::string addStatistics(reports::Record& record) {
  std::string words;
  if (record.seconds > 0) {
    const double per_s = static_cast<double>(record.executions) / record.seconds;
    record.detail["executions_per_s"] = per_s;
    words = fmt::format(", {} a second", withSeparators(static_cast<std::uint64_t>(per_s)));
  }
  if (!record.detail.contains("statistics")) return words;
  const json statistics = record.detail["statistics"];
  words += requestsInWords(statistics, record.detail);
  for (const char* group : {"rules", "outcomes"}) {
    if (!statistics.contains(group) || statistics[group].empty()) continue;
    words += fmt::format("; rarest of the {}: {}", group, rarestOf(statistics[group]));
  }
  return words;
}

}  // namespace sigproof::tool
