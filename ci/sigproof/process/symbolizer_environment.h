// Chooses the symbolizer of the sanitizers in a child. They wait for its answers without a limit,
// before libFuzzer writes the input and before their last finding. One that hangs would lose both.
// So they get build/libexec/llvm-symbolizer-with-limit, which asks the real one.
//
//   ChildCommand command{.environment = symbolizerEnvironment(), ...};
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sigproof::tool {

/// The variable that names the real one to llvm-symbolizer-with-limit.
inline constexpr const char* kRealSymbolizer = "SIGPROOF_REAL_SYMBOLIZER";

/// Variables for the child. The real one is what ASAN_SYMBOLIZER_PATH names, else Debian's, which
/// sanitizers don't look for.
std::vector<std::pair<std::string, std::string>> symbolizerEnvironment();

}  // namespace sigproof::tool
