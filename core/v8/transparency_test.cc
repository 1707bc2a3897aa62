// What a program can notice. Each test runs one script in an isolate with the shim and in one
// without, and compares what the scripts noted.
#include <gtest/gtest.h>

#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

class Transparency : public ScriptTest {};

TEST_F(Transparency, T1_EverythingReachableFromWebAssemblyIsTheEnginesOwn) {
  constexpr const char* kDescribe = R"(
    // Describes every object that can be reached, once, in the order of discovery.
    const seen = new Map([[globalThis, 'globalThis']]);
    const queue = [];
    const refer = (value, path) => {
      if (Object(value) !== value) return String(value);
      if (!seen.has(value)) { seen.set(value, path); queue.push([value, path]); }
      return '<' + seen.get(value) + '>';
    };
    const attempt = (what) => { try { return typeof what(); } catch (e) { return [e.name, e.message, e.stack.split('\n').length].join(' '); } };
    const isConstructor = (f) => attempt(() => Reflect.construct(Object, [], f));
    refer(WebAssembly, 'WebAssembly');
    for (let i = 0; i < queue.length; ++i) {
      const [object, path] = queue[i];
      note([path, typeof object, Object.prototype.toString.call(object), refer(Object.getPrototypeOf(object), path + '.__proto__'),
            Object.isExtensible(object), Object.isFrozen(object), Reflect.ownKeys(object).map(String), Object.keys(object)]);
      if (typeof object === 'function') {
        note([Function.prototype.toString.call(object), isConstructor(object), 'prototype' in object]);
        if (path.startsWith('WebAssembly') && !path.includes('__proto__')) {
          note([attempt(() => object()), attempt(() => new object()), attempt(() => Reflect.construct(object, [], Object)),
                attempt(() => Reflect.construct(Object, [], object)), attempt(() => object.call(null, 1, 2)), attempt(() => object.apply(5)),
                attempt(() => class extends object {}), attempt(() => object.caller), attempt(() => object.arguments),
                attempt(() => ({}) instanceof object), attempt(() => object.bind().name)]);
        }
      }
      for (const key of Reflect.ownKeys(object)) {
        const d = Reflect.getOwnPropertyDescriptor(object, key);
        note([path, String(key), ...Reflect.ownKeys(d).map((part) => part + '=' + refer(d[part], path + '.' + String(key) + (part === 'value' ? '' : '#' + part)))]);
      }
    }
    note(queue.length);
    note(WebAssembly.Instance.prototype.constructor === WebAssembly.Instance);
  )";
  expectNoDifference(kDescribe);
  // The same where the embedder supports streaming.
  expectNoDifference(kDescribe, {}, {}, [](v8::Isolate* isolate) {
    isolate->SetWasmStreamingCallback([](const v8::FunctionCallbackInfo<v8::Value>& arguments) {
      v8::WasmStreaming::Unpack(arguments.GetIsolate(), arguments.Data())->Abort({});
    });
  });
}

TEST_F(Transparency, T1_TheFunctionsCanBeChangedAsTheEnginesOwn) {
  expectNoDifference(R"(
    'use strict';
    const attempt = (what) => { try { return String(what()); } catch (e) { return [e.name, e.message].join(' '); } };
    const f = WebAssembly.instantiate;
    note(attempt(() => { f.name = 'x'; return f.name; }));
    note(attempt(() => { Object.defineProperty(f, 'name', {value: 'x'}); return f.name; }));
    note(attempt(() => { f.length = 5; return f.length; }));
    note(attempt(() => delete f.length));
    note(attempt(() => delete f.name));
    note(attempt(() => { f.extra = 1; return Reflect.ownKeys(f); }));
    note(attempt(() => f.caller));
    note(attempt(() => Object.setPrototypeOf(f, null) && Reflect.ownKeys(f)));
    note(attempt(() => { WebAssembly.instantiate = 5; return WebAssembly.instantiate; }));
    note(attempt(() => delete WebAssembly.instantiate));
    note(Reflect.ownKeys(WebAssembly).map(String));
    note(Reflect.ownKeys(f).map(String));
    note(Function.prototype.toString.call(f));
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
  // One after the other, because the engine chooses which of two parallel compilations ends first.
  expectNoDifference(R"(
    const first = WebAssembly.instantiate(m);
    first.then(() => {
      note('first');
      Promise.resolve().then(() => note('third'));
    });
    first.then(() => note('second'));
    first.finally(() => note('finally')).then(() => {
      const again = WebAssembly.instantiate(m);
      again.then(() => note('again'));
      again.finally(() => note('finally again'));
    });
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
  // The bytes opt in and don't link: the promise that the shim watches is the one that rejects.
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

TEST_F(Transparency, T4_T6_WrongArgumentsOfAllKindsFailAlike) {
  constexpr const char* kScript = R"(
    const module = new WebAssembly.Module(m);
    const detached = new ArrayBuffer(8);
    const odd = {toString() { note('text'); return 'x'; }, get 0() { note('zero'); }, get byteLength() { note('length'); }};
    const sources = () => [undefined, null, 0, 'x', Symbol('s'), 1n, true, {}, [], odd, () => {}, new ArrayBuffer(0), new ArrayBuffer(4),
        m.buffer, m.subarray(1), m.subarray(0, 9), new DataView(m.buffer), new Uint16Array(4), new SharedArrayBuffer(8), module,
        WebAssembly, Promise.resolve(m), new Proxy(m, {}), new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]), new Uint8Array([0, 97, 115, 109, 2, 0, 0, 0])];
    const imports = () => [undefined, null, 0, 'x', Symbol('s'), 1n, true, {}, [], () => {}, {env: null}, {env: undefined}, {env: 5}, {env: {}},
        {env: () => {}}, Object.create(null), new Proxy({}, {get(t, k) { note('get ' + String(k)); }, has() { note('has'); }})];
    const show = (name, e) => note([name, e.name, e.message, e.stack, Object.getPrototypeOf(e) === globalThis[e.name]?.prototype]);
    const attempt = (name, what) => { try { note([name, typeof what()]); } catch (e) { show(name, e); } };
    const follow = (name, promise) => promise.then((r) => note([name, String(r), Reflect.ownKeys(r).map(String)]), (e) => show(name, e));
    // One after the other, because chance decides which of two background compilations ends first.
    (async () => {
      let n = 0;
      for (const source of sources()) {
        ++n;
        await follow(n + ' one', WebAssembly.instantiate(source));
        attempt(n + ' new one', () => new WebAssembly.Instance(source));
        attempt(n + ' call', () => WebAssembly.Instance(source));
        for (const i of imports()) {
          await follow(n + ' two', WebAssembly.instantiate(source, i));
          attempt(n + ' new two', () => new WebAssembly.Instance(source, i));
        }
      }
      await follow('more', WebAssembly.instantiate(m, {}, 1, 2, 3));
      await follow('none', WebAssembly.instantiate());
      attempt('new none', () => new WebAssembly.Instance());
      await follow('detached this', (0, WebAssembly.instantiate)(module));
      note('the end');
    })();
  )";
  expectNoDifference(kScript, {.memory = MemoryKind::kImported});
  expectNoDifference(kScript, {.memory = MemoryKind::kExported});
}

TEST_F(Transparency, T3_EveryOrderOfManyPromisesIsTheSame) {
  // Settlements of all kinds against each other and against ticks of the program's own.
  expectNoDifference(std::string(kTicks) + R"(
    const module = new WebAssembly.Module(m);
    const memory = new WebAssembly.Memory({initial: 1});
    const good = {env: {memory}}, bad = {env: {}};
    for (let round = 0; round < 5; ++round) {
      watch(round + ' module', WebAssembly.instantiate(module, good));
      watch(round + ' bad module', WebAssembly.instantiate(module, bad));
      for (const [name, imports] of [['good', good], ['bad', bad]]) {
        const p = WebAssembly.instantiate(m, imports);
        p.then(() => note(round + name + ' then'), () => note(round + name + ' caught'));
        p.finally(() => note(round + name + ' finally')).catch(() => {});
        (async () => { try { await p; note(round + name + ' awaited'); } catch { note(round + name + ' failed'); } })();
        Promise.race([p, new Promise(() => {})]).then(() => note(round + name + ' raced'), () => note(round + name + ' race lost'));
        Promise.resolve(p).then(() => note(round + name + ' same'), () => {}).then(() => note(round + name + ' one later'));
      }
      Promise.allSettled([WebAssembly.instantiate(module, good), WebAssembly.instantiate(m, good)]).then((all) => note(all.map((x) => x.status)));
    }
  )",
                     {.memory = MemoryKind::kImported});
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
