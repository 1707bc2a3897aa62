#include "fuzz/support/statistics.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "reports/record/atomic_file.h"

namespace sigproof::fuzz {
namespace {

using Counters = std::map<std::string, std::uint64_t, std::less<>>;

// Never destroyed: exit handlers of others may still count.
Counters& counters() {
  static Counters* const kAll = [] {
    // NOLINTNEXTLINE(cert-err33-c): without the handler the statistics are missing, nothing else.
    std::atexit([] { Statistics::write(); });
    return new Counters;
  }();
  return *kAll;
}

nlohmann::json toJson(const Counters& all) {
  nlohmann::json result = nlohmann::json::object();
  for (const auto& [name, count] : all) {
    std::string pointer = name;
    pointer.insert(0, 1, '/');
    result[nlohmann::json::json_pointer(pointer)] = count;
  }
  return result;
}

}  // namespace

std::uint64_t& Statistics::counter(std::string_view name) {
  const auto found = counters().find(name);
  if (found != counters().end()) return found->second;
  return counters().emplace(name, 0).first->second;
}

void Statistics::write() noexcept {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment.
  const char* path = std::getenv("SIGPROOF_STATS_FILE");
  if (path == nullptr || *path == '\0') return;
  try {
    reports::writeFileWhole(path, toJson(counters()).dump() + "\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fuzz statistics were not written: %s\n", error.what());
  }
}

}  // namespace sigproof::fuzz
