// Signals for the WebAssembly modules of one V8 isolate. Finds the modules that opt in, registers
// their instances, and forgets the instances when they are dead or collected. Its properties are R1
// to R14, G1 to G5 and T1 to T10 of core/SPECIFICATION.md.
//
//   auto signals = std::make_unique<IsolateSignals>(isolate, IsolateSignals::Options{});
//   v8::Local<v8::Context> context = v8::Context::New(isolate);
//   signals->install(context);            // before any program runs in it
//   ...
//   signals->registry().deliver();        // in a signal handler, or on a watchdog thread
//   ...
//   signals.reset();                      // before isolate->Dispose()
//
// For V8 10.2. core/EMBEDDING.md shows the whole embedding, core/SPECIFICATION.md the properties.
// core/v8/README.md lists what a program can still notice and which ways to an instance are not
// covered, each with the test that shows it.
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

/// One per isolate. Threads: call every method on the isolate's thread, with the isolate entered.
/// SignalRegistry says which of its own methods a handler or another thread may call.
///
/// It takes these slots of the isolate: the data slot kIsolateSlot, the WebAssembly instance
/// callback, a GC prologue callback, and, only while `instantiate` of a module that opted in is
/// pending, the promise hook. It takes ContextFunctions::kSlotCount embedder data slots of each
/// context. The slots are constants, because V8 passes no data to most of its callbacks.
template <class Policy>
class BasicIsolateSignals {
 public:
  using Registry = SignalRegistry<typename Policy::RegistryPolicy>;
  using Pending = BasicPendingInstantiations<Policy>;

  struct Options {
    SignalProtocol protocol = SignalProtocol::address();
    std::size_t max_entries = Registry::kDefaultMaxEntries;
    /// Receives every outcome. Not owned; outlives this object.
    RegistrationObserver* observer = nullptr;
    /// The compatibility flag. If false, install() changes nothing (T7).
    bool is_enabled = true;
    /// The gate of a staged rollout, asked once for each context. Empty means open.
    std::function<bool()> rollout_gate{};
    /// The embedder's own promise hook. Our hook calls it, and it is restored afterwards.
    v8::PromiseHook embedder_promise_hook = nullptr;
  };

  /// The isolate's data slot (of four) that holds the address of this object. The last one, because
  /// embedders count from the first.
  static constexpr std::uint32_t kIsolateSlot = 3;

  /// Returns the object of an isolate, or null.
  static BasicIsolateSignals* of(v8::Isolate* isolate) noexcept {
    return static_cast<BasicIsolateSignals*>(isolate->GetData(kIsolateSlot));
  }

  BasicIsolateSignals(v8::Isolate* isolate, Options options);
  /// Waits for deliveries on other threads, drops every entry, and removes its callbacks from the
  /// isolate (G3). Contexts in which it was installed then behave as the engine's own.
  ~BasicIsolateSignals();

  BasicIsolateSignals(const BasicIsolateSignals&) = delete;
  BasicIsolateSignals& operator=(const BasicIsolateSignals&) = delete;

  /// Makes the context's `WebAssembly` register what it instantiates. Call it on a fresh context,
  /// before any program runs there, because a program that ran first could put functions of its own
  /// in place. Returns whether the feature is on in the context. If it returns false it changed no
  /// object (T7): the feature is off, the gate is closed, or the context has no `WebAssembly`, or
  /// one whose functions can't be replaced.
  bool install(v8::Local<v8::Context> context);

  /// Lets entries follow memories that `memory.grow` moved (D3). V8 reports no move, so until this
  /// is called a delivery is written to the old place. The GC prologue calls it. An embedder calls
  /// it before renew() and markTerminated(), which would otherwise miss the word that is in use.
  /// Calls no JavaScript and allocates nothing on its heap. If memory is short, the next call does
  /// the rest.
  void followMemories() noexcept;

  /// Requests followMemories() for the next point at which we may ask the engine: in a loop or call
  /// of the program, or in its next execution. Call it after a warning, to close the window in
  /// which the warning was written to the old place. Any thread, while the isolate lives. Takes a
  /// lock, so it is not signal-safe.
  static void requestFollowMemories(v8::Isolate* isolate);

  Registry& registry() noexcept { return registry_; }
  /// For the promise hook, to which V8 passes no data.
  Pending& pending() noexcept { return pending_; }

 private:
  using Arguments = v8::FunctionCallbackInfo<v8::Value>;
  // A function of `WebAssembly` that makes instances and returns a promise.
  enum class Entrance : std::uint8_t { kInstantiate, kInstantiateStreaming };
  // What to do about one call of such a function.
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
  // Set while we call the captured constructor inside its own callback: the engine handles the next
  // call of the callback.
  bool is_next_instance_the_engines_ = false;
};

/// The class that a runtime uses.
using IsolateSignals = BasicIsolateSignals<V8Policy>;
extern template class BasicIsolateSignals<V8Policy>;

}  // namespace sigproof
