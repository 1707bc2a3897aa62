#include "ci/sigproof/checks/peer_checks.h"

#include <string>

namespace sigproof::tool {
namespace {

// A run with no end by time compares at least so many modules a second, on a busy machine too.
constexpr double kFewestModulesPerSecond = 50;

}  // namespace

std::vector<Check> peerChecks(const Workspace& workspace, const PeerOptions& options) {
  std::vector<Check> checks = listAllChecks(workspace, "sigproof-peer");
  for (Check& check : checks) {
    check.subcommand = "peer";
    const auto add = [&](const char* name, const std::string& value) {
      check.arguments.insert(check.arguments.end(), {name, value});
    };
    if (options.seed != 0) add("--seed", std::to_string(options.seed));
    if (options.seconds != 0) add("--seconds", std::to_string(options.seconds));
    if (options.modules != 0) add("--modules", std::to_string(options.modules));
    if (options.is_first_enough) check.arguments.emplace_back("--first");
    if (!options.new_findings.empty()) add("--new-findings", options.new_findings.string());
  }
  return checks;
}

CheckLimits limitsOf(const PeerOptions& options) {
  CheckLimits limits;
  // What is minimised when the time is over comes on top.
  limits.time_s += options.seconds != 0
                       ? options.seconds
                       : static_cast<double>(options.modules) / kFewestModulesPerSecond;
  return limits;
}

}  // namespace sigproof::tool
