#include "reports/record/record.h"

#include <array>
#include <stdexcept>
#include <string_view>

namespace sigproof::reports {
namespace {

// Indexed by the enumerations.
constexpr std::array<std::string_view, kKinds.size()> kKindNames{
    "model", "stepping", "fuzz", "real-module", "mutant", "unit", "coverage", "benchmark"};
constexpr std::array<std::string_view, 4> kVerdictNames{"passed", "failed", "unfinished",
                                                        "skipped"};

template <class Enum, std::size_t kCount>
Enum parse(const std::array<std::string_view, kCount>& names, const std::string& text) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  throw std::invalid_argument("'" + text + "' is neither a kind nor a verdict of a record");
}

}  // namespace

std::string toString(Kind kind) {
  return std::string(kKindNames.at(static_cast<std::size_t>(kind)));
}

std::string toString(Verdict verdict) {
  return std::string(kVerdictNames.at(static_cast<std::size_t>(verdict)));
}

nlohmann::json toJson(const std::vector<Property>& properties) {
  nlohmann::json ids = nlohmann::json::array();
  for (const Property property : properties) ids.push_back(property.id());
  return ids;
}

std::vector<Property> propertiesFromJson(const nlohmann::json& json) {
  std::vector<Property> properties;
  for (const nlohmann::json& id : json) {
    const auto property =
        id.is_string() ? parseProperty(id.get_ref<const std::string&>()) : std::nullopt;
    if (!property) {
      throw std::invalid_argument(id.dump() + " is no property of core/SPECIFICATION.md");
    }
    properties.push_back(*property);
  }
  return properties;
}

nlohmann::json toJson(const Record& record) {
  return {{"check", record.check},
          {"kind", toString(record.kind)},
          {"properties", toJson(record.properties)},
          {"verdict", toString(record.verdict)},
          {"exhausted", record.exhausted},
          {"executions", record.executions},
          {"seconds", record.seconds},
          {"peak_memory_kib", record.peak_memory_kib},
          {"seed", record.seed ? nlohmann::json(*record.seed) : nlohmann::json(nullptr)},
          {"engine", record.engine},
          {"summary", record.summary},
          {"covered", record.covered},
          {"cannot_see", record.cannot_see},
          {"replay", record.replay},
          {"detail", record.detail}};
}

std::string toLine(const Record& record) {
  return toJson(record).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Record recordFromJson(const nlohmann::json& json) {
  try {
    Record record;
    record.check = json.at("check");
    record.kind = parse<Kind>(kKindNames, json.at("kind"));
    record.properties = propertiesFromJson(json.at("properties"));
    record.verdict = parse<Verdict>(kVerdictNames, json.at("verdict"));
    record.exhausted = json.at("exhausted");
    record.executions = json.at("executions");
    record.seconds = json.at("seconds");
    record.peak_memory_kib = json.at("peak_memory_kib");
    if (!json.at("seed").is_null()) record.seed = json.at("seed").get<std::string>();
    record.engine = json.at("engine");
    record.summary = json.at("summary");
    record.covered = json.at("covered");
    record.cannot_see = json.at("cannot_see");
    record.replay = json.at("replay");
    record.detail = json.at("detail");
    return record;
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(std::string("not a record: ") + error.what());
  }
}

}  // namespace sigproof::reports
