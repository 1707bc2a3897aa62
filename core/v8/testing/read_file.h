// Reads a whole file, or says in one sentence why it can't.
//
//   const std::vector<std::uint8_t> bytes = host::readFile("module.wasm");
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sigproof::host {

/// More than any module that V8 accepts (1 GiB); a larger file is refused rather than read.
inline constexpr std::uint64_t kMaxFileSizeBytes = std::uint64_t{1} << 30;

/// The file's bytes. "-" is no name for standard input here. Throws std::runtime_error with one
/// sentence that names the file and the reason. Any thread.
std::vector<std::uint8_t> readFile(const std::string& path);

}  // namespace sigproof::host
