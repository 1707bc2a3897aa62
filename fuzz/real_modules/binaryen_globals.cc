#include "fuzz/real_modules/binaryen_globals.h"

#include <binaryen-c.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace sigproof::modules {
namespace {

// The features that real modules use and V8 10.2 has by default. With more, Binaryen writes
// encodings of later proposals, which this engine doesn't know.
BinaryenFeatures features() {
  return BinaryenFeatureAtomics() | BinaryenFeatureBulkMemory() | BinaryenFeatureMutableGlobals() |
         BinaryenFeatureNontrappingFPToInt() | BinaryenFeatureSignExt() | BinaryenFeatureSIMD128() |
         BinaryenFeatureExceptionHandling() | BinaryenFeatureReferenceTypes() |
         BinaryenFeatureMultivalue();
}

bool writeAll(int descriptor, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(descriptor, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

std::string readAll(int descriptor) {
  std::string text;
  std::array<char, 65536> chunk{};
  for (;;) {
    const ssize_t count = read(descriptor, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

// In the child. Binaryen's own messages go to its standard error, then it exits.
bool edit(std::span<const std::uint8_t> module, std::span<const ExportedGlobal> globals,
          int output) {
  std::vector<char> input(module.begin(), module.end());
  BinaryenModuleRef binaryen_module = BinaryenModuleRead(input.data(), input.size());
  BinaryenModuleSetFeatures(binaryen_module, features());
  for (const ExportedGlobal& global : globals) {
    const std::string name(global.name);
    const std::string internal_name = "sigproof" + name;
    BinaryenAddGlobal(binaryen_module, internal_name.c_str(), BinaryenTypeInt32(), false,
                      BinaryenConst(binaryen_module,
                                    BinaryenLiteralInt32(static_cast<std::int32_t>(global.value))));
    BinaryenAddGlobalExport(binaryen_module, internal_name.c_str(), name.c_str());
  }
  const BinaryenModuleAllocateAndWriteResult written =
      BinaryenModuleAllocateAndWrite(binaryen_module, nullptr);
  return writeAll(output, static_cast<const char*>(written.binary), written.binaryBytes);
}

class Pipe {
 public:
  Pipe() {
    if (pipe(ends_.data()) != 0) {
      throw std::system_error(errno, std::generic_category(), "can't make a pipe");
    }
  }
  ~Pipe() {
    closeEnd(0);
    closeEnd(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int readEnd() const { return ends_[0]; }
  int writeEnd() const { return ends_[1]; }
  void closeWriteEnd() { closeEnd(1); }

 private:
  void closeEnd(std::size_t end) {
    if (const int descriptor = std::exchange(ends_.at(end), -1); descriptor >= 0) close(descriptor);
  }
  std::array<int, 2> ends_{};
};

// A file without a name, for what Binaryen says: it may say more than a pipe holds.
class Messages {
 public:
  Messages() : file_(std::tmpfile()) {
    if (file_ == nullptr) {
      throw std::system_error(errno, std::generic_category(), "can't make a temporary file");
    }
  }
  ~Messages() { (void)std::fclose(file_); }
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;
  int descriptor() const { return fileno(file_); }

  std::string firstLine() const {
    (void)lseek(descriptor(), 0, SEEK_SET);
    const std::string text = readAll(descriptor());
    return text.substr(0, text.find('\n'));
  }

 private:
  std::FILE* file_;
};

int waitFor(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

BinaryenResult addGlobalsWithBinaryen(std::span<const std::uint8_t> module,
                                      std::span<const ExportedGlobal> globals) {
  Pipe output;
  const Messages messages;
  (void)std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "can't start a process");
  if (child == 0) {
    dup2(messages.descriptor(), STDERR_FILENO);
    _exit(edit(module, globals, output.writeEnd()) ? 0 : 1);
  }
  output.closeWriteEnd();
  const std::string written = readAll(output.readEnd());
  if (const int status = waitFor(child); WIFSIGNALED(status)) {
    return {{}, fmt::format("Binaryen ended by signal {}", WTERMSIG(status))};
  } else if (WEXITSTATUS(status) != 0 || written.empty()) {
    return {{}, "Binaryen says: " + messages.firstLine()};
  }
  return {{written.begin(), written.end()}, ""};
}

}  // namespace sigproof::modules
