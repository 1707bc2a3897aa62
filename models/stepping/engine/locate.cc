#include "models/stepping/engine/locate.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "models/stepping/engine/helper_program.h"
#include "reports/record/explain.h"

namespace sigproof::stepping {
namespace {

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
  return std::string(slash < rest.size() ? rest.substr(slash + 1) : rest);
}

struct Symbol {
  std::string text;  // "function file:line < caller file:line"
  std::uintptr_t function_start = 0;
  std::string fault;  // why the text is not complete; or empty
  bool has_hung = false;
};

// A longer name is garbage.
constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kMostFrames = 64;

// The symbolizers print several forms of "unknown".
bool isUnknown(std::string_view name) { return name.empty() || name.starts_with("??"); }

std::string nameMember(const nlohmann::json& frame, const char* name) {
  const auto found = frame.find(name);
  if (found == frame.end() || !found->is_string()) return {};
  return found->get<std::string>().substr(0, kLongestName);
}

std::uint64_t lineMember(const nlohmann::json& frame) {
  const auto found = frame.find("Line");
  return found != frame.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

// For code without debug information the symbolizer knows at most the function.
std::string frameText(const std::string& function, const std::string& file, std::uint64_t line) {
  if (isUnknown(function) && isUnknown(file)) return {};
  const std::string name = isUnknown(function) ? "a function without a name" : function;
  return isUnknown(file) ? name + " (of which no source line is known)"
                         : fmt::format("{} {}:{}", name, shortPath(file), line);
}

// Reads the JSON that llvm-symbolizer prints. The output may have any form.
Symbol readSymbol(const std::string& output) {
  Symbol symbol;
  const auto json = nlohmann::json::parse(output, nullptr, false);
  if (!json.is_array() || json.empty() || !json[0].is_object()) return symbol;
  const auto frames = json[0].find("Symbol");
  if (frames == json[0].end() || !frames->is_array()) return symbol;
  for (std::size_t i = 0; i < frames->size() && i < kMostFrames; ++i) {
    const nlohmann::json& frame = (*frames)[i];
    if (!frame.is_object()) continue;
    const std::string start = nameMember(frame, "StartAddress");
    if (start.starts_with("0x")) {
      std::from_chars(start.data() + 2, start.data() + start.size(), symbol.function_start, 16);
    }
    const std::string text = frameText(nameMember(frame, "FunctionName"),
                                       nameMember(frame, "FileName"), lineMember(frame));
    if (!symbol.text.empty() && !text.empty()) symbol.text += "\n  inlined into ";
    symbol.text += text;
  }
  return symbol;
}

// Reads what addr2line -f prints: the function's line, and "file:line".
Symbol readAddr2line(const std::string& output) {
  std::istringstream lines(output);
  std::string function;
  std::string place;
  std::getline(lines, function);
  std::getline(lines, place);
  const std::size_t colon = place.rfind(':');
  if (function.size() > kLongestName || place.size() > kLongestName) return {};
  if (colon == std::string::npos) return {};
  std::uint64_t line = 0;
  std::from_chars(place.data() + colon + 1, place.data() + place.size(), line);
  return {.text = frameText(function, place.substr(0, colon), line), .fault = {}};
}

// Asks the programs in turn until one knows the address. If one hangs, the next may hang, too, so
// no more are asked.
Symbol symbolize(const Place& place) {
  const std::string address = fmt::format("0x{:x}", place.offset);
  std::string faults;
  const auto ask = [&](const std::vector<std::string>& command, auto read) {
    const HelperAnswer answer = askHelper(command);
    Symbol symbol = read(answer.output);
    if (symbol.text.empty()) {
      const std::string fault = command.front() + " does not know it";
      faults += (faults.empty() ? "" : "; ") + (answer.fault.empty() ? fault : answer.fault);
    }
    symbol.has_hung = answer.has_hung;
    return symbol;
  };
  const std::string object = "--obj=" + place.file;
  Symbol symbol;
  for (const char* tool : {"llvm-symbolizer-19", "llvm-symbolizer"}) {
    symbol = ask({tool, "--output-style=JSON", object, address}, readSymbol);
    if (!symbol.text.empty() || symbol.has_hung) break;
  }
  if (symbol.text.empty() && !symbol.has_hung) {
    symbol = ask({"addr2line", "-f", "-C", "-e", place.file, address}, readAddr2line);
  }
  if (symbol.text.empty()) symbol.fault = faults;
  return symbol;
}

// The lines of a disassembly, with the one at `offset` marked, and the index of that one.
struct Disassembly {
  std::vector<std::string> lines;
  std::optional<std::size_t> marked;
};

Disassembly readDisassembly(const std::string& output, std::uintptr_t offset) {
  const std::string here = fmt::format("{:x}:", offset);
  Disassembly result;
  std::istringstream stream(output);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t text = line.find_first_not_of(' ');
    if (text == std::string::npos || line.find(":\t") == std::string::npos) {
      if (line.find(": \t") == std::string::npos && line.find(":  ") == std::string::npos) continue;
    }
    const bool is_here = text != std::string::npos && line.compare(text, here.size(), here) == 0;
    if (is_here) result.marked = result.lines.size();
    result.lines.push_back(fmt::format("{} {}\n", is_here ? "=>" : "  ", line));
  }
  return result;
}

std::string withoutDisassembly(std::string_view why) {
  return fmt::format("no disassembly: {}\n", why);
}

// Starts at the function's start, because x86 can't be decoded backwards.
std::string disassemble(const Place& place, const Symbol& symbol) {
  constexpr std::size_t kLinesBefore = 6;
  constexpr std::size_t kMostLinesAfter = 24;
  constexpr std::uintptr_t kBytesAfter = 24;
  if (symbol.has_hung) return withoutDisassembly("the symbolizer hung, and was not asked again");
  if (symbol.function_start == 0 || symbol.function_start > place.offset) {
    return withoutDisassembly(
        "where the function begins is not known (it takes llvm-symbolizer-19, of Debian's llvm-19, "
        "and a symbol)");
  }
  std::string faults;
  for (const char* tool : {"llvm-objdump-19", "llvm-objdump", "objdump"}) {
    const HelperAnswer answer =
        askHelper({tool, "-d", "--no-show-raw-insn",
                   fmt::format("--start-address=0x{:x}", symbol.function_start),
                   fmt::format("--stop-address=0x{:x}", place.offset + kBytesAfter), place.file});
    const Disassembly read = readDisassembly(answer.output, place.offset);
    if (read.marked) {
      std::string result;
      const std::size_t marked = *read.marked;
      const std::size_t end = std::min(read.lines.size(), marked + kMostLinesAfter);
      for (std::size_t i = marked > kLinesBefore ? marked - kLinesBefore : 0; i < end; ++i) {
        result += read.lines[i];
      }
      return result;
    }
    const std::string fault = std::string(tool) + " does not show it";
    faults += (faults.empty() ? "" : "; ") + (answer.fault.empty() ? fault : answer.fault);
    if (answer.has_hung) break;
  }
  return withoutDisassembly(faults + " (Debian: llvm-19)");
}

Location locateIn(const Place& place) {
  const Symbol symbol = symbolize(place);
  const std::string name = std::filesystem::path(place.file).filename();
  Location location;
  location.place = fmt::format("{}{}instruction {}+0x{:x}", symbol.text,
                               symbol.text.empty() ? "" : "\n  ", name, place.offset);
  if (!symbol.fault.empty()) location.place += "\n  no source line: " + symbol.fault;
  location.disassembly = disassemble(place, symbol);
  return location;
}

}  // namespace

Location locate(std::uintptr_t address) {
  const std::string number = fmt::format("instruction 0x{:x}", address);
  auto found = reports::tryToExplain("its place in the program", [&]() -> Location {
    const Place place = placeOf(address);
    return place.file.empty() ? Location{number, {}} : locateIn(place);
  });
  if (found.value) return *std::move(found.value);
  return {fmt::format("{}\n  {}", number, found.note), {}};
}

}  // namespace sigproof::stepping
