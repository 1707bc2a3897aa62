// Runs scripts in one context, with or without core.
//
//   Shell shell({.is_shim_on = true}, {"an argument"});
//   if (!shell.run("try.js", source)) return 1;       // reported on standard error
#pragma once

#include <v8.h>

#include <string>
#include <string_view>
#include <vector>

#include "ci/shell/rejections.h"
#include "core/v8/testing/isolate.h"

namespace sigproof::shell {

/// One isolate and one context. Use it on the thread that made it.
class Shell {
 public:
  /// Scripts find `arguments` under that name.
  Shell(const host::Isolate::Options& options, const std::vector<std::string>& arguments);
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  /// Runs a script, then every task that it leaves, including compilations in the background.
  /// Reports an uncaught exception, and rejections that nobody handled by then, on standard error.
  /// Returns whether there was none. Error messages contain `name`.
  bool run(std::string_view name, std::string_view source);

  /// Like run(), and prints the script's value unless it is undefined.
  bool runAndPrint(std::string_view name, std::string_view source);

 private:
  v8::MaybeLocal<v8::Value> evaluate(v8::Local<v8::Context> context, std::string_view name,
                                     std::string_view source);
  bool finish(v8::Local<v8::Context> context);

  host::Isolate isolate_;
  Rejections rejections_;
  v8::Global<v8::Context> context_;
};

}  // namespace sigproof::shell
