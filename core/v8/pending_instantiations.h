// Asynchronous instantiations whose promise has not settled yet. V8 10.2 tells nobody when one
// does, and a reaction on the promise would add a tick (T3) and mark a rejection as handled (T4).
// So the promise hook sees the settlement begin, and enqueues a microtask, which runs before every
// reaction of the program because those are enqueued later.
//
//   PendingInstantiations pending(isolate, embedder_hook, [&](auto context, auto promise,
//                                                             auto recorder) { ... });
//   pending.add(context, promise, recorder);
#pragma once

#include <v8.h>

#include <functional>
#include <vector>

namespace sigproof {

/// Isolate's thread only.
class PendingInstantiations {
 public:
  /// Called in a microtask, inside a handle scope, when the promise has settled (or is in the hands
  /// of a program's own `then`, in which case it is still pending). `recorder` as given to add().
  using OnSettled =
      std::function<void(v8::Local<v8::Context> context, v8::Local<v8::Promise> promise,
                         v8::Local<v8::Object> recorder)>;

  PendingInstantiations(v8::Isolate* isolate, v8::PromiseHook embedder_hook, OnSettled on_settled);
  /// Puts the embedder's promise hook back.
  ~PendingInstantiations();

  PendingInstantiations(const PendingInstantiations&) = delete;
  PendingInstantiations& operator=(const PendingInstantiations&) = delete;

  /// Watches a promise that is pending. Keeps neither it nor the recorder alive until it settles.
  void add(v8::Local<v8::Context> context, v8::Local<v8::Promise> promise,
           v8::Local<v8::Object> recorder);

  /// Forgets promises that were collected unsettled; for the GC prologue. Touches no object.
  void forgetCollected();

 private:
  static void onPromiseHook(v8::PromiseHookType type, v8::Local<v8::Promise> promise,
                            v8::Local<v8::Value> parent);
  static void onMicrotask(void* isolate);

  void onResolve(v8::Local<v8::Promise> promise);
  void runSettled();
  void updateHook();
  v8::Local<v8::Private> recorderKey() const;

  v8::Isolate* isolate_;
  v8::PromiseHook embedder_hook_;
  OnSettled on_settled_;
  std::vector<v8::Global<v8::Promise>> pending_;   // weak
  std::vector<v8::Global<v8::Promise>> settling_;  // a microtask is on its way
  bool is_hooked_ = false;
};

}  // namespace sigproof
