#include "ci/sigproof/process/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <locale>
#include <nlohmann/json.hpp>

namespace sigproof::tool {
namespace {

class ThousandsSeparators : public std::numpunct<char> {
 protected:
  char do_thousands_sep() const override { return ','; }
  std::string do_grouping() const override { return "\3"; }
};

bool isPlainInShell(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_-./=:@%+,").find(c) != std::string_view::npos;
}

}  // namespace

std::string validUtf8(std::string_view text) {
  const auto replace = nlohmann::json::error_handler_t::replace;
  return nlohmann::json::parse(nlohmann::json(text).dump(-1, ' ', false, replace));
}

std::string withSeparators(std::uint64_t number) {
  static const std::locale kLocale(std::locale::classic(), new ThousandsSeparators);
  return fmt::format(kLocale, "{:L}", number);
}

bool matchesGlob(const std::string& glob, const std::string& name) {
  if (fnmatch(glob.c_str(), name.c_str(), 0) == 0) return true;
  const std::size_t slash = name.find('/');
  return slash != std::string::npos && fnmatch(glob.c_str(), name.c_str() + slash + 1, 0) == 0;
}

std::string shellQuoted(const std::string& argument) {
  if (!argument.empty() && std::all_of(argument.begin(), argument.end(), isPlainInShell)) {
    return argument;
  }
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string commandLine(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  words.reserve(arguments.size());
  for (const std::string& argument : arguments) words.push_back(shellQuoted(argument));
  return fmt::format("{}", fmt::join(words, " "));
}

std::string lastLine(std::string_view text) {
  const std::size_t end = text.find_last_not_of("\r\n \t");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const std::size_t start = text.rfind('\n');
  return std::string(start == std::string_view::npos ? text : text.substr(start + 1));
}

std::string fileContent(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string lineWith(std::string_view text, std::string_view part) {
  const std::size_t found = text.find(part);
  if (found == std::string_view::npos) return {};
  const std::size_t before = text.rfind('\n', found);
  const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  return std::string(text.substr(start, text.find('\n', found) - start));
}

}  // namespace sigproof::tool
