#include "core/v8/isolate_signals.h"

#include "core/v8/internal/isolate_signals_impl.h"

namespace sigproof {

template class BasicIsolateSignals<V8Policy>;

}  // namespace sigproof
