// Checks whether a JSON value is a record, by the schema reports/record/record.schema.json.
//
//   const auto errors = schemaErrors(json);
//   if (!errors.empty()) fail(errors.front());   // "at /executions: must be an integer, ..."
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sigproof::reports {

/// Returns the schema's text, as of the build of this program.
std::string_view recordSchemaText();

/// Returns every violation of the schema, one sentence each, with the place as a path inside the
/// record. Empty if there is none. Any thread.
std::vector<std::string> schemaErrors(const nlohmann::json& record);

}  // namespace sigproof::reports
