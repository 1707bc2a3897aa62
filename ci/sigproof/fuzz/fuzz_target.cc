#include "ci/sigproof/fuzz/fuzz_target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "ci/sigproof/process/child_process.h"
#include "ci/sigproof/process/text.h"
#include "ci/sigproof/process/user_error.h"
#include "reports/record/record.h"

namespace sigproof::tool {
namespace {

constexpr std::string_view kPrefix = "fuzz-";

/// Describing does no work.
constexpr double kDescribeTimeLimitS = 20;

std::string textOf(const nlohmann::json& description, const char* member) {
  std::string text = description.at(member);
  if (text.empty()) throw std::invalid_argument(fmt::format("its \"{}\" is empty", member));
  return text;
}

}  // namespace

std::vector<std::string> fuzzTargets(const Workspace& workspace) {
  std::vector<std::string> targets;
  for (const auto& program : workspace.programsWithPrefix(std::string(kPrefix))) {
    targets.push_back(program.filename().string().substr(kPrefix.size()));
  }
  return targets;
}

FuzzTargetFacts describeTarget(const std::filesystem::path& program) {
  const ChildResult child = runChild(
      {.arguments = {program.string(), "--describe"}, .time_limit_s = kDescribeTimeLimitS});
  const std::string name = program.filename().string();
  if (child.end != ChildEnd::kExited || child.exit_status != 0) {
    throw UserError(fmt::format("{} can't describe itself: it {}; {}", name, child.description(),
                                lastLine(child.error)));
  }
  try {
    const auto description = nlohmann::json::parse(child.output);
    FuzzTargetFacts facts{.properties = reports::propertiesFromJson(description.at("properties")),
                          .covered = textOf(description, "covered"),
                          .cannot_see = textOf(description, "cannot_see"),
                          .engine = textOf(description, "engine")};
    if (facts.properties.empty()) throw std::invalid_argument("it defends no property");
    return facts;
  } catch (const std::exception& error) {
    throw UserError(fmt::format("{} doesn't describe itself: {}", name, error.what()));
  }
}

std::string fuzzTargetNamed(const Workspace& workspace, const std::string& name) {
  const std::string target = name.starts_with("fuzz/") ? name.substr(5) : name;
  const std::vector<std::string> targets = fuzzTargets(workspace);
  if (std::find(targets.begin(), targets.end(), target) != targets.end()) return target;
  if (targets.empty()) {
    throw UserError("no fuzz target is built in " + workspace.shown(workspace.libexec) +
                    "; build them first: cmake --build build");
  }
  throw UserError(
      fmt::format("no fuzz target is called '{}'; there are: {}", name, fmt::join(targets, ", ")));
}

}  // namespace sigproof::tool
