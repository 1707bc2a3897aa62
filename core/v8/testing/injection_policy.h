// Fault injection for the V8 binding: a policy that makes a fault happen where a registration calls
// the engine or asks for memory (R10 of core/SPECIFICATION.md). For tests and fuzz targets. It
// counts these points and injects one fault at the chosen point.
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

/// One fault at one point. A process has one, `injection`. One thread uses it.
class Injection {
 public:
  /// Counts points from now on, and injects `fault` at point `at`, counted from 0. If `at` < 0 it
  /// only counts.
  void arm(v8::Isolate* isolate, Strike fault, int at) {
    isolate_ = isolate;
    fault_ = fault;
    at_ = at;
    seen_ = 0;
    has_struck_ = false;
    is_armed_ = true;
  }

  /// Stops counting, and undoes what the fault did to the isolate.
  void disarm() {
    is_armed_ = false;
    isolate_->CancelTerminateExecution();
    giveStack();
  }

  bool isArmed() const { return is_armed_; }
  /// Returns whether the point was reached since arm().
  bool hasStruck() const { return has_struck_; }

  void beforeEngineCall() {
    if (!is_armed_ || fault_ == Strike::kAllocationFailure) return;
    if (has_struck_ && fault_ == Strike::kStackOverflow) giveStack();
    if (isDue()) inject();
  }

  void beforeAllocation() {
    if (is_armed_ && fault_ == Strike::kAllocationFailure && isDue()) throw std::bad_alloc();
  }

 private:
  bool isDue() {
    if (seen_++ != at_) return false;
    has_struck_ = true;
    return true;
  }

  void inject() {
    switch (fault_) {
      case Strike::kTerminationRequested:
        isolate_->TerminateExecution();
        return;
      case Strike::kTerminated: {
        is_armed_ = false;  // what runs here is not part of the registration
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
  Strike fault_ = Strike::kCollection;
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

/// Like V8Policy, whose members it has.
struct InjectionPolicy : FailingAllocation {
  using RegistryPolicy = FailingAllocation;
  static void beforeEngineCall(v8::Isolate* /*isolate*/) noexcept { injection.beforeEngineCall(); }
  static void beforeAllocation() { injection.beforeAllocation(); }
};

}  // namespace sigproof
