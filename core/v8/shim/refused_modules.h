// Remembers which modules were refused for what their bytes say, so that a program that
// instantiates one repeatedly doesn't pay for the inspection each time (R8 of
// core/SPECIFICATION.md). V8 allocates to hand out a module's bytes, which is most of the shim's
// cost for a small module that did not opt in.
//
//   if (const auto outcome = refused.outcomeOf(module)) { registry.report(*outcome); return; }
//   ...
//   refused.remember(isolate, module, RegistrationOutcome::kNotOptedIn);
#pragma once

#include <v8.h>

#include <array>
#include <cstddef>
#include <optional>

#include "core/registry/registration_outcome.h"

namespace sigproof {

/// Isolate's thread. Destroy it before the isolate. Keeps no module alive.
class RefusedModules {
 public:
  /// Returns what was remembered of `module`, or nothing if it is no longer remembered. Compares
  /// handles; calls nothing.
  std::optional<RegistrationOutcome> outcomeOf(v8::Local<v8::Value> module) const {
    for (const Refusal& refusal : refusals_) {
      if (!refusal.module.IsEmpty() && refusal.module == module) return refusal.outcome;
    }
    return std::nullopt;
  }

  /// Precondition: the module's bytes alone decide `outcome`, because they never change.
  void remember(v8::Isolate* isolate, v8::Local<v8::Value> module, RegistrationOutcome outcome) {
    Refusal& refusal = refusals_.at(next_);
    next_ = (next_ + 1) % refusals_.size();
    refusal.module.Reset(isolate, module);
    refusal.module.SetWeak();
    refusal.outcome = outcome;
  }

 private:
  struct Refusal {
    v8::Global<v8::Value> module;
    RegistrationOutcome outcome = RegistrationOutcome::kNotOptedIn;
  };

  // Programs that make many instances make them of few modules. A larger number would cost more for
  // every module that is not remembered.
  static constexpr std::size_t kRemembered = 4;

  std::array<Refusal, kRemembered> refusals_;
  std::size_t next_ = 0;
};

}  // namespace sigproof
