#include "fuzz/generate/scripts/hostile_patches.h"

#include <fmt/format.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace sigproof::fuzz {
namespace {

using Texts = std::span<const char* const>;

const char* oneOf(ByteSource& source, Texts texts) {
  return texts[source.below(static_cast<std::uint32_t>(texts.size()))];
}

// A trick of its own. `changes` is what it tells changing() of, object and key, for each property
// that it changes; empty where nothing stays changed, null where something does that can't be told.
struct Trick {
  const char* text;
  const char* changes = nullptr;
};
using Tricks = std::span<const Trick>;

const Trick& oneOf(ByteSource& source, Tricks tricks) {
  return tricks[source.below(static_cast<std::uint32_t>(tricks.size()))];
}

// The trick's text behind what tells of it.
HostilePatch patchOf(const char* name, const Trick& trick, const std::string& text) {
  if (trick.changes == nullptr) return {name, text, true};
  if (*trick.changes == '\0') return {name, text};
  return {name, fmt::format("changing({}); {}", trick.changes, text)};
}

// --- who is patched ------------------------------------------------------------------------------

// Objects whose functions and accessors are replaced by ones that note that they are called.
constexpr const char* kSpied[] = {
    "Promise.prototype",
    "Promise",
    "Array.prototype",
    "Reflect",
    "Object",
    "Object.prototype",
    "Function.prototype",
    "WebAssembly.Global.prototype",
    "WebAssembly.Memory.prototype",
    "WebAssembly.Instance.prototype",
    "WebAssembly.Table.prototype",
    "WebAssembly.Module",
    "WebAssembly",
    "ArrayBuffer.prototype",
    "Object.getPrototypeOf(Uint8Array.prototype)",
    "DataView.prototype",
    "SharedArrayBuffer.prototype",
    "Map.prototype",
    "WeakMap.prototype",
    "Set.prototype",
    "Proxy",
    "Symbol.prototype",
    "String.prototype",
    "Number.prototype",
    "BigInt.prototype",
    "Error",
    "Error.prototype",
    "Object.getPrototypeOf([][Symbol.iterator]())",
    "globalThis",
};

constexpr const char* kKeys[] = {
    "'then'",
    "'catch'",
    "'finally'",
    "'constructor'",
    "'call'",
    "'apply'",
    "'bind'",
    "'push'",
    "'get'",
    "'has'",
    "'construct'",
    "'value'",
    "'buffer'",
    "'exports'",
    "'resolve'",
    "'reject'",
    "'byteLength'",
    "'byteOffset'",
    "'length'",
    "'toString'",
    "'valueOf'",
    "'slice'",
    "'grow'",
    "'instantiate'",
    "'compile'",
    "'Instance'",
    "'Module'",
    "'Memory'",
    "'Promise'",
    "'defineProperty'",
    "'getOwnPropertyDescriptor'",
    "'hasOwnProperty'",
    "'getPrototypeOf'",
    "'setPrototypeOf'",
    "'isPrototypeOf'",
    "'imports'",
    "'prepareStackTrace'",
    "'captureStackTrace'",
    "Symbol.iterator",
    "Symbol.hasInstance",
    "Symbol.species",
    "Symbol.toPrimitive",
    "Symbol.toStringTag",
    "Symbol.unscopables",
    "Symbol.isConcatSpreadable",
};

// What a lookup might find on Object.prototype.
constexpr const char* kInheritedKeys[] = {
    "'then'",
    "'module'",
    "'instance'",
    "'value'",
    "'get'",
    "'set'",
    "'writable'",
    "'enumerable'",
    "'configurable'",
    "'env'",
    "'memory'",
    "'exports'",
    "'f'",
    "'w'",
    "'0'",
    "'1'",
    "'2'",
    "'length'",
    "'prototype'",
    "'constructor'",
    "'name'",
    "'buffer'",
    "'initial'",
    "'maximum'",
    "'shared'",
    "'__signal_address'",
    "'__terminated_address'",
    "'toJSON'",
    "'byteLength'",
    "Symbol.iterator",
    "Symbol.toStringTag",
    "Symbol.toPrimitive",
    "Symbol.hasInstance",
};

// --- with what -----------------------------------------------------------------------------------

// `o` is the object, `k` the key.
constexpr Trick kReplacements[] = {
    {"delete o[k];"},
    {"o[k] = undefined;", "o, k"},
    {"o[k] = 5;", "o, k"},
    {"o[k] = null;", "o, k"},
    {"o[k] = function () { note('called', arguments.length); return 5; };", "o, k"},
    {"o[k] = function () { throw new RangeError('mine'); };", "o, k"},
    {"o[k] = function () { return this; };", "o, k"},
    {"o[k] = class {};", "o, k"},
    {"Object.defineProperty(o, k, {__proto__: null, get() { note('get', k); return undefined; }, "
     "configurable: true});",
     "o, k"},
    {"Object.defineProperty(o, k, {__proto__: null, get() { note('get', k); return 16; }, "
     "set(v) { note('set', k); }, configurable: true});",
     "o, k"},
    {"Object.defineProperty(o, k, {__proto__: null, get() { throw new RangeError('mine'); }, "
     "configurable: true});",
     "o, k"},
    {"Object.defineProperty(o, k, {__proto__: null, value: o[k], writable: false, configurable: "
     "false});"},
    {"Object.defineProperty(o, k, {__proto__: null, get() { delete o[k]; note('once', k); }, "
     "configurable: true});"},
};

// --- particular tricks ---------------------------------------------------------------------------

// `v` is the object on the chain of what a promise is resolved with; hook() takes it over.
constexpr Trick kThens[] = {
    {"v.then = hook;", "v, 'then'"},
    {"Object.defineProperty(v, 'then', {value: hook, configurable: false});"},
    {"v.then = 5;", "v, 'then'"},
    {"v.then = hook; v.later = 1;"},
    {"Object.defineProperty(v, 'then', {configurable: true, get: function g() { note('then', this, "
     "g.caller, new Error('here')); }});",
     "v, 'then'"},
    {"Object.defineProperty(v, 'then', {get() { note(this); return hook; }, set(x) { note('set'); "
     "}, "
     "enumerable: true, configurable: false});"},
    {"Object.defineProperty(v, 'then', {configurable: true, get() { throw new RangeError('mine'); "
     "}});",
     "v, 'then'"},
    {"Object.defineProperty(v, 'then', {configurable: true, get() { note(delete v.then); return "
     "hook; "
     "}});",
     "v, 'then'"},
    {"v.then = hook; Object.freeze(v);"},
    {"v.then = hook; Object.seal(v);"},
    {"v.then = hook; Object.preventExtensions(v);"},
    {"Object.defineProperty(v, 'then', {set(x) { note('set'); }, configurable: true});",
     "v, 'then'"},
    {"v.then = function (resolve, reject) { reject(new TypeError('no')); };", "v, 'then'"},
    {"v.then = function (resolve) { note('kept', this); resolve(); resolve(this); };", "v, 'then'"},
    {"v.then = function () { note('never'); };", "v, 'then'"},
    {"Object.defineProperty(v, 'then', {configurable: true, get() { if (this.instance) { note("
     "'exchanged'); this.instance = undefined; } }});",
     "v, 'then'"},
    {"Object.defineProperty(v, 'then', {configurable: true, get() { reachable(); }});",
     "v, 'then'"},
};
constexpr const char* kChainObjects[] = {
    "Object.prototype",
    "WebAssembly.Instance.prototype",
    "WebAssembly.Module.prototype",
};

constexpr Trick kPromiseTricks[] = {
    {"Object.defineProperty(Promise, Symbol.species, {get() { note('species'); return class "
     "extends "
     "Promise {}; }, configurable: true});",
     "Promise, Symbol.species"},
    {"Object.defineProperty(Promise.prototype, 'constructor', {get() { note('constructor'); return "
     "Promise; }, configurable: true});",
     "Promise.prototype, 'constructor'"},
    {"Promise.prototype.constructor = class P { constructor(f) { note('made'); f(() => {}, () => "
     "{}); } };",
     "Promise.prototype, 'constructor'"},
    {"globalThis.Promise = class extends Promise {};", "globalThis, 'Promise'"},
    {"Promise.prototype.then = function (a, b) { note('then', this); return 5; };",
     "Promise.prototype, 'then'"},
    {"const t = Promise.prototype.then; Promise.prototype.then = function (a, b) { note('then', "
     "this); "
     "return t.call(this, a, b); };",
     "Promise.prototype, 'then'"},
    {"Promise.resolve = (x) => { note('resolve'); return x; };", "Promise, 'resolve'"},
    {"Object.setPrototypeOf(Promise.prototype, {get then() { note('above'); }});"},
    {"Object.freeze(Promise); Object.freeze(Promise.prototype);"},
};

constexpr Trick kErrorTricks[] = {
    {"Error.prepareStackTrace = (e, sites) => sites.map((s) => [s.getFunctionName(), "
     "s.getTypeName(), "
     "s.isNative(), s.isConstructor(), s.isToplevel(), s.isAsync(), s.getFileName(), "
     "s.getLineNumber(), s.getColumnNumber()].join(':')).join(' | ');",
     "Error, 'prepareStackTrace'"},
    {"Error.prepareStackTrace = (e, sites) => { note('prepare', sites.length); for (const s of "
     "sites) "
     "note(s.getThis(), s.getFunction()); return sites; };",
     "Error, 'prepareStackTrace'"},
    {"Error.prepareStackTrace = () => { throw new RangeError('mine'); };",
     "Error, 'prepareStackTrace'"},
    {"Error.stackTraceLimit = 0;", "Error, 'stackTraceLimit'"},
    {"Error.stackTraceLimit = 1;", "Error, 'stackTraceLimit'"},
    {"Error.stackTraceLimit = 200;", "Error, 'stackTraceLimit'"},
    {"Error.stackTraceLimit = 'x';", "Error, 'stackTraceLimit'"},
    {"delete Error.stackTraceLimit;"},
    {"Object.defineProperty(Error, 'stackTraceLimit', {get() { note('limit'); return 3; }});",
     "Error, 'stackTraceLimit'"},
    {"globalThis.TypeError = RangeError; WebAssembly.LinkError = 5;",
     "globalThis, 'TypeError'); changing(WebAssembly, 'LinkError'"},
    {"Object.setPrototypeOf(WebAssembly.LinkError.prototype, null);"},
    {"WebAssembly.CompileError.prototype.name = 'Other';",
     "WebAssembly.CompileError.prototype, 'name'"},
};

constexpr Trick kWebAssemblyTricks[] = {
    {"const i = WebAssembly.instantiate; WebAssembly.instantiate = function () { note('mine'); "
     "return "
     "i.apply(this, arguments); };",
     "WebAssembly, 'instantiate'"},
    {"WebAssembly.Instance = class extends WebAssembly.Instance { constructor(...a) { "
     "note('mine'); "
     "super(...a); } };",
     "WebAssembly, 'Instance'"},
    {"WebAssembly.Instance = watched(WebAssembly.Instance, 'Instance');",
     "WebAssembly, 'Instance'"},
    {"globalThis.WebAssembly = watched(WebAssembly, 'WebAssembly');", "globalThis, 'WebAssembly'"},
    {"Object.freeze(WebAssembly);"},
    {"Object.freeze(WebAssembly.Instance); Object.freeze(WebAssembly.Instance.prototype);"},
    {"Object.setPrototypeOf(WebAssembly.Instance.prototype, null);"},
    {"Object.setPrototypeOf(WebAssembly.Instance.prototype, watched({}, 'behind'));"},
    {"Object.setPrototypeOf(WebAssembly.Instance.prototype, globalThis);"},
    {"Object.setPrototypeOf(WebAssembly.instantiate, null);"},
    {"Object.setPrototypeOf(WebAssembly.instantiate, watched(Function.prototype, 'function'));"},
    {"Object.setPrototypeOf(WebAssembly.Instance, watched(Function.prototype, 'function'));"},
    {"Object.defineProperty(WebAssembly.Instance, Symbol.hasInstance, {value() { "
     "note('instance?'); "
     "return false; }});"},
    {"Object.defineProperty(WebAssembly.Instance.prototype, 'exports', {get() { note('exports'); "
     "return {memory: memory(1), __signal_address: 16, __terminated_address: 20}; }});",
     "WebAssembly.Instance.prototype, 'exports'"},
    {"Object.defineProperty(WebAssembly.Global.prototype, 'value', {get() { note('value'); return "
     "300; "
     "}, configurable: true});",
     "WebAssembly.Global.prototype, 'value'"},
    {"WebAssembly.Global.prototype.valueOf = function () { note('valueOf'); return 300; };",
     "WebAssembly.Global.prototype, 'valueOf'"},
    {"Object.defineProperty(WebAssembly.Memory.prototype, 'buffer', {get() { note('buffer'); "
     "return "
     "new ArrayBuffer(8); }, configurable: true});",
     "WebAssembly.Memory.prototype, 'buffer'"},
    {"delete WebAssembly.Instance.prototype.exports;"},
    {"delete WebAssembly.Instance.prototype.constructor;"},
    {"WebAssembly.Memory.prototype.grow(1);", ""},
    {"globalThis.seenMemory = memory1; memory1.grow(1);", ""},
    {"delete globalThis.WebAssembly;"},
};

// `b` is the module's bytes.
constexpr const char* kBytesTricks[] = {
    "Object.defineProperty(b, 'byteLength', {get() { note('own length'); return 8; }});",
    "Object.defineProperty(b, 'buffer', {get() { note('own buffer'); return 5; }});",
    "Object.defineProperty(b.buffer, 'byteLength', {get() { note('own length'); return 8; }});",
    "Object.setPrototypeOf(b, null);",
    "Object.setPrototypeOf(b.buffer, watched(ArrayBuffer.prototype, 'buffer'));",
    "Object.setPrototypeOf(b, DataView.prototype);",
    "b.then = function () { note('then'); };",
    "Object.freeze(b.buffer);",
    "b[Symbol.toPrimitive] = () => { note('primitive'); return 0; };",
};

constexpr const char* kFrozen[] = {
    "Object.prototype",
    "Function.prototype",
    "Array.prototype",
    "Promise.prototype",
    "globalThis",
    "Object",
    "WebAssembly.Memory.prototype",
};

HostilePatch hostileReplacement(ByteSource& source) {
  const char* object = oneOf(source, kSpied);
  const char* key = oneOf(source, kKeys);
  const Trick& trick = oneOf(source, kReplacements);
  HostilePatch patch = patchOf("replaced", trick, trick.text);
  patch.text = fmt::format("const o = {}, k = {}; {}", object, key, patch.text);
  return patch;
}

HostilePatch hostileInheritance(ByteSource& source) {
  const char* object = source.pick(
      {"Object.prototype", "Object.prototype", "Function.prototype", "Array.prototype"});
  const char* key = oneOf(source, kInheritedKeys);
  const Trick& trick = oneOf(source, kReplacements);
  HostilePatch patch = patchOf("inherited", trick, trick.text);
  patch.text = fmt::format("const o = {}, k = {}; {}", object, key, patch.text);
  return patch;
}

HostilePatch hostileThen(ByteSource& source) {
  const char* object = oneOf(source, kChainObjects);
  const Trick& trick = oneOf(source, kThens);
  HostilePatch patch = patchOf("then on the chain", trick, trick.text);
  patch.text = fmt::format(
      "const hook = function (resolve, reject) {{ note('hook', this, "
      "arguments.length, resolve, new Error('here')); resolve(7); }}; const v = {}; "
      "{}",
      object, patch.text);
  return patch;
}

HostilePatch hostileSpying(ByteSource& source) {
  const std::string_view object = oneOf(source, kSpied);
  // Of the global object's properties, some are what earlier programs left.
  return {"spied",
          fmt::format("const o = {}; for (const k of Reflect.ownKeys(o)) if (k !== "
                      "'constructor') spy(o, k, 'o');",
                      object),
          object == "globalThis"};
}

HostilePatch hostileTrick(ByteSource& source, const char* name, Tricks tricks) {
  const Trick& trick = oneOf(source, tricks);
  return patchOf(name, trick, trick.text);
}

}  // namespace

HostilePatch makeHostilePatch(ByteSource& source) {
  switch (source.below(11)) {
    case 0:
    case 1:
      return hostileSpying(source);
    case 2:
    case 3:
      return hostileReplacement(source);
    case 4:
      return hostileInheritance(source);
    case 5:
    case 6:
      return hostileThen(source);
    case 7:
      return hostileTrick(source, "promises", kPromiseTricks);
    case 8:
      return hostileTrick(source, "errors", kErrorTricks);
    case 9:
      return {"bytes", fmt::format("globalThis.changeBytes = (b) => {{ {} return b; }};",
                                   oneOf(source, kBytesTricks))};
    default:
      if (source.oneIn(4)) {
        return {"frozen", fmt::format("Object.freeze({});", oneOf(source, kFrozen)), true};
      }
      return hostileTrick(source, "WebAssembly", kWebAssemblyTricks);
  }
}

}  // namespace sigproof::fuzz
