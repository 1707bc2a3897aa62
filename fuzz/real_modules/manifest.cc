#include "fuzz/real_modules/manifest.h"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string_view>

#include "core/v8/testing/read_file.h"

namespace sigproof::modules {
namespace {

using Json = nlohmann::json;

std::string memberOf(const Json& item, const char* member) {
  const auto found = item.find(member);
  if (found == item.end() || !found->is_string() || found->get<std::string>().empty()) {
    throw std::runtime_error(fmt::format("each module needs a \"{}\" that says something", member));
  }
  return *found;
}

bool isInside(const std::string& path) {
  const std::filesystem::path parts(path);
  return !parts.is_absolute() &&
         std::ranges::none_of(parts, [](const auto& part) { return part == ".."; });
}

bool isCheckName(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return name.find_first_not_of(kAllowed) == std::string_view::npos;
}

RealModule toModule(const Json& item) {
  if (!item.is_object()) throw std::runtime_error("a module that is no object");
  RealModule module{memberOf(item, "name"), memberOf(item, "package"), memberOf(item, "path"),
                    memberOf(item, "what")};
  if (!isCheckName(module.name)) {
    throw std::runtime_error(fmt::format("the name \"{}\": use a-z, 0-9 and - only", module.name));
  }
  if (!isInside(module.path) || !module.path.starts_with(module.package + "/")) {
    throw std::runtime_error(fmt::format("the path \"{}\" is not in its package", module.path));
  }
  return module;
}

std::vector<RealModule> toModules(const Json& json) {
  if (!json.is_object() || !json.contains("modules") || !json["modules"].is_array() ||
      json["modules"].empty()) {
    throw std::runtime_error("there is no list \"modules\"");
  }
  std::vector<RealModule> modules;
  std::set<std::string> names;
  for (const Json& item : json["modules"]) {
    modules.push_back(toModule(item));
    if (!names.insert(modules.back().name).second) {
      throw std::runtime_error(fmt::format("two modules are named \"{}\"", modules.back().name));
    }
  }
  return modules;
}

}  // namespace

std::vector<RealModule> readManifest(const std::string& path) {
  const auto bytes = host::readFile(path);
  try {
    return toModules(Json::parse(bytes));
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{} is no manifest: {}", path, error.what()));
  }
}

std::string installedVersion(const std::string& modules_dir, const std::string& package) {
  try {
    const auto bytes = host::readFile(modules_dir + "/node_modules/" + package + "/package.json");
    return Json::parse(bytes).value("version", "");
  } catch (const std::exception&) {
    return "";
  }
}

std::string defaultModulesDir() {
  namespace fs = std::filesystem;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  if (const char* given = std::getenv("SIGPROOF_MODULES_DIR"); given != nullptr) return given;
  const fs::path program = fs::read_symlink("/proc/self/exe");
  for (fs::path folder = program.parent_path(); folder != folder.root_path();
       folder = folder.parent_path()) {
    if (fs::path candidate = folder / "corpus" / "modules"; exists(candidate / "manifest.json")) {
      return candidate;
    }
  }
  throw std::runtime_error(
      "corpus/modules was not found above this program; give --modules-dir or set "
      "SIGPROOF_MODULES_DIR");
}

}  // namespace sigproof::modules
