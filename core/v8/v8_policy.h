// The production policy of the V8 binding: it does nothing before a call into the engine. A test's
// policy terminates execution there, exhausts the stack or collects garbage (R10 of
// core/SPECIFICATION.md):
//
//   struct InjectionPolicy : V8Policy {
//     static void beforeEngineCall(v8::Isolate* isolate) noexcept { ... }
//   };
//   BasicIsolateSignals<InjectionPolicy> signals(isolate, {});
//
// Including core/v8/internal/isolate_signals_impl.h instantiates the binding for such a policy.
#pragma once

#include <v8.h>

#include "core/list/std_policy.h"

namespace sigproof {

/// create() and destroy() are those of the registry's policy. The binding uses them for its own
/// allocations, too.
struct V8Policy : StdPolicy {
  /// The policy of the registry that the binding fills.
  using RegistryPolicy = StdPolicy;

  /// Called before each call into the engine that a registration makes. Isolate's thread.
  static void beforeEngineCall(v8::Isolate* /*isolate*/) noexcept {}

  /// Called before the binding allocates by other means than create(). A test's policy may throw
  /// std::bad_alloc.
  static void beforeAllocation() {}
};

}  // namespace sigproof
