#include "ci/shell/rejections.h"

#include <utility>

namespace sigproof::shell {

Rejections::Rejections(v8::Isolate* isolate) : isolate_(isolate) {
  isolate_->SetData(kSlot, this);
  isolate_->SetPromiseRejectCallback(&onPromiseReject);
}

Rejections::~Rejections() {
  isolate_->SetPromiseRejectCallback(nullptr);
  isolate_->SetData(kSlot, nullptr);
}

void Rejections::onPromiseReject(v8::PromiseRejectMessage message) {
  v8::Local<v8::Promise> promise = message.GetPromise();
  auto* self = static_cast<Rejections*>(promise->GetIsolate()->GetData(kSlot));
  if (message.GetEvent() == v8::kPromiseRejectWithNoHandler) {
    self->add(message);
  } else if (message.GetEvent() == v8::kPromiseHandlerAddedAfterReject) {
    self->remove(promise);
  }
}

void Rejections::add(const v8::PromiseRejectMessage& message) {
  const v8::HandleScope handles(isolate_);
  unhandled_.push_back({{isolate_, message.GetPromise()},
                        {isolate_, v8::Exception::CreateMessage(isolate_, message.GetValue())}});
}

void Rejections::remove(v8::Local<v8::Promise> promise) {
  std::erase_if(unhandled_, [&](const Unhandled& each) { return each.promise == promise; });
}

std::vector<Rejections::Rejection> Rejections::takeAll() {
  std::vector<Rejection> taken;
  for (const Unhandled& each : std::exchange(unhandled_, {})) {
    taken.push_back({each.promise.Get(isolate_)->Result(), each.message.Get(isolate_)});
  }
  return taken;
}

}  // namespace sigproof::shell
