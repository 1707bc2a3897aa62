#include "ci/sigproof/process/temporary_directory.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include "ci/sigproof/process/user_error.h"

namespace sigproof::tool {
namespace fs = std::filesystem;

TemporaryDirectory::TemporaryDirectory() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  std::string name = (parent / "sigproof.XXXXXX").string();
  if (error || mkdtemp(name.data()) == nullptr) {
    throw UserError("can't make a temporary folder (" + name +
                    "); set TMPDIR to a folder that can be written");
  }
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace sigproof::tool
