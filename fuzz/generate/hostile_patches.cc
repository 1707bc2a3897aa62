#include "fuzz/generate/hostile_patches.h"

#include <fmt/format.h>

#include <cstdint>
#include <span>

namespace sigproof::fuzz {
namespace {

using Texts = std::span<const char* const>;

const char* oneOf(ByteSource& source, Texts texts) {
  return texts[source.below(static_cast<std::uint32_t>(texts.size()))];
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
constexpr const char* kReplacements[] = {
    "delete o[k];",
    "o[k] = undefined;",
    "o[k] = 5;",
    "o[k] = null;",
    "o[k] = function () { note('called', arguments.length); return 5; };",
    "o[k] = function () { throw new RangeError('mine'); };",
    "o[k] = function () { return this; };",
    "o[k] = class {};",
    "Object.defineProperty(o, k, {__proto__: null, get() { note('get', k); return undefined; }, "
    "configurable: true});",
    "Object.defineProperty(o, k, {__proto__: null, get() { note('get', k); return 16; }, "
    "set(v) { note('set', k); }, configurable: true});",
    "Object.defineProperty(o, k, {__proto__: null, get() { throw new RangeError('mine'); }, "
    "configurable: true});",
    "Object.defineProperty(o, k, {__proto__: null, value: o[k], writable: false, configurable: "
    "false});",
    "Object.defineProperty(o, k, {__proto__: null, get() { delete o[k]; note('once', k); }, "
    "configurable: true});",
};

// --- particular tricks ---------------------------------------------------------------------------

// `v` is the object on the chain of what a promise is resolved with; hook() takes it over.
constexpr const char* kThens[] = {
    "v.then = hook;",
    "Object.defineProperty(v, 'then', {value: hook, configurable: false});",
    "v.then = 5;",
    "v.then = hook; v.later = 1;",
    "Object.defineProperty(v, 'then', {configurable: true, get: function g() { note('then', this, "
    "g.caller, new Error('here')); }});",
    "Object.defineProperty(v, 'then', {get() { note(this); return hook; }, set(x) { note('set'); "
    "}, "
    "enumerable: true, configurable: false});",
    "Object.defineProperty(v, 'then', {configurable: true, get() { throw new RangeError('mine'); "
    "}});",
    "Object.defineProperty(v, 'then', {configurable: true, get() { note(delete v.then); return "
    "hook; "
    "}});",
    "v.then = hook; Object.freeze(v);",
    "v.then = hook; Object.seal(v);",
    "v.then = hook; Object.preventExtensions(v);",
    "Object.defineProperty(v, 'then', {set(x) { note('set'); }, configurable: true});",
    "v.then = function (resolve, reject) { reject(new TypeError('no')); };",
    "v.then = function (resolve) { note('kept', this); resolve(); resolve(this); };",
    "v.then = function () { note('never'); };",
    "Object.defineProperty(v, 'then', {configurable: true, get() { if (this.instance) { note("
    "'exchanged'); this.instance = undefined; } }});",
    "Object.defineProperty(v, 'then', {configurable: true, get() { reachable(); }});",
};
constexpr const char* kChainObjects[] = {
    "Object.prototype",
    "WebAssembly.Instance.prototype",
    "WebAssembly.Module.prototype",
};

constexpr const char* kPromiseTricks[] = {
    "Object.defineProperty(Promise, Symbol.species, {get() { note('species'); return class extends "
    "Promise {}; }, configurable: true});",
    "Object.defineProperty(Promise.prototype, 'constructor', {get() { note('constructor'); return "
    "Promise; }, configurable: true});",
    "Promise.prototype.constructor = class P { constructor(f) { note('made'); f(() => {}, () => "
    "{}); } };",
    "globalThis.Promise = class extends Promise {};",
    "Promise.prototype.then = function (a, b) { note('then', this); return 5; };",
    "const t = Promise.prototype.then; Promise.prototype.then = function (a, b) { note('then', "
    "this); "
    "return t.call(this, a, b); };",
    "Promise.resolve = (x) => { note('resolve'); return x; };",
    "Object.setPrototypeOf(Promise.prototype, {get then() { note('above'); }});",
    "Object.freeze(Promise); Object.freeze(Promise.prototype);",
};

constexpr const char* kErrorTricks[] = {
    // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one long line
    "Error.prepareStackTrace = (e, sites) => sites.map((s) => [s.getFunctionName(), "
    "s.getTypeName(), "
    "s.isNative(), s.isConstructor(), s.isToplevel(), s.isAsync(), s.getFileName(), "
    "s.getLineNumber(), s.getColumnNumber()].join(':')).join(' | ');",
    "Error.prepareStackTrace = (e, sites) => { note('prepare', sites.length); for (const s of "
    "sites) "
    "note(s.getThis(), s.getFunction()); return sites; };",
    "Error.prepareStackTrace = () => { throw new RangeError('mine'); };",
    "Error.stackTraceLimit = 0;",
    "Error.stackTraceLimit = 1;",
    "Error.stackTraceLimit = 200;",
    "Error.stackTraceLimit = 'x';",
    "delete Error.stackTraceLimit;",
    "Object.defineProperty(Error, 'stackTraceLimit', {get() { note('limit'); return 3; }});",
    "globalThis.TypeError = RangeError; WebAssembly.LinkError = 5;",
    "Object.setPrototypeOf(WebAssembly.LinkError.prototype, null);",
    "WebAssembly.CompileError.prototype.name = 'Other';",
};

constexpr const char* kWebAssemblyTricks[] = {
    "const i = WebAssembly.instantiate; WebAssembly.instantiate = function () { note('mine'); "
    "return "
    "i.apply(this, arguments); };",
    "WebAssembly.Instance = class extends WebAssembly.Instance { constructor(...a) { note('mine'); "
    "super(...a); } };",
    "WebAssembly.Instance = watched(WebAssembly.Instance, 'Instance');",
    "globalThis.WebAssembly = watched(WebAssembly, 'WebAssembly');",
    "Object.freeze(WebAssembly);",
    "Object.freeze(WebAssembly.Instance); Object.freeze(WebAssembly.Instance.prototype);",
    "Object.setPrototypeOf(WebAssembly.Instance.prototype, null);",
    "Object.setPrototypeOf(WebAssembly.Instance.prototype, watched({}, 'behind'));",
    "Object.setPrototypeOf(WebAssembly.Instance.prototype, globalThis);",
    "Object.setPrototypeOf(WebAssembly.instantiate, null);",
    "Object.setPrototypeOf(WebAssembly.instantiate, watched(Function.prototype, 'function'));",
    "Object.setPrototypeOf(WebAssembly.Instance, watched(Function.prototype, 'function'));",
    "Object.defineProperty(WebAssembly.Instance, Symbol.hasInstance, {value() { note('instance?'); "
    "return false; }});",
    "Object.defineProperty(WebAssembly.Instance.prototype, 'exports', {get() { note('exports'); "
    "return {memory: memory(1), __signal_address: 16, __terminated_address: 20}; }});",
    "Object.defineProperty(WebAssembly.Global.prototype, 'value', {get() { note('value'); return "
    "300; "
    "}, configurable: true});",
    "WebAssembly.Global.prototype.valueOf = function () { note('valueOf'); return 300; };",
    "Object.defineProperty(WebAssembly.Memory.prototype, 'buffer', {get() { note('buffer'); return "
    "new ArrayBuffer(8); }, configurable: true});",
    "delete WebAssembly.Instance.prototype.exports;",
    "delete WebAssembly.Instance.prototype.constructor;",
    "WebAssembly.Memory.prototype.grow(1);",
    "globalThis.seenMemory = memory1; memory1.grow(1);",
    "delete globalThis.WebAssembly;",
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
  return {"replaced",
          fmt::format("const o = {}, k = {}; {}", object, key, oneOf(source, kReplacements))};
}

HostilePatch hostileInheritance(ByteSource& source) {
  return {"inherited", fmt::format("const o = {}, k = {}; {}",
                                   source.pick({"Object.prototype", "Object.prototype",
                                                "Function.prototype", "Array.prototype"}),
                                   oneOf(source, kInheritedKeys), oneOf(source, kReplacements))};
}

HostilePatch hostileThen(ByteSource& source) {
  return {
      "then on the chain",
      fmt::format("const hook = function (resolve, reject) {{ note('hook', this, "
                  "arguments.length, resolve, new Error('here')); resolve(7); }}; const v = {}; "
                  "{}",
                  oneOf(source, kChainObjects), oneOf(source, kThens))};
}

}  // namespace

HostilePatch makeHostilePatch(ByteSource& source) {
  switch (source.below(11)) {
    case 0:
    case 1:
      return {"spied", fmt::format("const o = {}; for (const k of Reflect.ownKeys(o)) if (k !== "
                                   "'constructor') spy(o, k, 'o');",
                                   oneOf(source, kSpied))};
    case 2:
    case 3:
      return hostileReplacement(source);
    case 4:
      return hostileInheritance(source);
    case 5:
    case 6:
      return hostileThen(source);
    case 7:
      return {"promises", oneOf(source, kPromiseTricks)};
    case 8:
      return {"errors", oneOf(source, kErrorTricks)};
    case 9:
      return {"bytes", fmt::format("globalThis.changeBytes = (b) => {{ {} return b; }};",
                                   oneOf(source, kBytesTricks))};
    default:
      if (source.oneIn(4)) {
        return {"frozen", fmt::format("Object.freeze({});", oneOf(source, kFrozen))};
      }
      return {"WebAssembly", oneOf(source, kWebAssemblyTricks)};
  }
}

}  // namespace sigproof::fuzz
