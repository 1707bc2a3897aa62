// A V8 isolate to run WebAssembly in, with or without `core`: what the fuzz targets, the real
// modules and the shell share.
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
// Handles, contexts and backing stores that a caller keeps must be let go before the Isolate is.
#pragma once

#include <v8.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/v8/isolate_signals.h"

namespace sigproof::host {

/// What can be chosen once a process.
struct EngineFlags {
  /// Off, `WebAssembly.instantiate(bytes)` compiles at once on the calling thread and its promise
  /// is settled when it returns: fast and repeatable. On, it compiles in the background and settles
  /// in pump(), which is what programs meet. Both must be exercised.
  bool async_compilation = false;
  /// Nothing runs on another thread: what V8 has for one runs in pump(), in an order that
  /// PredictablePlatform::setOrder() chooses. So compilation in the background is repeatable, and
  /// setAsyncCompilation() may be called.
  bool is_predictable = false;
};

/// Starts V8. Called once a process, before the first Isolate, on any thread; a second call is a
/// programming error and aborts. V8 is never shut down: it ends with the process.
void initializeEngine(const EngineFlags& flags);

/// Chooses EngineFlags::async_compilation anew, for what is compiled from now on. Precondition: the
/// engine was initialised with EngineFlags::is_predictable; nothing is being compiled.
void setAsyncCompilation(bool is_on);

/// The engine's name and version, such as "V8 10.2.154.26-node.37". Any thread, at any time.
std::string engineVersion();

/// Runs microtasks and the engine's tasks for `isolate`, which is entered, until nothing is left,
/// waiting for compilations in the background. Must not be called from within JavaScript. Returns
/// early once execution is being terminated.
void pump(v8::Isolate* isolate);

/// Drops the engine's tasks for `isolate`, which is about to be disposed of. Any thread.
void forgetTasksOf(v8::Isolate* isolate);

/// One v8::Isolate, entered on the thread that makes it, left and disposed of by the destructor on
/// the same thread. Microtasks run in pump() and nowhere else.
class Isolate {
 public:
  struct Options {
    /// Off: no part of `core` is there, not even a disabled one.
    bool is_shim_on = true;
    SignalProtocol protocol = SignalProtocol::address();
    std::size_t max_entries = SignalRegistry<>::kDefaultMaxEntries;
    RegistrationObserver* observer = nullptr;  // not owned; outlives the isolate
    /// Of IsolateSignals::Options: the compatibility flag and the gate of a rollout.
    bool is_enabled = true;
    std::function<bool()> rollout_gate{};
  };

  /// Precondition: initializeEngine().
  explicit Isolate(const Options& options);
  ~Isolate();
  Isolate(const Isolate&) = delete;
  Isolate& operator=(const Isolate&) = delete;

  v8::Isolate* get() const noexcept { return isolate_; }
  /// Null where the shim is off.
  IsolateSignals* signals() const noexcept { return signals_.get(); }

  /// A fresh context, with `core` installed where the shim is on. In a HandleScope of the caller's.
  v8::Local<v8::Context> makeContext();

  /// host::pump() of it.
  void pump() const;

  static constexpr int kAllCollections = 4;

  /// Collects all garbage, as far as handles allow: weak callbacks have run, entries of what was
  /// collected are dropped, the memory they held is collected too. Not from within JavaScript.
  /// Fewer `collections` are faster: two are enough for the entries.
  void collectGarbage(int collections = kAllCollections);

  /// The same from within JavaScript: runs no task and no microtask.
  void collectGarbageWithinJavaScript();

 private:
  // Released after the isolate that allocates with it.
  std::shared_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::Isolate* isolate_;
  std::unique_ptr<IsolateSignals> signals_;
};

}  // namespace sigproof::host
