// Finds out how the promises of `WebAssembly.instantiate` settle. V8 10.2 reports that to nobody. A
// reaction on the promise would add a tick (T3) and mark a rejection as handled (T4). So the
// promise hook recognises the promise when the engine makes it, and sees its resolution begin. We
// read the result when the engine's call has returned, or in a microtask. That runs before every
// reaction of the program, because those are enqueued later. Where a `then` of the program would
// get the result first, we get it from the engine's lookup of `then` (core/v8/shim/then_shadow.h).
//
//   BasicPendingInstantiations<Policy> pending(isolate, embedder_hook, [&](const auto& settled) {
//     ... settled.resolution ...
//   });
//   typename BasicPendingInstantiations<Policy>::Call call(pending, context, module, recorder);
//   call.finish(instantiate->Call(context, receiver, count, arguments));
#pragma once

#include <v8.h>

#include <cstdint>
#include <functional>
#include <new>
#include <utility>

#include "core/v8/shim/context_functions.h"
#include "core/v8/shim/engine_calls.h"
#include "core/v8/shim/paused_termination.h"
#include "core/v8/shim/then_shadow.h"
#include "core/v8/shim/v8_string.h"

namespace sigproof {

template <class Policy>
class BasicIsolateSignals;

/// Isolate's thread only. Each step takes the same time, however many instantiations are pending.
template <class Policy>
class BasicPendingInstantiations {
 public:
  /// One instantiation that has settled.
  struct Settled {
    v8::Local<v8::Context> context;
    /// The module that was given to Call.
    v8::Local<v8::Value> module;
    v8::Local<v8::Object> recorder;
    /// The value that the promise was resolved with; empty if we could not read it.
    v8::Local<v8::Value> resolution;
  };

  /// Called in a handle scope on success, or when the outcome is unknown (`resolution` is empty).
  using OnSettled = std::function<void(const Settled& settled)>;

  BasicPendingInstantiations(v8::Isolate* isolate, v8::PromiseHook embedder_hook,
                             OnSettled on_settled)
      : isolate_(isolate),
        embedder_hook_(embedder_hook),
        on_settled_(std::move(on_settled)),
        shadow_(isolate, [this](v8::Local<v8::Object> resolution) { onResolution(resolution); }) {
    const v8::HandleScope handles(isolate);
    ticket_key_.Reset(
        isolate, v8::Private::ForApi(isolate, internalized(isolate, "sigproof.instantiation")));
  }

  /// Restores the embedder's promise hook.
  ~BasicPendingInstantiations() {
    shadow_.remove();
    while (pending_.first != nullptr) destroy(pending_, pending_.first);
    while (settling_.first != nullptr) destroy(settling_, settling_.first);
    updateHook();
  }

  BasicPendingInstantiations(const BasicPendingInstantiations&) = delete;
  BasicPendingInstantiations& operator=(const BasicPendingInstantiations&) = delete;

  /// Forgets promises that were collected before they settled. For the GC prologue: touches no
  /// object.
  void forgetCollected() { updateHook(); }

 private:
  using Engine = EngineCalls<Policy>;

  // One instantiation before it is settled. Its promise refers to it by a ticket, an object that
  // only the promise keeps alive. The ticket's fields hold what an instantiation keeps alive.
  struct Watch {
    BasicPendingInstantiations* owner = nullptr;
    Watch* previous = nullptr;
    Watch* next = nullptr;
    v8::Global<v8::Object> ticket;    // weak
    v8::Global<v8::Promise> promise;  // set only once a microtask is enqueued to settle it
    bool is_in_call = true;           // the engine's function has not returned yet
    bool is_resolving = false;        // the engine has begun to resolve or reject the promise
  };
  struct WatchList {
    Watch* first = nullptr;
  };
  enum TicketField : int { kWatch, kModule, kRecorder, kTicketFieldCount };

 public:
  /// One call of the engine's function. The first promise that is made during the call is the one
  /// that it returns, because no code of the program runs before. Lives on the stack; calls nest.
  class Call {
   public:
    /// `module` is the module to instantiate, or empty if the engine makes it. `recorder` may be
    /// empty. Throws std::bad_alloc.
    Call(BasicPendingInstantiations& pending, v8::Local<v8::Context> context,
         v8::Local<v8::Value> module, v8::Local<v8::Object> recorder)
        : pending_(pending), outer_(pending.expected_), ticket_(pending.makeTicket(context)) {
      if (ticket_.IsEmpty()) return;
      if (!module.IsEmpty()) ticket_->SetInternalField(kModule, module);
      if (!recorder.IsEmpty()) ticket_->SetInternalField(kRecorder, recorder);
      pending_.expected_ = watchOf(ticket_);
      pending_.updateHook();
    }
    ~Call() { pending_.expected_ = outer_; }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    /// Returns whether we follow the call. We don't if execution is being terminated or the stack
    /// is exhausted.
    bool isFollowed() const { return !ticket_.IsEmpty(); }

    /// Call it with what the engine returned. Settles a promise that is settled, keeps watching one
    /// that is pending, forgets one that failed.
    void finish(v8::Local<v8::Context> context, v8::MaybeLocal<v8::Value> result) {
      if (isFollowed()) pending_.onReturn(context, ticket_, result);
    }

   private:
    BasicPendingInstantiations& pending_;
    Watch* outer_;
    v8::Local<v8::Object> ticket_;
  };

 private:
  static void insert(WatchList& list, Watch* watch) noexcept {
    watch->previous = nullptr;
    watch->next = list.first;
    if (list.first != nullptr) list.first->previous = watch;
    list.first = watch;
  }

  static void remove(WatchList& list, Watch* watch) noexcept {
    (watch->previous == nullptr ? list.first : watch->previous->next) = watch->next;
    if (watch->next != nullptr) watch->next->previous = watch->previous;
  }

  static void destroy(WatchList& list, Watch* watch) noexcept {
    remove(list, watch);
    Policy::destroy(watch);
  }

  static Watch* watchOf(v8::Local<v8::Object> ticket) {
    return static_cast<Watch*>(ticket->GetAlignedPointerFromInternalField(kWatch));
  }

  v8::Local<v8::Object> makeTicket(v8::Local<v8::Context> context) {
    if (ticket_shape_.IsEmpty()) {
      v8::Local<v8::ObjectTemplate> shape = v8::ObjectTemplate::New(isolate_);
      shape->SetInternalFieldCount(kTicketFieldCount);
      ticket_shape_.Reset(isolate_, shape);
    }
    v8::Local<v8::Object> ticket;
    if (!Engine::instantiate(context, ticket_shape_.Get(isolate_)).ToLocal(&ticket)) return {};
    auto* watch = Policy::template create<Watch>();
    watch->owner = this;
    watch->ticket.Reset(isolate_, ticket);
    watch->ticket.SetWeak(watch, &onCollected, v8::WeakCallbackType::kParameter);
    insert(pending_, watch);
    ticket->SetAlignedPointerInInternalField(kWatch, watch);
    return ticket;
  }

  // The promise was collected, so nobody can settle it any more.
  static void onCollected(const v8::WeakCallbackInfo<Watch>& info) {
    Watch* watch = info.GetParameter();
    watch->ticket.Reset();
    destroy(watch->owner->pending_, watch);
  }

  // Returns the ticket of a watched promise, else empty. A promise can be resolved while execution
  // is being terminated: its instance exists, and may be used after the termination.
  v8::Local<v8::Object> ticketOf(v8::Local<v8::Context> context, v8::Local<v8::Promise> promise) {
    v8::Local<v8::Value> ticket;
    Policy::beforeEngineCall(isolate_);
    const PausedTermination paused(isolate_);
    if (!promise->GetPrivate(context, ticket_key_.Get(isolate_)).ToLocal(&ticket) ||
        !ticket->IsObject() || watchOf(ticket.As<v8::Object>()) == nullptr) {
      return {};
    }
    return ticket.As<v8::Object>();
  }

  // Ends the watch. From then on the ticket keeps nothing alive, though the program may keep the
  // promise.
  Settled forget(v8::Local<v8::Context> context, v8::Local<v8::Object> ticket) {
    Settled settled{.context = context, .module = {}, .recorder = {}, .resolution = {}};
    v8::Local<v8::Value> module = ticket->GetInternalField(kModule);
    v8::Local<v8::Value> recorder = ticket->GetInternalField(kRecorder);
    if (module->IsObject()) settled.module = module;
    if (recorder->IsObject()) settled.recorder = recorder.As<v8::Object>();
    Watch* watch = watchOf(ticket);
    destroy(watch->promise.IsEmpty() ? pending_ : settling_, watch);
    ticket->SetAlignedPointerInInternalField(kWatch, nullptr);
    ticket->SetInternalField(kModule, v8::Undefined(isolate_));
    ticket->SetInternalField(kRecorder, v8::Undefined(isolate_));
    return settled;
  }

  void settle(v8::Local<v8::Context> context, v8::Local<v8::Object> ticket,
              v8::Local<v8::Value> resolution) {
    Settled settled = forget(context, ticket);
    settled.resolution = resolution;
    on_settled_(settled);
  }

  // Reads the result of a promise that has settled.
  void settleFromState(v8::Local<v8::Context> context, v8::Local<v8::Object> ticket,
                       v8::Local<v8::Promise> promise) {
    switch (promise->State()) {
      case v8::Promise::kRejected:
        forget(context, ticket);
        return;
      case v8::Promise::kFulfilled:
        settle(context, ticket, promise->Result());
        return;
      case v8::Promise::kPending:  // in the hands of a `then` that could not be shadowed
        settle(context, ticket, {});
        return;
    }
  }

  void onReturn(v8::Local<v8::Context> context, v8::Local<v8::Object> ticket,
                v8::MaybeLocal<v8::Value> result) {
    unshadow();
    Watch* watch = watchOf(ticket);
    v8::Local<v8::Value> promise;
    if (watch == nullptr) {
      // It was settled when the engine looked up `then`.
    } else if (!result.ToLocal(&promise) || !promise->IsPromise()) {
      forget(context, ticket);  // the engine threw
    } else if (watch == expected_) {
      settle(context, ticket, {});  // there is a promise, but we could not mark it
    } else if (watch->is_resolving) {
      settleFromState(context, ticket, promise.As<v8::Promise>());
    } else {
      watch->is_in_call = false;
    }
    updateHook();
  }

  static void onPromiseHook(v8::PromiseHookType type, v8::Local<v8::Promise> promise,
                            v8::Local<v8::Value> parent) {
    auto* signals = BasicIsolateSignals<Policy>::of(promise->GetIsolate());
    if (signals == nullptr) return;
    BasicPendingInstantiations& self = signals->pending();
    const v8::PromiseHook embedder_hook = self.embedder_hook_;
    self.onPromiseEvent(type, promise);
    if (embedder_hook != nullptr) embedder_hook(type, promise, parent);
  }

  void onPromiseEvent(v8::PromiseHookType type, v8::Local<v8::Promise> promise) {
    const v8::HandleScope handles(isolate_);
    unshadow();  // the engine did not look up `then`
    v8::Local<v8::Context> context;
    if (type != v8::PromiseHookType::kInit && type != v8::PromiseHookType::kResolve) return;
    if (!promise->GetCreationContext().ToLocal(&context)) return;
    if (type == v8::PromiseHookType::kResolve) {
      onResolve(context, promise);
    } else if (expected_ != nullptr &&
               Engine::setPrivate(context, promise, ticket_key_.Get(isolate_),
                                  expected_->ticket.Get(isolate_))) {
      expected_ = nullptr;
    }
  }

  void onResolve(v8::Local<v8::Context> context, v8::Local<v8::Promise> promise) {
    v8::Local<v8::Object> ticket = ticketOf(context, promise);
    if (ticket.IsEmpty()) return;
    Watch* watch = watchOf(ticket);
    watch->is_resolving = true;
    const v8::Context::Scope scope(context);
    // The resolution is an instance, or an object with an instance and its module.
    v8::Local<v8::Object> prototype =
        ticket->GetInternalField(kModule)->IsUndefined()
            ? v8::Object::New(isolate_)->GetPrototype().As<v8::Object>()
            : ContextFunctions(context).instancePrototype();
    if (shadow_.isThenOnChain(context, prototype)) {
      resolving_.Reset(isolate_, promise);
      shadow_.place(context, prototype);
    }
    if (watch->is_in_call) return;
    remove(pending_, watch);
    watch->promise.Reset(isolate_, promise);
    insert(settling_, watch);
    Policy::beforeEngineCall(isolate_);
    context->GetMicrotaskQueue()->EnqueueMicrotask(isolate_, &onMicrotask, isolate_);
  }

  // Called when the engine looks up `then` on the value that it resolves the promise with.
  void onResolution(v8::Local<v8::Object> resolution) {
    v8::Local<v8::Promise> promise = resolving_.Get(isolate_);
    resolving_.Reset();
    v8::Local<v8::Context> context;
    v8::Local<v8::Object> ticket;
    // If the promise is not pending it was rejected, and this lookup is another one.
    if (promise->State() != v8::Promise::kPending ||
        !promise->GetCreationContext().ToLocal(&context)) {
      return;
    }
    ticket = ticketOf(context, promise);
    if (!ticket.IsEmpty()) settle(context, ticket, resolution);
  }

  static void onMicrotask(void* isolate) {
    // The microtask carries the isolate, not this object, because the object may be gone by now.
    auto* signals = BasicIsolateSignals<Policy>::of(static_cast<v8::Isolate*>(isolate));
    if (signals != nullptr) signals->pending().runSettled();
  }

  void runSettled() {
    const v8::HandleScope handles(isolate_);
    unshadow();
    while (settling_.first != nullptr) {
      v8::Local<v8::Promise> promise = settling_.first->promise.Get(isolate_);
      v8::Local<v8::Object> ticket = settling_.first->ticket.Get(isolate_);
      v8::Local<v8::Context> context;
      if (promise->GetCreationContext().ToLocal(&context)) {
        settleFromState(context, ticket, promise);
      } else {
        destroy(settling_, settling_.first);
      }
    }
    updateHook();
  }

  // Stops waiting for a lookup of `then`.
  void unshadow() {
    shadow_.remove();
    resolving_.Reset();
  }

  void updateHook() {
    const bool is_needed = pending_.first != nullptr || shadow_.isPlaced();
    if (is_needed == is_hooked_) return;
    is_hooked_ = is_needed;
    isolate_->SetPromiseHook(is_needed ? &onPromiseHook : embedder_hook_);
  }

  v8::Isolate* isolate_;
  v8::PromiseHook embedder_hook_;
  OnSettled on_settled_;
  WatchList pending_;
  WatchList settling_;
  Watch* expected_ = nullptr;  // its promise is the next one that is made
  ThenShadow<Policy> shadow_;
  v8::Global<v8::Promise> resolving_;  // the shadow waits for its resolution
  v8::Global<v8::Private> ticket_key_;
  v8::Global<v8::ObjectTemplate> ticket_shape_;
  bool is_hooked_ = false;
};

}  // namespace sigproof
