#include "core/v8/pending_instantiations.h"

#include <algorithm>
#include <utility>

#include "core/v8/isolate_signals.h"
#include "core/v8/v8_string.h"

namespace sigproof {

PendingInstantiations::PendingInstantiations(v8::Isolate* isolate, v8::PromiseHook embedder_hook,
                                             OnSettled on_settled)
    : isolate_(isolate), embedder_hook_(embedder_hook), on_settled_(std::move(on_settled)) {}

PendingInstantiations::~PendingInstantiations() {
  pending_.clear();
  updateHook();
}

void PendingInstantiations::add(v8::Local<v8::Context> context, v8::Local<v8::Promise> promise,
                                v8::Local<v8::Object> recorder) {
  if (!recorder.IsEmpty() &&
      !promise->SetPrivate(context, recorderKey(), recorder).FromMaybe(false)) {
    return;  // execution is being terminated
  }
  pending_.emplace_back(isolate_, promise);
  pending_.back().SetWeak();
  updateHook();
}

void PendingInstantiations::forgetCollected() {
  if (pending_.empty()) return;
  std::erase_if(pending_, [](const auto& promise) { return promise.IsEmpty(); });
  updateHook();
}

void PendingInstantiations::onPromiseHook(v8::PromiseHookType type, v8::Local<v8::Promise> promise,
                                          v8::Local<v8::Value> parent) {
  IsolateSignals* signals = IsolateSignals::of(promise->GetIsolate());
  if (signals == nullptr) return;
  PendingInstantiations& self = signals->pending();
  const v8::PromiseHook embedder_hook = self.embedder_hook_;
  if (type == v8::PromiseHookType::kResolve) self.onResolve(promise);
  if (embedder_hook != nullptr) embedder_hook(type, promise, parent);
}

void PendingInstantiations::onResolve(v8::Local<v8::Promise> promise) {
  const auto found = std::find(pending_.begin(), pending_.end(), promise);
  v8::Local<v8::Context> context;
  if (found == pending_.end() || !promise->GetCreationContext().ToLocal(&context)) return;
  settling_.emplace_back(isolate_, promise);
  pending_.erase(found);
  updateHook();
  context->GetMicrotaskQueue()->EnqueueMicrotask(isolate_, &onMicrotask, isolate_);
}

void PendingInstantiations::onMicrotask(void* isolate) {
  // The isolate, not this object, travels with the microtask: the object may be gone by now.
  IsolateSignals* signals = IsolateSignals::of(static_cast<v8::Isolate*>(isolate));
  if (signals != nullptr) signals->pending().runSettled();
}

void PendingInstantiations::runSettled() {
  const v8::HandleScope handles(isolate_);
  for (const auto& settled : std::exchange(settling_, {})) {
    v8::Local<v8::Promise> promise = settled.Get(isolate_);
    v8::Local<v8::Context> context;
    v8::Local<v8::Value> recorder;
    if (!promise->GetCreationContext().ToLocal(&context) ||
        !promise->GetPrivate(context, recorderKey()).ToLocal(&recorder)) {
      continue;
    }
    on_settled_(context, promise,
                recorder->IsObject() ? recorder.As<v8::Object>() : v8::Local<v8::Object>());
  }
}

void PendingInstantiations::updateHook() {
  const bool is_needed = !pending_.empty();
  if (is_needed == is_hooked_) return;
  is_hooked_ = is_needed;
  isolate_->SetPromiseHook(is_needed ? &onPromiseHook : embedder_hook_);
}

v8::Local<v8::Private> PendingInstantiations::recorderKey() const {
  return v8::Private::ForApi(isolate_, internalized(isolate_, "sigproof.import_recorder"));
}

}  // namespace sigproof
