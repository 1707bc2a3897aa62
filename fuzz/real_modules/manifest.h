// The list of real modules, and where they are installed.
//
//   const std::string dir = defaultModulesDir();
//   for (const RealModule& module : readManifest(dir + "/manifest.json"))
//     readFile(dir + "/node_modules/" + module.path);
#pragma once

#include <string>
#include <vector>

namespace sigproof::modules {

struct RealModule {
  std::string name;     ///< unique; the check is real-module/<name>
  std::string package;  ///< the npm package that it comes from
  std::string path;     ///< of the .wasm file, below node_modules/
  std::string what;     ///< one line for people: what it is, what made it
};

/// In the file's order. Throws std::runtime_error with one sentence that names the file and what is
/// wrong with it.
std::vector<RealModule> readManifest(const std::string& path);

/// The version of an installed package, or "" where its package.json doesn't say.
std::string installedVersion(const std::string& modules_dir, const std::string& package);

/// The folder that has manifest.json: $SIGPROOF_MODULES_DIR if set, else corpus/modules in the
/// nearest folder above the running program that has it. Throws std::runtime_error.
std::string defaultModulesDir();

}  // namespace sigproof::modules
