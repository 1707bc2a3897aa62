#include "models/stepping/engine/suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace sigproof::stepping {
namespace {

// The build defines the requested level, and the compiler defines what it got. A build type's own
// flags could otherwise make several programs the same.
constexpr std::string_view kLevel = SIGPROOF_STEPPING_LEVEL;
constexpr std::string_view kFlags = SIGPROOF_STEPPING_FLAGS;

#ifdef __OPTIMIZE__
constexpr bool kIsOptimized = true;
#else
constexpr bool kIsOptimized = false;
#endif
static_assert(kLevel.ends_with("O0") != kIsOptimized,
              "the flags of the build type have overridden the level's");

// As usual, the debug checks are on without optimisation and off with it.
#ifdef NDEBUG
constexpr bool kHasDebugChecks = false;
#else
constexpr bool kHasDebugChecks = true;
#endif
static_assert(kHasDebugChecks != kIsOptimized);

#if defined(__clang__)
constexpr bool kIsGcc = false;
#else
constexpr bool kIsGcc = true;
#endif
static_assert(kLevel.starts_with("gcc-") == kIsGcc, "compiled by another compiler");

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
constexpr bool kIsSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kIsSanitized = false;
#endif
static_assert(kLevel.starts_with("asan-") == kIsSanitized);

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

// The flags as on a command line.
std::string flags() {
  std::string typed(kFlags);
  std::ranges::replace(typed, ',', ' ');
  return typed;
}

}  // namespace

Suite makeSuite() {
  Suite suite;
  suite.level = kLevel;
  suite.compiler = fmt::format("{} {}", compiler(), flags());
  suite.has_debug_checks = kHasDebugChecks;
  suite.checks = makeChecks();
  return suite;
}

}  // namespace sigproof::stepping
