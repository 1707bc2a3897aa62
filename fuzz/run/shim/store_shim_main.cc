// Turns inputs of fuzz-shim into files that outlive a change of its generator: each becomes a
// module with its plan in a custom section.
//
//   store-shim OUT_FOLDER FILE...        # OUT_FOLDER/<name of the file>.wasm
//
// Exit code 0: all were stored. 2: one can't be read or written; what was stored before stays.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/generate/stored_input.h"
#include "reports/record/atomic_file.h"

namespace {

namespace fs = std::filesystem;
constexpr int kExitBadInput = 2;

void store(const fs::path& folder, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't be opened; check the name and its permissions");
  const std::vector<char> content(std::istreambuf_iterator<char>(file), {});
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  const std::vector<std::uint8_t> stored =
      sigproof::fuzz::toStored(sigproof::fuzz::readInput(bytes));
  sigproof::reports::writeFileWhole(
      folder / (path.stem().string() + ".wasm"),
      std::string_view(reinterpret_cast<const char*>(stored.data()), stored.size()));
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s OUT_FOLDER FILE...   stores inputs of fuzz-shim\n",
                 arguments[0]);
    return kExitBadInput;
  }
  for (const char* path : arguments.subspan(2)) {
    try {
      store(arguments[1], path);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "store-shim: %s: %s\n", path, error.what());
      return kExitBadInput;
    }
  }
  return 0;
}
