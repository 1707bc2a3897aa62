#include "fuzz/support/record/statistics.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>

namespace sigproof::fuzz {
namespace {

using Counters = std::map<std::string, std::uint64_t, std::less<>>;

// Never destroyed: exit handlers may still count.
Counters& counters() {
  static Counters* const kAll = new Counters;
  return *kAll;
}

}  // namespace

std::uint64_t& Statistics::counter(std::string_view name) {
  const auto found = counters().find(name);
  if (found != counters().end()) return found->second;
  return counters().emplace(name, 0).first->second;
}

void Statistics::writeTo(FixedJson& json) noexcept {
  json.raw("{");
  bool is_first = true;
  // "a/b" and "a/c" stand next to each other, because names are in alphabetical order.
  std::string_view group;
  for (const auto& [name, count] : counters()) {
    std::string_view member = name;
    const std::size_t slash = std::min(member.find('/'), member.size());
    const std::string_view its_group = slash == member.size() ? "" : member.substr(0, slash);
    if (its_group != group && !group.empty()) json.raw("}");
    if (!is_first) json.raw(",");
    if (its_group != group && !its_group.empty()) {
      json.text(its_group);
      json.raw(":{");
    }
    if (!its_group.empty()) member.remove_prefix(slash + 1);
    json.text(member);
    json.raw(":");
    json.number(count);
    group = its_group;
    is_first = false;
  }
  json.raw(group.empty() ? "}" : "}}");
}

}  // namespace sigproof::fuzz
