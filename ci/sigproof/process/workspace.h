// Finds the check programs, the corpus and the repository.
//
//   const Workspace workspace = Workspace::ofThisBuild();
//   const auto program = workspace.program("sigproof-models");
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sigproof::tool {

struct Workspace {
  std::filesystem::path source_root;  ///< the repository
  std::filesystem::path libexec;      ///< the check programs
  std::filesystem::path corpus;       ///< seeds/<target>, crashes/<target>
  std::filesystem::path mutants;      ///< catalogue.json and a folder for each known bug

  /// The repository that this tool was configured from and the build folder that it stands in.
  static Workspace ofThisBuild();

  /// The program's path. Throws UserError if it isn't there.
  std::filesystem::path program(const std::string& name) const;

  /// The programs whose name starts so, in alphabetical order.
  std::vector<std::filesystem::path> programsWithPrefix(const std::string& prefix) const;

  /// Those of corpus/seeds/<target> and corpus/crashes/<target> that exist.
  std::vector<std::filesystem::path> storedInputs(const std::string& target) const;

  /// `path` as it is typed at the repository's root: relative if it is inside.
  std::string shown(const std::filesystem::path& path) const;
};

}  // namespace sigproof::tool
