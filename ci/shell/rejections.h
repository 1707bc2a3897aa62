// Collects promises that were rejected and that nobody handles.
//
//   Rejections rejections(isolate);
//   ... run a script, pump ...
//   for (const auto& rejection : rejections.takeAll()) report(rejection);
#pragma once

#include <v8.h>

#include <vector>

namespace sigproof::shell {

/// Takes the isolate's promise-reject callback and its data slot kSlot. Isolate's thread.
class Rejections {
 public:
  static constexpr std::uint32_t kSlot = 0;

  struct Rejection {
    v8::Local<v8::Value> reason;
    v8::Local<v8::Message> message;
  };

  explicit Rejections(v8::Isolate* isolate);
  ~Rejections();
  Rejections(const Rejections&) = delete;
  Rejections& operator=(const Rejections&) = delete;

  /// Returns the rejections that are unhandled now, in order, and forgets them. Call it in a
  /// HandleScope and a context.
  std::vector<Rejection> takeAll();

 private:
  struct Unhandled {
    v8::Global<v8::Promise> promise;
    v8::Global<v8::Message> message;
  };

  static void onPromiseReject(v8::PromiseRejectMessage message);
  void add(const v8::PromiseRejectMessage& message);
  void remove(v8::Local<v8::Promise> promise);

  v8::Isolate* isolate_;
  std::vector<Unhandled> unhandled_;
};

}  // namespace sigproof::shell
