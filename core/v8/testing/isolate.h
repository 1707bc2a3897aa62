// A V8 isolate to run WebAssembly in, with or without `core`. The fuzz targets, the real modules
// and the shell share it.
//
//   host::initializeEngine({.async_compilation = false});     // once a process
//   host::Isolate isolate({.is_shim_on = true});
//   v8::HandleScope scope(isolate.get());
//   v8::Local<v8::Context> context = isolate.makeContext();
//   v8::Context::Scope context_scope(context);
//   ... run a script ...
//   isolate.pump();               // promises settle
//   isolate.signals()->registry().deliver();
//
// Release all handles, contexts and backing stores before the Isolate is destroyed.
#pragma once

#include <v8.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/v8/isolate_signals.h"

namespace sigproof::host {

/// Options that are chosen once a process.
struct EngineFlags {
  /// If false, `WebAssembly.instantiate(bytes)` compiles at once on the calling thread and its
  /// promise is settled when it returns: fast and repeatable. If true, V8 compiles in the
  /// background and the promise settles in pump(), as for real programs. Tests need both.
  bool async_compilation = false;
  /// If true, nothing runs on another thread. pump() runs the tasks for other threads, in an order
  /// that PredictablePlatform::setOrder() chooses. So compilation in the background is repeatable,
  /// and setAsyncCompilation() may be called.
  bool is_predictable = false;
};

/// Starts V8. Call it once a process, before the first Isolate, on any thread; a second call is a
/// programming error and aborts. V8 is never shut down.
void initializeEngine(const EngineFlags& flags);

/// Changes EngineFlags::async_compilation for later compilations. Precondition: the engine was
/// initialised with EngineFlags::is_predictable, and nothing is being compiled.
void setAsyncCompilation(bool is_on);

/// Returns the engine's name and version, such as "V8 10.2.154.26-node.37". Any thread, at any
/// time.
std::string engineVersion();

/// Runs microtasks and the engine's tasks for `isolate`, which is entered, until nothing is left.
/// Waits for compilations in the background. Don't call it inside JavaScript. Returns early once
/// execution is being terminated.
void pump(v8::Isolate* isolate);

/// Drops the engine's tasks for `isolate`, which is about to be disposed of. Any thread.
void forgetTasksOf(v8::Isolate* isolate);

/// One v8::Isolate, entered on the thread that makes it. The destructor leaves and disposes of it
/// on the same thread. Microtasks run only in pump().
class Isolate {
 public:
  struct Options {
    /// If false, no part of `core` is there, not even a disabled one.
    bool is_shim_on = true;
    SignalProtocol protocol = SignalProtocol::address();
    std::size_t max_entries = SignalRegistry<>::kDefaultMaxEntries;
    RegistrationObserver* observer = nullptr;  // not owned; outlives the isolate
    /// As in IsolateSignals::Options: the compatibility flag and the gate of a rollout.
    bool is_enabled = true;
    std::function<bool()> rollout_gate{};
  };

  /// Precondition: initializeEngine() was called.
  explicit Isolate(const Options& options);
  ~Isolate();
  Isolate(const Isolate&) = delete;
  Isolate& operator=(const Isolate&) = delete;

  v8::Isolate* get() const noexcept { return isolate_; }
  /// Null if the shim is off.
  IsolateSignals* signals() const noexcept { return signals_.get(); }

  /// Makes a fresh context, with `core` installed if the shim is on. Call it in a HandleScope.
  v8::Local<v8::Context> makeContext();

  /// Calls host::pump() for this isolate.
  void pump() const;

  static constexpr int kAllCollections = 4;

  /// Collects all garbage, as far as handles allow. Afterwards weak callbacks have run, entries of
  /// collected instances are dropped, and the memories that they held are collected, too. Don't
  /// call it inside JavaScript. Fewer `collections` are faster; two are enough for the entries.
  void collectGarbage(int collections = kAllCollections);

  /// The same inside JavaScript. Runs no task and no microtask.
  void collectGarbageWithinJavaScript();

 private:
  // Released after the isolate, which allocates with it.
  std::shared_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::Isolate* isolate_;
  std::unique_ptr<IsolateSignals> signals_;
};

}  // namespace sigproof::host
