#include "core/v8/testing/predictable_platform.h"

#include <libplatform/libplatform.h>

#include <chrono>
#include <utility>

namespace sigproof::host {

// The tasks of one isolate, which begin in the order in which they came. Delayed tasks are
// maintenance (of the heap's size, and so on) that a short run never reaches, so they are dropped.
class PredictablePlatform::Runner final : public v8::TaskRunner {
 public:
  Tasks& tasks() noexcept { return tasks_; }

  void PostTask(std::unique_ptr<v8::Task> task) override { tasks_.push_back(std::move(task)); }
  void PostNonNestableTask(std::unique_ptr<v8::Task> task) override {
    tasks_.push_back(std::move(task));
  }
  void PostDelayedTask(std::unique_ptr<v8::Task> /*task*/, double /*delay_s*/) override {}
  void PostNonNestableDelayedTask(std::unique_ptr<v8::Task> /*task*/, double /*delay_s*/) override {
  }
  void PostIdleTask(std::unique_ptr<v8::IdleTask> /*task*/) override {}
  bool IdleTasksEnabled() override { return false; }
  bool NonNestableTasksEnabled() const override { return true; }
  bool NonNestableDelayedTasksEnabled() const override { return true; }

 private:
  Tasks tasks_;
};

// V8's own job handle posts the workers of jobs to a platform; this one collects them.
class PredictablePlatform::JobWorkers final : public v8::Platform {
 public:
  explicit JobWorkers(PredictablePlatform& owner) : owner_(owner) {}

  int NumberOfWorkerThreads() override { return owner_.NumberOfWorkerThreads(); }
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(v8::Isolate* isolate) override {
    return owner_.GetForegroundTaskRunner(isolate);
  }
  void CallOnWorkerThread(std::unique_ptr<v8::Task> task) override {
    owner_.job_tasks_.push_back(std::move(task));
  }
  void CallDelayedOnWorkerThread(std::unique_ptr<v8::Task> /*task*/, double /*delay_s*/) override {}
  std::unique_ptr<v8::JobHandle> PostJob(v8::TaskPriority priority,
                                         std::unique_ptr<v8::JobTask> job) override {
    return owner_.PostJob(priority, std::move(job));
  }
  double MonotonicallyIncreasingTime() override { return owner_.MonotonicallyIncreasingTime(); }
  double CurrentClockTimeMillis() override { return owner_.CurrentClockTimeMillis(); }
  v8::TracingController* GetTracingController() override { return owner_.GetTracingController(); }

 private:
  PredictablePlatform& owner_;
};

PredictablePlatform::PredictablePlatform() : job_workers_(new JobWorkers(*this)) {}

PredictablePlatform& PredictablePlatform::instance() {
  // Never destroyed: V8 needs it until the process ends.
  static PredictablePlatform& only = *new PredictablePlatform;
  return only;
}

std::shared_ptr<v8::TaskRunner> PredictablePlatform::GetForegroundTaskRunner(v8::Isolate* isolate) {
  std::shared_ptr<Runner>& runner = runners_[isolate];
  if (runner == nullptr) runner = std::make_shared<Runner>();
  return runner;
}

void PredictablePlatform::CallOnWorkerThread(std::unique_ptr<v8::Task> task) {
  worker_tasks_.push_back(std::move(task));
}

void PredictablePlatform::CallDelayedOnWorkerThread(std::unique_ptr<v8::Task> /*task*/,
                                                    double /*delay_s*/) {}

std::unique_ptr<v8::JobHandle> PredictablePlatform::PostJob(v8::TaskPriority priority,
                                                            std::unique_ptr<v8::JobTask> job) {
  return v8::platform::NewDefaultJobHandle(job_workers_, priority, std::move(job),
                                           static_cast<std::size_t>(NumberOfWorkerThreads()));
}

double PredictablePlatform::MonotonicallyIncreasingTime() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::size_t PredictablePlatform::choose(std::size_t count) noexcept {
  if (order_ == 0) return 0;
  // Knuth's MMIX generator. Its high bits are the good ones.
  order_ = order_ * 6364136223846793005U + 1442695040888963407U;
  return static_cast<std::size_t>((order_ >> 33) % count);
}

// The isolate's own tasks run first, then the workers of jobs, some of which find that the job is
// done. The engine also uses both for its own maintenance, at times that depend on what ran before.
// That must not change the order of the others.
bool PredictablePlatform::runOneTask(v8::Isolate* isolate) {
  const auto runner = runners_.find(isolate);
  Tasks* tasks = runner == runners_.end() ? nullptr : &runner->second->tasks();
  if (tasks == nullptr || tasks->empty()) tasks = &job_tasks_;
  std::size_t chosen = 0;
  if (tasks->empty()) {
    tasks = &worker_tasks_;
    if (tasks->empty()) return false;
    chosen = choose(tasks->size());
  }
  const std::unique_ptr<v8::Task> task = std::move((*tasks)[chosen]);
  tasks->erase(tasks->begin() + static_cast<std::ptrdiff_t>(chosen));
  task->Run();
  return true;
}

}  // namespace sigproof::host
