// Runs checks, a few at a time.
//
//   std::vector<Job> jobs;
//   jobs.push_back({"model/a", [&] { return runCheck(check); }});
//   const std::vector<Record> records = runJobs(jobs, 2, progress);
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ci/sigproof/output/progress.h"
#include "reports/record/record.h"

namespace sigproof::tool {

struct Job {
  std::string check;
  std::function<reports::Record()> run;
};

/// Runs all, `concurrency` at a time, and gives their records in the jobs' order. If one throws, no
/// further one is started, those that run are waited for, and the first exception is thrown.
std::vector<reports::Record> runJobs(const std::vector<Job>& jobs, unsigned concurrency,
                                     Progress& progress);

}  // namespace sigproof::tool
