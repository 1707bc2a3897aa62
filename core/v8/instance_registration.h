// From an instance that the engine made to an entry of the registry.
//
//   registerInstance(context, instance, inspection, memory_import, registry);
#pragma once

#include <v8.h>

#include "core/module_inspector.h"
#include "core/signal_registry.h"

namespace sigproof {

/// Reads the memory and the globals that `inspection` names from `instance`, through functions that
/// were captured before any program ran, and registers them (R1, R2, R5). `inspection` is of the
/// instance's own module and speaks for registering; `imported_memory` is what the module imported
/// as memory 0, or undefined where it exports that memory.
///
/// Never throws into the program, never changes what it can see (R7): every outcome goes to the
/// registry's counters and observer. Isolate's thread, inside a handle scope.
void registerInstance(v8::Local<v8::Context> context, v8::Local<v8::Object> instance,
                      const ModuleInspection& inspection, v8::Local<v8::Value> imported_memory,
                      SignalRegistry<>& registry);

}  // namespace sigproof
