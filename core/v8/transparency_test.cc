// What a program can notice. Each test runs one script in an isolate with the shim and in one
// without, and compares what it noted.
#include <gtest/gtest.h>

#include "core/v8/script_test.h"

namespace sigproof {
namespace {

class Transparency : public ScriptTest {};

TEST_F(Transparency, T1_PropertiesNamesAndPrototypesAreTheEnginesOwn) {
  expectNoDifference(R"(
    const describe = (object, path, depth) => {
      for (const key of Reflect.ownKeys(object)) {
        const d = Object.getOwnPropertyDescriptor(object, key);
        note(path + '.' + String(key) + ' ' + ['writable', 'enumerable', 'configurable'].map((a) => d[a]));
        for (const part of ['value', 'get', 'set']) {
          const v = d[part];
          if (typeof v === 'function') {
            note([part, v.name, v.length, v.toString(), Object.getPrototypeOf(v) === Function.prototype,
                  'prototype' in v, Object.isExtensible(v)]);
          }
          if (depth > 0 && Object(v) === v && key !== 'constructor') describe(v, path + '.' + String(key), depth - 1);
        }
      }
    };
    describe(WebAssembly, 'WebAssembly', 3);
    note(WebAssembly.Instance.prototype.constructor === WebAssembly.Instance);
  )");
}

TEST_F(Transparency, T2_ConstructionReadsNewTargetsPrototypeOnceAndKeepsTheEnginesErrors) {
  expectNoDifference(R"(
    const module = new WebAssembly.Module(m);
    const target = new Proxy(function () {}, {get(t, k, r) { note('get ' + String(k)); return Reflect.get(t, k, r); }});
    const made = Reflect.construct(WebAssembly.Instance, [module], target);
    note(Object.getPrototypeOf(made) === target.prototype);
    class Sub extends WebAssembly.Instance { hello() { return 'hello'; } }
    note([new Sub(module) instanceof Sub, new Sub(module).hello(), Object.keys(new Sub(module).exports)]);
    for (const attempt of [() => WebAssembly.Instance(module), () => new WebAssembly.Instance(),
                           () => new WebAssembly.Instance(1), () => new WebAssembly.Instance(module, 5),
                           () => new WebAssembly.Instance(module, null), () => new WebAssembly.instantiate(module)]) {
      try { attempt(); note('no error'); } catch (e) { note([e.name, e.message, e.stack]); }
    }
  )");
}

constexpr const char* kTicks = R"(
  // Notes in which microtask tick each promise settles.
  const watch = (name, promise) => {
    let settled = false;
    promise.then(() => { settled = true; }, () => { settled = true; });
    let tick = 0;
    const step = () => { if (settled) note(name + ' ' + tick); else if (tick++ < 50) Promise.resolve().then(step); };
    step();
  };
)";

TEST_F(Transparency, T3_ModulesSettleInTheSameTick) {
  expectNoDifference(std::string(kTicks) + R"(
    const module = new WebAssembly.Module(m);
    watch('module', WebAssembly.instantiate(module));
    watch('bad module', WebAssembly.instantiate(module, 5));
    watch('chained', WebAssembly.instantiate(module).then((x) => x));
    (async () => { await WebAssembly.instantiate(module); note('awaited'); })();
    Promise.resolve().then(() => note('tick 1')).then(() => note('tick 2')).then(() => note('tick 3'));
  )");
}

TEST_F(Transparency, T3_BytesSettleInTheSameOrderAsOtherReactions) {
  expectNoDifference(R"(
    WebAssembly.instantiate(m).then(() => {
      note('first');
      Promise.resolve().then(() => note('third'));
    });
    const again = WebAssembly.instantiate(m);
    again.then(() => note('second'));
    again.finally(() => note('finally'));
  )");
}

TEST_F(Transparency, T4_RejectionsCarryTheSameErrors) {
  expectNoDifference(R"(
    const module = new WebAssembly.Module(m);
    const fail = (name, promise) => promise.then(() => note(name + ' ok'), (e) => note([name, e.name, e.message, e.stack]));
    fail('no arguments', WebAssembly.instantiate());
    fail('number', WebAssembly.instantiate(1));
    fail('bad bytes', WebAssembly.instantiate(new Uint8Array([1, 2, 3])));
    fail('empty', WebAssembly.instantiate(new ArrayBuffer(0)));
    fail('imports', WebAssembly.instantiate(module, {}));
    fail('imports of bytes', WebAssembly.instantiate(m, {}));
    fail('imports null', WebAssembly.instantiate(m, null));
    fail('throws', WebAssembly.instantiate(m, {get env() { throw new RangeError('mine'); }}));
  )",
                     {.memory = MemoryKind::kImported, .has_start = true});
}

TEST_F(Transparency, T4_AnUnhandledRejectionStaysUnhandled) {
  // Bytes that opt in and don't link: the promise that the shim watches is the one that rejects.
  static int unhandled = 0;
  for (const bool is_shim_on : {false, true}) {
    Sandbox sandbox({.is_shim_on = is_shim_on});
    unhandled = 0;
    sandbox.isolate()->SetPromiseRejectCallback([](v8::PromiseRejectMessage message) {
      unhandled += message.GetEvent() == v8::kPromiseRejectWithNoHandler ? 1 : -1;
    });
    sandbox.define("m", {.memory = MemoryKind::kImported});
    sandbox.run(
        "WebAssembly.instantiate(m, {}); WebAssembly.instantiate(new WebAssembly.Module(m), {})");
    EXPECT_EQ(unhandled, 2) << "shim " << (is_shim_on ? "on" : "off");
  }
}

TEST_F(Transparency, T6_ImportsAreReadOnceInOrderWithTheSameReceiver) {
  constexpr const char* kScript = R"(
    const make = () => {
      const memory = new WebAssembly.Memory({initial: 1});
      const inner = {get f() { note(['f', this === inner]); return () => {}; },
                     get memory() { note(['memory', this === inner]); return memory; }};
      const outer = {get env() { note(['env', this === outer]); return inner; }, get extra() { note('extra'); }};
      return outer;
    };
    const spy = () => new Proxy(make(), {get(t, k, r) { note(['get', String(k)]); return Reflect.get(t, k); },
                                         has(t, k) { note('has'); return k in t; }, ownKeys(t) { note('ownKeys'); return Reflect.ownKeys(t); }});
    const module = new WebAssembly.Module(m);
    new WebAssembly.Instance(module, make());
    WebAssembly.instantiate(module, make());
    new WebAssembly.Instance(module, spy());
    new WebAssembly.Instance(module, Object.freeze(Object.assign(() => {}, {env: Object.freeze({f() {}, memory: new WebAssembly.Memory({initial: 1})})})));
    WebAssembly.instantiate(m, make());
  )";
  expectNoDifference(kScript, {.memory = MemoryKind::kImported, .has_start = true});
  expectNoDifference(kScript, {.memory = MemoryKind::kImportedAndExported, .has_start = true});
}

TEST_F(Transparency, T9_StacksShowNoFrameOfOurs) {
  expectNoDifference(R"(
    const module = new WebAssembly.Module(m);
    const imports = {env: {f() { note(new Error('in start').stack); }, get memory() { note(new Error('in getter').stack); return new WebAssembly.Memory({initial: 1}); }}};
    new WebAssembly.Instance(module, imports);
    WebAssembly.instantiate(module, imports);
    Error.prepareStackTrace = (e, sites) => sites.map((s) => [s.getFunctionName(), s.getTypeName(), s.isNative(), s.isConstructor()].join(':')).join(' | ');
    new WebAssembly.Instance(module, imports);
    WebAssembly.instantiate(module, imports);
    WebAssembly.instantiate(m, imports);
  )",
                     {.memory = MemoryKind::kImported, .has_start = true});
}

TEST_F(Transparency, T5_PatchedBuiltInsSeeNothingAndBreakNothing) {
  expectNoDifference(R"(
    const spyOn = (object, key) => {
      const d = Object.getOwnPropertyDescriptor(object, key);
      if (d.get) Object.defineProperty(object, key, {get() { note('get ' + key); return d.get.call(this); }});
      else object[key] = function (...a) { note('call ' + String(key)); return d.value.apply(this, a); };
    };
    const module = new WebAssembly.Module(m);
    const instantiate = WebAssembly.instantiate;
    for (const key of ['then', 'catch', 'finally']) spyOn(Promise.prototype, key);
    for (const key of ['resolve', 'reject']) spyOn(Promise, key);
    for (const key of ['get', 'apply', 'construct', 'has']) spyOn(Reflect, key);
    for (const key of ['push', 'map']) spyOn(Array.prototype, key);
    spyOn(WebAssembly.Global.prototype, 'value');
    spyOn(WebAssembly.Memory.prototype, 'buffer');
    spyOn(WebAssembly.Instance.prototype, 'exports');
    spyOn(Function.prototype, 'call');
    Object.defineProperty(Object.prototype, 'module', {get() { note('module'); }, configurable: true});
    Object.defineProperty(Object.prototype, 'env', {get() { note('env'); }, configurable: true});
    note('patched');
    new WebAssembly.Instance(module);
    instantiate(module);
    instantiate(m);
  )");
}

TEST_F(Transparency, T7_WithTheFeatureOffNoObjectOfTheContextDiffers) {
  for (const bool is_enabled : {false, true}) {
    Sandbox plain({.is_shim_on = false});
    const v8::HandleScope handles(plain.isolate());
    plain.define("m", {});
    plain.run("before = WebAssembly.instantiate; beforeInstance = WebAssembly.Instance");
    IsolateSignals signals(plain.isolate(),
                           {.is_enabled = is_enabled, .rollout_gate = [&] { return !is_enabled; }});
    EXPECT_FALSE(signals.install(plain.context()));
    EXPECT_EQ(
        plain.run("[before === WebAssembly.instantiate, beforeInstance === WebAssembly.Instance]"),
        "true,true");
    plain.run("new WebAssembly.Instance(new WebAssembly.Module(m)); WebAssembly.instantiate(m)");
    EXPECT_TRUE(signals.registry().isEmpty());
  }
}

TEST_F(Transparency, T7_TheRolloutGateIsSampledOnceForEachContext) {
  Sandbox plain({.is_shim_on = false});
  const v8::HandleScope handles(plain.isolate());
  int asked = 0;
  IsolateSignals signals(plain.isolate(), {.rollout_gate = [&] { return ++asked == 2; }});
  EXPECT_FALSE(signals.install(v8::Context::New(plain.isolate())));
  EXPECT_TRUE(signals.install(v8::Context::New(plain.isolate())));
  EXPECT_FALSE(signals.install(v8::Context::New(plain.isolate())));
  EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace sigproof
