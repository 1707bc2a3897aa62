#include "models/stepping/engine/locate.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <vector>

namespace sigproof::stepping {
namespace {

// Standard output of a program that is looked up in PATH; empty if it isn't there or fails.
std::string outputOf(std::vector<std::string> command) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string output;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0;
       error == 0 && (count = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) != child || status != 0) return {};
  return output;
}

// An object file of this process, and an address as that file counts it.
struct Place {
  std::string file;
  std::uintptr_t offset = 0;
};

Place placeOf(std::uintptr_t address) {
  Dl_info info{};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an instruction's address is a number first.
  if (dladdr(reinterpret_cast<void*>(address), &info) == 0) return {};
  Place place{info.dli_fname, address - reinterpret_cast<std::uintptr_t>(info.dli_fbase)};
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error && std::filesystem::equivalent(self, place.file, error)) place.file = self;
  return place;
}

// Returns the last parts of a path. They say as much as the whole, and don't name a machine.
std::string shortPath(const std::string& path) {
  std::string_view rest = path;
  std::size_t slash = rest.size();
  for (int parts = 0; parts < 3 && slash != std::string_view::npos && slash != 0; ++parts) {
    slash = rest.rfind('/', slash - 1);
  }
  return std::string(slash == std::string_view::npos ? rest : rest.substr(slash + 1));
}

struct Symbol {
  std::string text;  // "function file:line < caller file:line"
  std::uintptr_t function_start = 0;
};

Symbol symbolize(const Place& place) {
  for (const char* tool : {"llvm-symbolizer-19", "llvm-symbolizer"}) {
    const std::string output = outputOf(
        {tool, "--output-style=JSON", "--obj=" + place.file, fmt::format("0x{:x}", place.offset)});
    const auto json = nlohmann::json::parse(output, nullptr, false);
    if (!json.is_array() || json.empty()) continue;
    Symbol symbol;
    for (const auto& frame : json[0].value("Symbol", nlohmann::json::array())) {
      const std::string start = frame.value("StartAddress", "");
      if (start.size() > 2) {
        std::from_chars(start.data() + 2, start.data() + start.size(), symbol.function_start, 16);
      }
      if (!symbol.text.empty()) symbol.text += "\n  inlined into ";
      symbol.text += fmt::format("{} {}:{}", frame.value("FunctionName", "?"),
                                 shortPath(frame.value("FileName", "?")), frame.value("Line", 0));
    }
    if (!symbol.text.empty()) return symbol;
  }
  Symbol symbol;
  symbol.text =
      outputOf({"addr2line", "-f", "-C", "-e", place.file, fmt::format("0x{:x}", place.offset)});
  while (!symbol.text.empty() && symbol.text.back() == '\n') symbol.text.pop_back();
  return symbol;
}

// Starts at the function's start, because x86 can't be decoded backwards.
std::string disassemble(const Place& place, std::uintptr_t function_start) {
  constexpr std::size_t kLinesBefore = 6;
  constexpr std::uintptr_t kBytesAfter = 24;
  if (function_start == 0 || function_start > place.offset) {
    return "no disassembly: where the function begins is not known (it takes llvm-symbolizer-19, "
           "of "
           "Debian's llvm-19, and a symbol)\n";
  }
  std::string output;
  for (const char* tool : {"llvm-objdump-19", "llvm-objdump", "objdump"}) {
    output = outputOf(
        {tool, "-d", "--no-show-raw-insn", fmt::format("--start-address=0x{:x}", function_start),
         fmt::format("--stop-address=0x{:x}", place.offset + kBytesAfter), place.file});
    if (!output.empty()) break;
  }
  if (output.empty()) {
    return "no disassembly: neither llvm-objdump-19 nor objdump is installed, or it can't read the "
           "program (Debian: llvm-19)\n";
  }
  const std::string here = fmt::format("{:x}:", place.offset);
  std::vector<std::string> lines;
  std::size_t marked = 0;
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t text = line.find_first_not_of(' ');
    if (text == std::string::npos || line.find(":\t") == std::string::npos) {
      if (line.find(": \t") == std::string::npos && line.find(":  ") == std::string::npos) continue;
    }
    const bool is_here = text != std::string::npos && line.compare(text, here.size(), here) == 0;
    if (is_here) marked = lines.size();
    lines.push_back(fmt::format("{} {}\n", is_here ? "=>" : "  ", line));
  }
  std::string result;
  for (std::size_t i = marked > kLinesBefore ? marked - kLinesBefore : 0; i < lines.size(); ++i) {
    result += lines[i];
  }
  return result;
}

}  // namespace

Location locate(std::uintptr_t address) {
  const Place place = placeOf(address);
  if (place.file.empty()) return {fmt::format("instruction 0x{:x}", address), {}};
  const Symbol symbol = symbolize(place);
  const std::string name = std::filesystem::path(place.file).filename();
  Location location;
  location.place = fmt::format("{}{}instruction {}+0x{:x}", symbol.text,
                               symbol.text.empty() ? "" : "\n  ", name, place.offset);
  location.disassembly = disassemble(place, symbol.function_start);
  return location;
}

}  // namespace sigproof::stepping
