// Modules that people use (corpus/modules), changed in a few places and made to listen or not,
// given to `WebAssembly` with core and without: the same error or the same success (T4, R7), and
// core's inspector agrees with the engine on what it accepted (R1, R5).
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "core/v8/testing/read_file.h"
#include "fuzz/generate/raw_bytes/edited_module.h"
#include "fuzz/real_modules/listening_module.h"
#include "fuzz/real_modules/manifest.h"
#include "fuzz/run/transparency/raw_bytes_runner.h"
#include "fuzz/support/byte_source.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

// One that is larger is compiled ten times a run: a run of seconds.
constexpr std::size_t kLargestBytes = 300'000;
// What most of the modules begin with is less.
constexpr unsigned kMostMemoryPages = 512;

// Each module as it is, and made to listen.
std::vector<Bytes> readModules() {
  const std::string folder = sigproof::modules::defaultModulesDir();
  std::vector<Bytes> modules;
  for (const auto& module : sigproof::modules::readManifest(folder + "/manifest.json")) {
    Bytes bytes = sigproof::host::readFile(folder + "/node_modules/" + module.path);
    if (bytes.size() > kLargestBytes) continue;
    modules.push_back(sigproof::modules::makeListen(bytes).bytes);
    modules.push_back(std::move(bytes));
  }
  return modules;
}

const std::vector<Bytes>& modules() {
  static const std::vector<Bytes> kModules = [] {
    try {
      return readModules();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "fuzz-real_modules: %s; ci/setup installs the packages\n", error.what());
      std::exit(2);  // NOLINT(concurrency-mt-unsafe): before any other thread
    }
  }();
  return kModules;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sigproof::fuzz::ByteSource source({data, size});
  const Bytes& module = modules()[source.below(static_cast<std::uint32_t>(modules().size()))];
  const bool is_async = source.oneIn(2);
  const Bytes changed = sigproof::fuzz::editModule(module, source);
  sigproof::fuzz::runRawBytes(changed, is_async, kMostMemoryPages);
  return 0;
}
