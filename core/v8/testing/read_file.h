// Reads a whole file.
//
//   const std::vector<std::uint8_t> bytes = host::readFile("module.wasm");
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sigproof::host {

/// More than any module that V8 accepts (1 GiB). A larger file is refused.
inline constexpr std::uint64_t kMaxFileSizeBytes = std::uint64_t{1} << 30;

/// Returns the file's bytes. "-" does not mean standard input. Throws std::runtime_error with one
/// sentence that names the file and the reason. Any thread.
std::vector<std::uint8_t> readFile(const std::string& path);

}  // namespace sigproof::host
