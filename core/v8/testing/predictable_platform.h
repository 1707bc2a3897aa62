// A V8 platform that runs everything on one thread, in a chosen order. Compiling in the background
// becomes repeatable, and the orders in which it can end become inputs.
//
//   host::initializeEngine({.async_compilation = true, .is_predictable = true});
//   host::PredictablePlatform::instance().setOrder(seed);
//   ... WebAssembly.instantiate(bytes) ...
//   isolate.pump();           // also runs what would have run on other threads
#pragma once

#include <v8-platform.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

namespace sigproof::host {

/// One per process, never destroyed. One thread only: the one that runs the isolates.
class PredictablePlatform final : public v8::Platform {
 public:
  static PredictablePlatform& instance();

  /// Chooses which of the tasks for other threads begins next: the first one for 0, else a random
  /// one.
  void setOrder(std::uint64_t seed) noexcept { order_ = seed; }

  /// Runs one waiting task, of `isolate` or of any other thread. Returns false if there is none.
  bool runOneTask(v8::Isolate* isolate);
  /// Drops the tasks of an isolate that is about to be disposed of.
  void forget(v8::Isolate* isolate) { runners_.erase(isolate); }

  int NumberOfWorkerThreads() override { return 1; }
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(v8::Isolate* isolate) override;
  void CallOnWorkerThread(std::unique_ptr<v8::Task> task) override;
  void CallDelayedOnWorkerThread(std::unique_ptr<v8::Task> task, double delay_s) override;
  std::unique_ptr<v8::JobHandle> PostJob(v8::TaskPriority priority,
                                         std::unique_ptr<v8::JobTask> job) override;
  double MonotonicallyIncreasingTime() override;
  double CurrentClockTimeMillis() override { return SystemClockTimeMillis(); }
  v8::TracingController* GetTracingController() override { return &tracing_; }

 private:
  using Tasks = std::deque<std::unique_ptr<v8::Task>>;
  class Runner;

  class JobWorkers;

  PredictablePlatform();
  std::size_t choose(std::size_t count) noexcept;

  v8::TracingController tracing_;
  std::map<v8::Isolate*, std::shared_ptr<Runner>> runners_;
  v8::Platform* job_workers_;  // never destroyed, as this object
  Tasks job_tasks_;
  Tasks worker_tasks_;
  std::uint64_t order_ = 0;
};

}  // namespace sigproof::host
