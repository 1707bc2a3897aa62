#include "ci/sigproof/runs/job_pool.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

namespace sigproof::tool {

std::vector<reports::Record> runJobs(const std::vector<Job>& jobs, unsigned concurrency,
                                     Progress& progress) {
  std::vector<reports::Record> records(jobs.size());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr first_exception;

  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) {
      progress.started(jobs[i].check);
      try {
        records[i] = jobs[i].run();
        progress.finished(records[i]);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first_exception) first_exception = std::current_exception();
        next = jobs.size();
      }
    }
  };
  progress.begin(jobs.size());
  {
    std::vector<std::jthread> workers;
    workers.reserve(concurrency);
    for (unsigned i = 0; i < concurrency; ++i) workers.emplace_back(work);
  }
  if (first_exception) std::rethrow_exception(first_exception);
  return records;
}

}  // namespace sigproof::tool
