#include "reports/record/validate.h"

#include <algorithm>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "reports/record/explain.h"

namespace sigproof::reports {
namespace {

using valijson::adapters::NlohmannJsonAdapter;

const nlohmann::json& schemaJson() {
  static const auto kSchema = nlohmann::json::parse(recordSchemaText());
  return kSchema;
}

const valijson::Schema& compiledSchema() {
  static const auto kSchema = [] {
    auto schema = std::make_unique<valijson::Schema>();
    const NlohmannJsonAdapter adapter(schemaJson());
    valijson::SchemaParser().populateSchema(adapter, *schema);
    return schema;
  }();
  return *kSchema;
}

// "<root>", "[check]", "[2]" becomes "/check/2".
std::string pathOf(const std::vector<std::string>& context) {
  std::string path;
  for (std::size_t i = 1; i < context.size(); ++i) {
    const std::string& step = context[i];
    const bool is_bracketed = step.size() >= 2 && step.front() == '[';
    path += '/' + (is_bracketed ? step.substr(1, step.size() - 2) : step);
  }
  return path;
}

std::string shortened(const nlohmann::json& json) {
  constexpr std::size_t kMaxBytes = 120;
  std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > kMaxBytes) text = text.substr(0, kMaxBytes) + "...";
  return text;
}

// What the schema asks of the value at `path`, without its description.
std::string expectationAt(const std::string& path) {
  const std::size_t end = path.find('/', 1);
  const auto& members = schemaJson().at("properties");
  const auto member = members.find(path.substr(1, end == std::string::npos ? end : end - 1));
  if (member == members.end()) return "";
  nlohmann::json rule = end == std::string::npos ? *member : member->value("items", *member);
  rule.erase("description");
  return shortened(rule);
}

std::string describe(const std::string& path, const std::string& description,
                     const nlohmann::json& record) {
  if (path.empty()) return "at the top: " + description;
  const auto value = record.at(nlohmann::json::json_pointer(path));
  return "at " + path + ": is " + shortened(value) + ", must be " + expectationAt(path);
}

}  // namespace

std::vector<std::string> schemaErrors(const nlohmann::json& record) {
  if (!record.is_object()) return {"at the top: is " + shortened(record) + ", must be an object"};
  valijson::Validator validator;
  valijson::ValidationResults results;
  const NlohmannJsonAdapter target(record);
  if (validator.validate(compiledSchema(), target, &results)) return {};

  std::vector<std::string> errors;
  for (const auto& error : results) {
    // Beside the fault itself valijson reports that each value around it is faulty.
    if (error.description.starts_with("Failed to validate ")) continue;
    const auto words = tryToExplain("a better description", [&] {
      return describe(pathOf(error.context), error.description, record);
    });
    errors.push_back(words.value.value_or(error.description));
  }
  if (errors.empty()) errors.emplace_back("it breaks reports/record/record.schema.json");
  return errors;
}

}  // namespace sigproof::reports
