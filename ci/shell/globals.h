// The globals that the shell adds for scripts: print, readFile, gc, quit, arguments, and the object
// sigproof.
//
//   addGlobals(context, host_isolate, {"first argument"});
#pragma once

#include <v8.h>

#include <string>
#include <vector>

#include "core/v8/testing/isolate.h"

namespace sigproof::shell {

/// `isolate` outlives the context. Call it in a HandleScope.
void addGlobals(v8::Local<v8::Context> context, host::Isolate& isolate,
                const std::vector<std::string>& arguments);

}  // namespace sigproof::shell
