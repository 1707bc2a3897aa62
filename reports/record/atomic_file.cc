#include "reports/record/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>

namespace sigproof::reports {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  std::string advice = "check the path and its permissions";
  if (error == ENOSPC || error == EDQUOT) advice = "free some space on its disk";
  if (error == EACCES || error == EPERM || error == EROFS) advice = "choose a folder you may write";
  if (error == ENOENT || error == ENOTDIR) advice = "make its folder first";
  throw std::runtime_error("can't write " + path.string() + ": " +
                           std::generic_category().message(error) + "; " + advice);
}

// A temporary file that is gone again unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : target_(target), name_(target.string() + ".XXXXXX"), descriptor_(mkstemp(name_.data())) {
    if (descriptor_ < 0) fail(target_, errno);
  }
  ~TemporaryFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!is_renamed_) unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(target_, errno);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  // Some file systems report a full disk only here.
  void finish() {
    // mkstemp() made it for its owner alone; a report is for whoever may read the folder.
    if (fchmod(descriptor_, 0644) != 0 || fsync(descriptor_) != 0) fail(target_, errno);
    const int closed = close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) fail(target_, errno);
    if (std::rename(name_.c_str(), target_.c_str()) != 0) fail(target_, errno);
    is_renamed_ = true;
  }

 private:
  std::filesystem::path target_;
  std::string name_;
  int descriptor_;
  bool is_renamed_ = false;
};

}  // namespace

void writeFileWhole(const std::filesystem::path& path, std::string_view text) {
  TemporaryFile file(path);
  file.write(text);
  file.finish();
}

}  // namespace sigproof::reports
