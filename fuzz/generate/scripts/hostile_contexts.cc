#include "fuzz/generate/scripts/hostile_contexts.h"

#include <cstdint>
#include <span>

namespace sigproof::fuzz {
namespace {

// Each such context is made for one program.
constexpr std::uint32_t kChangedOnceIn = 24;
constexpr std::uint32_t kOffOnceIn = 64;

// After each of these, something that core needs is missing, is of another kind or can't be
// replaced.
constexpr const char* kBreakingChanges[] = {
    "delete globalThis.WebAssembly;",
    "globalThis.WebAssembly = 5;",
    "globalThis.WebAssembly = null;",
    "globalThis.WebAssembly = {};",
    "Object.defineProperty(globalThis, 'WebAssembly', {get() { throw 1; }, configurable: true});",
    "delete WebAssembly.Instance;",
    "WebAssembly.Instance = 5;",
    "WebAssembly.Instance = {prototype: 5};",
    "WebAssembly.Instance = {prototype: WebAssembly.Instance.prototype};",
    "Object.defineProperty(WebAssembly, 'Instance', {get() { throw 1; }});",
    "WebAssembly.Instance = function () {};",
    R"((WebAssembly.Instance = function () {}).prototype =
        new Proxy({}, {getOwnPropertyDescriptor() { throw 1; }});)",
    "delete WebAssembly.Instance.prototype.exports;",
    "Object.defineProperty(WebAssembly.Instance.prototype, 'exports', {value: 5});",
    "Object.defineProperty(WebAssembly.Instance.prototype, 'exports', {get: undefined});",
    "delete WebAssembly.Global;",
    "WebAssembly.Global = {};",
    "WebAssembly.Global = {prototype: {}};",
    "Object.defineProperty(WebAssembly, 'Global', {get() { throw 1; }});",
    "delete WebAssembly.Global.prototype.value;",
    "Object.defineProperty(WebAssembly.Global.prototype, 'value', {value: 16});",
    "delete WebAssembly.instantiate;",
    "WebAssembly.instantiate = {};",
    "Object.defineProperty(WebAssembly, 'instantiate', {get() { throw 1; }});",
    "Object.defineProperty(WebAssembly, 'instantiate', {writable: false, configurable: false});",
    "Object.defineProperty(WebAssembly, 'instantiate', {configurable: false});",
    "Object.freeze(WebAssembly);",
    "Object.seal(WebAssembly);",
};
// Where there is that function.
constexpr const char* kBreakingStreaming[] = {
    R"(Object.defineProperty(WebAssembly, 'instantiateStreaming',
        {writable: false, configurable: false});)",
    "Object.defineProperty(WebAssembly, 'instantiateStreaming', {configurable: false});",
};

// Core needs nothing of that, or finds what it needs all the same.
constexpr const char* kOtherChanges[] = {
    "WebAssembly.extra = 1;",
    "delete WebAssembly.Table;",
    "delete WebAssembly.Memory;",
    "Object.preventExtensions(WebAssembly);",
    "Object.freeze(WebAssembly.Instance.prototype);",
    "Object.freeze(WebAssembly.Global.prototype);",
    "Object.setPrototypeOf(WebAssembly, null);",
    "Object.prototype.get = 5;",
    "Object.prototype.value = 5;",
    "Object.prototype.then = function (resolve) { note('then'); resolve(7); };",
    // Without the former one behind it, which would show the function that core replaced.
    R"(globalThis.WebAssembly =
        Object.create(Object.prototype, Object.getOwnPropertyDescriptors(WebAssembly));)",
    "delete WebAssembly.instantiateStreaming;",
    "WebAssembly.instantiateStreaming = 5;",
    R"(Object.defineProperty(WebAssembly, 'instantiateStreaming',
        {get() { throw 1; }, configurable: true});)",
    // What the getters then give registers nothing.
    "Object.defineProperty(WebAssembly.Instance.prototype, 'exports', {get: () => 5});",
    "Object.defineProperty(WebAssembly.Instance.prototype, 'exports', {get: () => ({memory: 5})});",
    "Object.defineProperty(WebAssembly.Instance.prototype, 'exports', {get() { throw 1; }});",
    "Object.defineProperty(WebAssembly.Global.prototype, 'value', {get: () => 'sixteen'});",
    "Object.defineProperty(WebAssembly.Global.prototype, 'value', {get: () => 16.5});",
    "Object.defineProperty(WebAssembly.Global.prototype, 'value', {get: () => 16n});",
    "Object.defineProperty(WebAssembly.Global.prototype, 'value', {get() { throw 1; }});",
};

const char* oneChange(ByteSource& source, std::span<const char* const> changes) {
  return changes[source.below(static_cast<std::uint32_t>(changes.size()))];
}

}  // namespace

void chooseInstallation(ByteSource& source, ScriptProgram& program) {
  if (source.oneIn(kOffOnceIn)) {
    program.installation = source.pick({Installation::kGateClosed, Installation::kSwitchedOff});
    program.features.emplace_back(program.installation == Installation::kGateClosed
                                      ? "context: gate closed"
                                      : "context: feature off");
    program.describes_reachable = true;
    return;
  }
  if (!source.oneIn(kChangedOnceIn)) return;
  if (source.oneIn(3)) {
    program.installation = Installation::kChanged;
    program.change_before = oneChange(source, kOtherChanges);
    program.features.emplace_back("context: changed");
    return;
  }
  program.installation = Installation::kRefused;
  program.has_other_realm = false;  // core would be there
  program.change_before = program.has_streaming && source.oneIn(3)
                              ? oneChange(source, kBreakingStreaming)
                              : oneChange(source, kBreakingChanges);
  program.features.emplace_back("context: broken");
  program.describes_reachable = source.oneIn(2);
}

}  // namespace sigproof::fuzz
