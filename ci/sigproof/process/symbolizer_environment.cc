#include "ci/sigproof/process/symbolizer_environment.h"

#include <cstdlib>
#include <filesystem>

namespace sigproof::tool {
namespace {

constexpr const char* kDebiansSymbolizer = "/usr/bin/llvm-symbolizer-19";

}  // namespace

std::vector<std::pair<std::string, std::string>> symbolizerEnvironment() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* named = std::getenv("ASAN_SYMBOLIZER_PATH");
  std::error_code ignored;
  // Without it everything is as it was before there was one.
  const bool is_guarded = std::filesystem::exists(SIGPROOF_SYMBOLIZER_WITH_LIMIT, ignored);
  const std::string real = named != nullptr ? named : kDebiansSymbolizer;
  const std::string asked = is_guarded ? SIGPROOF_SYMBOLIZER_WITH_LIMIT : real;
  return {
      {kRealSymbolizer, real}, {"ASAN_SYMBOLIZER_PATH", asked}, {"UBSAN_SYMBOLIZER_PATH", asked}};
}

}  // namespace sigproof::tool
