// Core's shim as fuzz-shim has it: with a policy that can strike (R10). In a file of its own,
// because comparisons are to be followed in core and not in the target.
#include "core/v8/internal/isolate_signals_impl.h"
#include "core/v8/testing/injection_policy.h"

namespace sigproof {

template class BasicIsolateSignals<InjectionPolicy>;

}  // namespace sigproof
