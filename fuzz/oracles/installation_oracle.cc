#include "fuzz/oracles/installation_oracle.h"

#include <fmt/format.h>

#include <cstddef>
#include <numeric>

namespace sigproof::fuzz {

std::optional<Violation> judgeInstallation(Installation installation, bool is_installed,
                                           const WitnessObservation& seen) {
  const bool is_expected =
      installation == Installation::kFresh || installation == Installation::kChanged;
  if (is_expected != is_installed) {
    return Violation{"T7", is_expected
                               ? "install() refused a context that has all that core needs"
                               : "install() says that the feature is on where it can't or must not "
                                 "be"};
  }
  const std::size_t outcomes =
      std::accumulate(seen.outcomes.begin(), seen.outcomes.end(), std::size_t{0});
  if (!is_installed && outcomes != 0) {
    return Violation{"T7", fmt::format("core is not in the context, but tells of {} instances made "
                                       "there",
                                       outcomes)};
  }
  return std::nullopt;
}

}  // namespace sigproof::fuzz
