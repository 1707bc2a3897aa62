#include "ci/sigproof/process/workspace.h"

#include <algorithm>
#include <system_error>

#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace fs = std::filesystem;

Workspace Workspace::ofThisBuild() {
  const fs::path build = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  const fs::path source_root = SIGPROOF_SOURCE_ROOT;
  return {.source_root = source_root,
          .libexec = build / "libexec",
          .corpus = source_root / "corpus",
          .mutants = build / "mutants"};
}

fs::path Workspace::program(const std::string& name) const {
  const fs::path path = libexec / name;
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) {
    throw UserError(shown(path) + " is missing; build it first: cmake --build build");
  }
  return path;
}

std::vector<fs::path> Workspace::programsWithPrefix(const std::string& prefix) const {
  std::vector<fs::path> programs;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(libexec, ignored)) {
    const std::string name = entry.path().filename().string();
    // A name with a dot is a file of the build system's, not a program.
    const bool is_program = name.starts_with(prefix) && name.find('.') == std::string::npos;
    if (is_program && entry.is_regular_file(ignored)) programs.push_back(entry.path());
  }
  std::sort(programs.begin(), programs.end());
  return programs;
}

std::vector<fs::path> Workspace::storedInputs(const std::string& target) const {
  std::vector<fs::path> folders;
  for (const char* part : {"seeds", "crashes"}) {
    std::error_code ignored;
    const fs::path folder = corpus / part / target;
    if (fs::is_directory(folder, ignored)) folders.push_back(folder);
  }
  return folders;
}

std::string Workspace::shown(const fs::path& path) const {
  const fs::path normal = fs::absolute(path).lexically_normal();
  const fs::path relative = normal.lexically_relative(source_root);
  const bool is_inside = !relative.empty() && *relative.begin() != "..";
  return is_inside ? relative.string() : normal.string();
}

}  // namespace sigproof::tool
