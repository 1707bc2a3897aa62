// The main() of the replay-* programs: runs a fuzz target on files, without libFuzzer.
//
//   replay-list corpus/seeds/list crash-0123
//   replay-list --describe
//
// Exit code 0: every file was run and held. 2: a file or folder can't be read. A violation aborts,
// and the file that it came of is named.
#include <sanitizer/common_interface_defs.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <system_error>
#include <vector>

// target_entry.cc's, by the names of libFuzzer, which has no header for them either.
// NOLINTBEGIN(readability-identifier-naming,readability-redundant-declaration): their names
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// NOLINTEND(readability-identifier-naming,readability-redundant-declaration)

namespace {

namespace fs = std::filesystem;

constexpr int kExitOk = 0;
constexpr int kExitBadInput = 2;

// What is being run, for the message of a run that dies.
std::string current_file;
std::size_t files_run = 0;

// Signal-safe: also called for an abort.
void nameFileOfDeath() {
  constexpr char kWords[] = "replay: died at ";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, kWords, sizeof kWords - 1);
  written = write(STDERR_FILENO, current_file.data(), current_file.size());
  written = write(STDERR_FILENO, "\n", 1);
}

void onAbort(int signal_number) {
  nameFileOfDeath();
  // The default action takes over when this returns: abort() raises the signal again.
  [[maybe_unused]] const auto old = std::signal(signal_number, SIG_DFL);
}

int refuse(const fs::path& path, const std::string& why) {
  std::fprintf(stderr, "replay: %s: %s\n", path.c_str(), why.c_str());
  return kExitBadInput;
}

// The files below `folder`, in the order of their names, but for those that start with a dot (a
// .gitkeep is no input).
std::vector<fs::path> filesIn(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().filename().string().starts_with('.')) continue;
    if (at->is_regular_file(error)) files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int replayFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse(path, "can't be opened; check the name and its permissions");
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) return refuse(path, "can't be read");
  current_file = path.string();
  ++files_run;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return kExitOk;
}

int replayFolder(const fs::path& folder) {
  std::error_code error;
  const std::vector<fs::path> files = filesIn(folder, error);
  if (error) return refuse(folder, error.message());
  // An empty folder of crashes is good news, but nothing was replayed: say so.
  if (files.empty()) std::fprintf(stderr, "replay: %s: no file in it\n", folder.c_str());
  int exit_code = kExitOk;
  for (const fs::path& file : files) exit_code = std::max(exit_code, replayFile(file));
  return exit_code;
}

int replay(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return refuse(path, error && error != std::errc::no_such_file_or_directory
                            ? error.message()
                            : "no such file or folder");
  }
  if (fs::is_directory(status)) return replayFolder(path);
  if (!fs::is_regular_file(status)) return refuse(path, "neither a file nor a folder");
  return replayFile(path);
}

}  // namespace

int main(int argc, char** argv) {
  LLVMFuzzerInitialize(&argc, &argv);
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FILE_OR_FOLDER...   replays fuzz inputs\n", arguments[0]);
    return kExitBadInput;
  }
  __sanitizer_set_death_callback(&nameFileOfDeath);
  if (std::signal(SIGABRT, &onAbort) == SIG_ERR) return refuse("SIGABRT", "no handler can be set");
  int exit_code = kExitOk;
  for (const char* argument : arguments.subspan(1)) {
    exit_code = std::max(exit_code, replay(argument));
  }
  std::fprintf(stderr, "replay: %zu files held\n", files_run);
  return exit_code;
}
