#include "core/v8/testing/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace sigproof::host {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw std::runtime_error(fmt::format("can't read {}: {}", path, reason));
}

[[noreturn]] void refuse(const std::string& path, int error) {
  refuse(path, std::generic_category().message(error));
}

class File {
 public:
  explicit File(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) refuse(path, errno);
  }
  ~File() { close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

std::vector<std::uint8_t> readFile(const std::string& path) {
  const File file(path);
  struct stat status = {};
  if (fstat(file.descriptor(), &status) != 0) refuse(path, errno);
  if (S_ISDIR(status.st_mode)) refuse(path, "it is a folder");

  // The size is only a hint: a pipe has none, and a file may grow.
  constexpr std::size_t kChunkBytes = 1 << 16;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(static_cast<std::size_t>(status.st_size));
  for (;;) {
    const std::size_t size = bytes.size();
    if (size > kMaxFileSizeBytes) refuse(path, "it is larger than 1 GiB");
    bytes.resize(size + kChunkBytes);
    const ssize_t count = read(file.descriptor(), bytes.data() + size, kChunkBytes);
    if (count < 0 && errno != EINTR) refuse(path, errno);
    bytes.resize(size + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count == 0) return bytes;
  }
}

}  // namespace sigproof::host
