// A policy of the V8 binding that strikes where a registration calls the engine or asks for memory
// (R10): for tests and fuzz targets. It counts these points and strikes at the one it is told.
//
//   BasicIsolateSignals<InjectionPolicy> signals(isolate, {});
//   injection.arm(isolate, Strike::kStackOverflow, 3);      // at the fourth point from now
//   ... instantiate ...
//   injection.disarm();
//   if (!injection.hasStruck()) ...                         // there were three points at most
#pragma once

#include <v8.h>

#include <cstdint>
#include <new>
#include <utility>

#include "core/list/std_policy.h"
#include "core/v8/testing/strike.h"

namespace sigproof {

/// One strike at one point. A process has one, `injection`; its users are on one thread.
class Injection {
 public:
  /// Counts from now on, and strikes at point `at`, from 0. `at` < 0: only counts.
  void arm(v8::Isolate* isolate, Strike strike, int at) {
    isolate_ = isolate;
    strike_ = strike;
    at_ = at;
    seen_ = 0;
    has_struck_ = false;
    is_armed_ = true;
  }

  /// Ends what the strike did to the isolate.
  void disarm() {
    is_armed_ = false;
    isolate_->CancelTerminateExecution();
    giveStack();
  }

  bool isArmed() const { return is_armed_; }
  /// Whether the point was reached since arm().
  bool hasStruck() const { return has_struck_; }

  void beforeEngineCall() {
    if (!is_armed_ || strike_ == Strike::kAllocationFailure) return;
    if (has_struck_ && strike_ == Strike::kStackOverflow) giveStack();
    if (isDue()) strike();
  }

  void beforeAllocation() {
    if (is_armed_ && strike_ == Strike::kAllocationFailure && isDue()) throw std::bad_alloc();
  }

 private:
  bool isDue() {
    if (seen_++ != at_) return false;
    has_struck_ = true;
    return true;
  }

  void strike() {
    switch (strike_) {
      case Strike::kTerminationRequested:
        isolate_->TerminateExecution();
        return;
      case Strike::kTerminated: {
        is_armed_ = false;  // what runs here is not the registration
        isolate_->TerminateExecution();
        const v8::HandleScope handles(isolate_);
        v8::Local<v8::Context> context = isolate_->GetEnteredOrMicrotaskContext();
        v8::Local<v8::String> text = v8::String::NewFromUtf8Literal(isolate_, "for (;;);");
        v8::Local<v8::Script> script;
        if (!context.IsEmpty() && v8::Script::Compile(context, text).ToLocal(&script)) {
          static_cast<void>(script->Run(context));
        }
        is_armed_ = true;
        return;
      }
      case Strike::kStackOverflow:
        isolate_->SetStackLimit(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
        return;
      case Strike::kCollection:
        isolate_->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
        return;
      case Strike::kAllocationFailure:
        return;
    }
  }

  void giveStack() {
    constexpr std::uintptr_t kStackBytes = 900'000;
    isolate_->SetStackLimit(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) -
                            kStackBytes);
  }

  v8::Isolate* isolate_ = nullptr;
  Strike strike_ = Strike::kCollection;
  int at_ = -1;
  int seen_ = 0;
  bool has_struck_ = false;
  bool is_armed_ = false;
};

inline constinit Injection injection;

/// The policy of the registry that the binding fills.
struct FailingAllocation : StdPolicy {
  template <class T, class... Args>
  static T* create(Args&&... args) {
    injection.beforeAllocation();
    return StdPolicy::create<T>(std::forward<Args>(args)...);
  }
};

/// As V8Policy, whose members it has.
struct InjectionPolicy : FailingAllocation {
  using RegistryPolicy = FailingAllocation;
  static void beforeEngineCall(v8::Isolate* /*isolate*/) noexcept { injection.beforeEngineCall(); }
  static void beforeAllocation() { injection.beforeAllocation(); }
};

}  // namespace sigproof
