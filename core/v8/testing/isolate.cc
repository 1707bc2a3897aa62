#include "core/v8/testing/isolate.h"

#include <libplatform/libplatform.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "core/v8/testing/predictable_platform.h"

namespace sigproof::host {
namespace {

// One thread is enough to compile in the background, and fewer threads have fewer orders.
constexpr int kWorkerThreads = 1;

// Never destroyed: V8 needs it until the process ends.
v8::Platform* platform = nullptr;
// The same platform, if it is a predictable one.
PredictablePlatform* predictable_platform = nullptr;

[[noreturn]] void reportMisuse(const char* message) {
  (void)std::fprintf(stderr, "%s\n", message);
  std::abort();
}

}  // namespace

void initializeEngine(const EngineFlags& flags) {
  if (platform != nullptr) {
    reportMisuse("host::initializeEngine: called twice in one process");
  }
  // --expose-gc: without it V8 refuses to collect on demand. --liftoff-only: V8 compiles each
  // function once, with its fast compiler. --single-threaded-gc: V8 collects on this thread only.
  v8::V8::SetFlagsFromString("--expose-gc --liftoff-only --single-threaded-gc");
  if (flags.is_predictable) {
    setAsyncCompilation(flags.async_compilation);
    predictable_platform = &PredictablePlatform::instance();
    platform = predictable_platform;
  } else if (flags.async_compilation) {
    v8::V8::SetFlagsFromString("--wasm-async-compilation");
    platform = v8::platform::NewDefaultPlatform(kWorkerThreads).release();
  } else {
    v8::V8::SetFlagsFromString("--single-threaded --no-wasm-async-compilation");
    platform = v8::platform::NewSingleThreadedDefaultPlatform().release();
  }
  v8::V8::InitializePlatform(platform);
  v8::V8::Initialize();
}

void setAsyncCompilation(bool is_on) {
  v8::V8::SetFlagsFromString(is_on ? "--wasm-async-compilation" : "--no-wasm-async-compilation");
}

std::string engineVersion() { return std::string("V8 ") + v8::V8::GetVersion(); }

void forgetTasksOf(v8::Isolate* isolate) {
  if (predictable_platform != nullptr) {
    predictable_platform->forget(isolate);
  } else {
    v8::platform::NotifyIsolateShutdown(platform, isolate);
  }
}

void pump(v8::Isolate* isolate) {
  const v8::HandleScope scope(isolate);
  v8::MicrotasksScope::PerformCheckpoint(isolate);
  while (!isolate->IsExecutionTerminating()) {
    if (predictable_platform != nullptr) {
      if (!predictable_platform->runOneTask(isolate)) break;
      v8::MicrotasksScope::PerformCheckpoint(isolate);
      continue;
    }
    const auto behavior = isolate->HasPendingBackgroundTasks()
                              ? v8::platform::MessageLoopBehavior::kWaitForWork
                              : v8::platform::MessageLoopBehavior::kDoNotWait;
    if (!v8::platform::PumpMessageLoop(platform, isolate, behavior)) break;
    v8::MicrotasksScope::PerformCheckpoint(isolate);
  }
}

Isolate::Isolate(const Options& options)
    : allocator_(v8::ArrayBuffer::Allocator::NewDefaultAllocator()) {
  if (platform == nullptr) {
    reportMisuse("host::Isolate: host::initializeEngine() was not called");
  }
  v8::Isolate::CreateParams parameters;
  parameters.array_buffer_allocator_shared = allocator_;
  isolate_ = v8::Isolate::New(parameters);
  isolate_->Enter();
  isolate_->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  if (options.is_shim_on) {
    IsolateSignals::Options signals_options;
    signals_options.protocol = options.protocol;
    signals_options.max_entries = options.max_entries;
    signals_options.observer = options.observer;
    signals_options.is_enabled = options.is_enabled;
    signals_options.rollout_gate = options.rollout_gate;
    signals_ = std::make_unique<IsolateSignals>(isolate_, std::move(signals_options));
  }
}

Isolate::~Isolate() {
  signals_.reset();
  isolate_->Exit();
  forgetTasksOf(isolate_);
  isolate_->Dispose();
}

v8::Local<v8::Context> Isolate::makeContext() {
  v8::Local<v8::Context> context = v8::Context::New(isolate_);
  if (signals_ != nullptr) signals_->install(context);
  return context;
}

void Isolate::pump() const { host::pump(isolate_); }

// The first collection finds an instance dead, the prologue of the second drops its entry, and the
// second or third collects the memory that the entry held. A fourth collects what finalizers
// release.
void Isolate::collectGarbage(int collections) {
  for (int i = 0; i < collections; ++i) {
    // A checkpoint also releases what a WeakRef keeps for the current job.
    pump();
    isolate_->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
  }
  pump();
}

void Isolate::collectGarbageWithinJavaScript() {
  for (int i = 0; i < kAllCollections; ++i) {
    isolate_->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
  }
}

}  // namespace sigproof::host
