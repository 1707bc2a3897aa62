#include "ci/sigproof/runs/run_report.h"

#include <fmt/format.h>

#include <cstdio>

#include "ci/sigproof/process/user_error.h"
#include "reports/record/explain.h"

namespace sigproof::tool {

int withReport(int status, const Workspace& workspace, const std::filesystem::path& out,
               const reports::RunInfo& run, const std::vector<reports::Record>& records,
               bool is_quiet) {
  std::fflush(stdout);  // what came out is told before what may fail
  const auto written = reports::tryToExplain("the report", [&] {
    reports::writeReport(out, run, records);
    return true;
  });
  if (!written.value) {
    fmt::print(stderr, "sigproof: {}\n", written.note);
    return status == kPassedStatus ? kUsageStatus : status;
  }
  if (!is_quiet) fmt::print("report: {}\n", workspace.shown(out / "index.html"));
  return status;
}

}  // namespace sigproof::tool
