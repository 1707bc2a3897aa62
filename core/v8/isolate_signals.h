// Signals for the WebAssembly modules of one V8 isolate: finds the modules that opt in, registers
// them when they are instantiated, and forgets them when they are dead or collected.
//
//   auto signals = std::make_unique<IsolateSignals>(isolate, IsolateSignals::Options{});
//   v8::Local<v8::Context> context = v8::Context::New(isolate);
//   signals->install(context);            // before any program runs in it
//   ...
//   signals->registry().deliver();        // in a signal handler, or on a watchdog thread
//   ...
//   signals.reset();                      // before isolate->Dispose()
//
// V8 10.2. What a program can still notice, and which engine entry points are not covered, is
// listed in core/v8/README.md, each with the test that shows it.
#pragma once

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "core/module/module_inspector.h"
#include "core/registry/signal_registry.h"
#include "core/v8/shim/import_recorder.h"
#include "core/v8/shim/pending_instantiations.h"
#include "core/v8/shim/refused_modules.h"
#include "core/v8/v8_policy.h"

namespace sigproof {

/// One per isolate. Threads: the isolate's thread, with the isolate entered, for every method; the
/// registry says which of its own methods a handler or another thread may call.
///
/// It takes these slots of the isolate: the data slot kIsolateSlot, the WebAssembly instance
/// callback, a GC prologue callback, and, only while `instantiate` is at work on a module that
/// opted in, the promise hook. Of each context it takes ContextFunctions::kSlotCount embedder data
/// slots. The slots are constants because V8 calls most callbacks without a word on whose they are.
template <class Policy>
class BasicIsolateSignals {
 public:
  using Registry = SignalRegistry<typename Policy::RegistryPolicy>;
  using Pending = BasicPendingInstantiations<Policy>;

  struct Options {
    SignalProtocol protocol = SignalProtocol::address();
    std::size_t max_entries = Registry::kDefaultMaxEntries;
    /// Told of every outcome. Not owned; outlives this object.
    RegistrationObserver* observer = nullptr;
    /// The compatibility flag. Off: install() touches nothing (T7).
    bool is_enabled = true;
    /// The gate of a staged rollout, asked once for each context. Empty: open.
    std::function<bool()> rollout_gate{};
    /// The embedder's own promise hook: called by ours, and put back after it.
    v8::PromiseHook embedder_promise_hook = nullptr;
  };

  /// The isolate's data slot (of four) that holds the address of this object: the last, because
  /// embedders count from the first.
  static constexpr std::uint32_t kIsolateSlot = 3;

  /// The object of an isolate, or null.
  static BasicIsolateSignals* of(v8::Isolate* isolate) noexcept {
    return static_cast<BasicIsolateSignals*>(isolate->GetData(kIsolateSlot));
  }

  BasicIsolateSignals(v8::Isolate* isolate, Options options);
  /// Waits for deliveries on other threads, drops every entry, takes its callbacks out of the
  /// isolate (G3). Contexts that it was installed in then behave as the engine's own.
  ~BasicIsolateSignals();

  BasicIsolateSignals(const BasicIsolateSignals&) = delete;
  BasicIsolateSignals& operator=(const BasicIsolateSignals&) = delete;

  /// Makes the context's `WebAssembly` register what it instantiates. Call it on a fresh context,
  /// before any program runs there; a program that ran first could hand over functions of its own.
  /// Returns whether the feature is on there; where it is off, no object of the context was touched
  /// (T7), nor where the context has no `WebAssembly` or one whose functions can't be replaced.
  bool install(v8::Local<v8::Context> context);

  /// Lets entries follow memories that `memory.grow` moved (D3). V8 tells nobody when it moves one,
  /// so until this is called a delivery is written where the memory was. The GC prologue calls it;
  /// an embedder calls it before renew() and markTerminated(), which would miss the live word.
  /// Calls no JavaScript and allocates nothing on its heap. Where memory was short, the next call
  /// does the rest.
  void followMemories() noexcept;

  /// Has followMemories() called as soon as the isolate's thread gets to a point where the engine
  /// may be asked: within a loop or call of the program's, or in its next execution. What closes
  /// the window after a warning. Any thread, while the isolate lives; takes a lock, so it is not
  /// for handlers.
  static void requestFollowMemories(v8::Isolate* isolate);

  Registry& registry() noexcept { return registry_; }
  /// For the promise hook, which V8 calls without a word on whose it is.
  Pending& pending() noexcept { return pending_; }

 private:
  using Arguments = v8::FunctionCallbackInfo<v8::Value>;
  // A function of `WebAssembly` that makes instances and returns a promise.
  enum class Entrance : std::uint8_t { kInstantiate, kInstantiateStreaming };
  // What is to be done about one call of such a function.
  struct Plan {
    bool is_followed = false;
    bool is_recorded = false;
  };

  static bool onNewInstance(const Arguments& arguments);
  template <Entrance kEntrance>
  static void onInstantiate(const Arguments& arguments);
  static void onGarbageCollection(v8::Isolate* isolate, v8::GCType type, v8::GCCallbackFlags flags,
                                  void* self);

  template <Entrance kEntrance>
  bool replace(v8::Local<v8::Context> context, v8::Local<v8::Object> web_assembly,
               const char* name);
  static v8::MaybeLocal<v8::Value> callEngine(v8::Local<v8::Context> context, Entrance entrance,
                                              const Arguments& arguments,
                                              v8::Local<v8::Object> recorder);

  bool constructInstance(v8::Local<v8::Context> context, const Arguments& arguments);
  void refuse(v8::Local<v8::Value> module, RegistrationOutcome outcome) noexcept;
  v8::MaybeLocal<v8::Value> instantiate(v8::Local<v8::Context> context, Entrance entrance,
                                        const Arguments& arguments);
  v8::MaybeLocal<v8::Value> followInstantiate(v8::Local<v8::Context> context, Entrance entrance,
                                              const Arguments& arguments, bool is_recorded);
  ModuleInspection inspect(v8::Local<v8::Value> module) noexcept;
  std::optional<ModuleInspection> inspectBytes(v8::Local<v8::Value> source) noexcept;
  ModuleInspection inspectSpan(std::span<const std::uint8_t> wire_bytes) noexcept;
  Plan planInstantiate(const Arguments& arguments) noexcept;
  v8::Local<v8::Object> makeRecorder(v8::Local<v8::Context> context, const Arguments& arguments);

  void onSettled(const typename Pending::Settled& settled) noexcept;
  void registerResult(v8::Local<v8::Context> context, v8::Local<v8::Value> module,
                      v8::Local<v8::Value> instance, v8::Local<v8::Object> recorder) noexcept;
  void registerMade(v8::Local<v8::Context> context, v8::Local<v8::Object> instance,
                    const ModuleInspection& inspection, v8::Local<v8::Object> recorder) noexcept;

  v8::Isolate* isolate_;
  const Options options_;
  Registry registry_;
  Pending pending_;
  RefusedModules refused_;
  ImportRecorder<Policy> import_recorder_;
  // Set while the captured constructor is called from within its own callback: the next call of the
  // callback is that one, and the engine's to handle.
  bool is_next_instance_the_engines_ = false;
};

/// As a runtime uses it.
using IsolateSignals = BasicIsolateSignals<V8Policy>;
extern template class BasicIsolateSignals<V8Policy>;

}  // namespace sigproof
