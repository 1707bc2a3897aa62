#include "reports/record/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace sigproof::reports {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  AtomicFile() { fs::create_directory(folder_); }
  ~AtomicFile() override { fs::remove_all(folder_); }

  static std::string contentOf(const fs::path& path) {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  std::ptrdiff_t filesInFolder() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("sigproof_atomic_file." + std::to_string(getpid()));
  const fs::path path_ = folder_ / "record.json";
};

/// A disk that is full after so many bytes, as far as this process can tell.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{bytes, old_limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    static_cast<void>(std::signal(SIGXFSZ, old_handler_));
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int);
};

TEST_F(AtomicFile, IsReplacedWholeAndLeavesNothingBeside) {
  writeFileWhole(path_, "first");
  EXPECT_EQ(PreparedFile(path_).replace("second"), 0);
  EXPECT_EQ(contentOf(path_), "second");
  writeFileWhole(path_, "third");
  EXPECT_EQ(contentOf(path_), "third");
  EXPECT_EQ(filesInFolder(), 1);
}

TEST_F(AtomicFile, AFullDiskLeavesTheOldFile) {
  writeFileWhole(path_, "old");
  const std::string large(4096, 'x');
  {
    const FullDisk disk(1000);
    EXPECT_EQ(PreparedFile(path_).replace(large), EFBIG);
    EXPECT_THROW(writeFileWhole(path_, large), std::runtime_error);
  }
  EXPECT_EQ(contentOf(path_), "old");
  EXPECT_EQ(filesInFolder(), 1);
}

TEST_F(AtomicFile, AFolderThatIsNotThereIsAnError) {
  EXPECT_EQ(PreparedFile(folder_ / "absent/record.json").replace("x"), ENOENT);
  EXPECT_THROW(writeFileWhole(folder_ / "absent/record.json", "x"), std::runtime_error);
}

}  // namespace
}  // namespace sigproof::reports
