// Small pieces of text handling that several files need.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sigproof::tool {

/// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD, so that what a
/// crashing child printed can stand in JSON and XML.
std::string validUtf8(std::string_view text);

/// "1,234,567"
std::string withSeparators(std::uint64_t number);

/// Whether `name`, or `name` behind its first slash, matches the shell pattern `glob`: "model/a" is
/// matched by "model/a", "a", "model/*" and "*".
bool matchesGlob(const std::string& glob, const std::string& name);

/// `argument` as a shell takes it for one word.
std::string shellQuoted(const std::string& argument);

/// The words of a command, quoted where need be.
std::string commandLine(const std::vector<std::string>& arguments);

/// The last line that is not empty, without its line end.
std::string lastLine(std::string_view text);

/// The whole content of a file; empty if it can't be read.
std::string fileContent(const std::filesystem::path& path);

/// The first line that contains `part`, or an empty string.
std::string lineWith(std::string_view text, std::string_view part);

}  // namespace sigproof::tool
