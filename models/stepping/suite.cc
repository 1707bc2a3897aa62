#include "models/stepping/suite.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace sigproof::stepping {
namespace {

// The build says which level it asked for; the compiler says what it was told. A build type's own
// flags would otherwise be able to turn both programs into one.
constexpr std::string_view kLevel = SIGPROOF_STEPPING_LEVEL;
static_assert(kLevel == "O0" || kLevel == "O2");
#ifdef __OPTIMIZE__
static_assert(kLevel != "O0", "the flags of the build type have overridden -O0");
#else
static_assert(kLevel == "O0", "the flags of the build type have overridden -O2");
#endif
// As people build: without optimisation the debug checks are on, with it they are off.
#ifdef NDEBUG
static_assert(kLevel != "O0");
#else
static_assert(kLevel == "O0");
#endif

}  // namespace

Suite makeSuite() {
  Suite suite;
  suite.level = kLevel;
  suite.engine = fmt::format("clang {}.{}.{} -{}, x86-64 trap flag", __clang_major__,
                             __clang_minor__, __clang_patchlevel__, kLevel);
  suite.checks = listChecks();
  std::vector<Check> more = registryChecks();
  std::move(more.begin(), more.end(), std::back_inserter(suite.checks));
  return suite;
}

}  // namespace sigproof::stepping
