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

constexpr mode_t kMode = 0644;

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  std::string advice = "check the path and its permissions";
  if (error == ENOSPC || error == EDQUOT) advice = "free some space on its disk";
  if (error == EACCES || error == EPERM || error == EROFS) advice = "choose a folder you may write";
  if (error == ENOENT || error == ENOTDIR) advice = "make its folder first";
  throw std::runtime_error("can't write " + path.string() + ": " +
                           std::generic_category().message(error) + "; " + advice);
}

// Writes `text` to the open file, closes it and gives it its name; 0 or the error. A file that did
// not get its name is gone. Calls only what a signal handler may call.
int fillAndRename(int descriptor, const char* temporary, const char* target,
                  std::string_view text) noexcept {
  int error = 0;
  while (error == 0 && !text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  // Some file systems report a full disk only at fsync() or close().
  if (error == 0 && fsync(descriptor) != 0) error = errno;
  if (close(descriptor) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(temporary, target) != 0) error = errno;
  if (error != 0) unlink(temporary);
  return error;
}

}  // namespace

void writeFileWhole(const std::filesystem::path& path, std::string_view text) {
  std::string temporary = path.string() + ".XXXXXX";
  const int descriptor = mkstemp(temporary.data());
  if (descriptor < 0) fail(path, errno);
  // mkstemp() made it for its owner alone; a report is for whoever may read the folder.
  int error = fchmod(descriptor, kMode) == 0 ? 0 : errno;
  if (error != 0) {
    close(descriptor);
    unlink(temporary.c_str());
  } else {
    error = fillAndRename(descriptor, temporary.c_str(), path.c_str(), text);
  }
  if (error != 0) fail(path, error);
}

PreparedFile::PreparedFile(const std::filesystem::path& path)
    : path_(path.string()), temporary_(path_ + "." + std::to_string(getpid())) {}

int PreparedFile::replace(std::string_view text) const noexcept {
  const int descriptor =
      open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (descriptor < 0) return errno;
  return fillAndRename(descriptor, temporary_.c_str(), path_.c_str(), text);
}

}  // namespace sigproof::reports
