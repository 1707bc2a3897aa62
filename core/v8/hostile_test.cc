// Programs that try to see the shim, to break an instantiation or to make the registry store
// something false (T5). Most run with the shim and without it, and both runs must note the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/v8/testing/script_test.h"

namespace sigproof {
namespace {

using enum RegistrationOutcome;

class Hostile : public ScriptTest {};

// --- a `then` on the chain of the engine's promise -----------------------------------------------

// One way to intercept `then`.
struct HostileThen {
  const char* name;
  const char* script;
};

// `victim` is the object that the script changes. Functions note their arguments.
constexpr HostileThen kHostileThens[] = {
    {"TakesThePromiseOver", "victim.then = hook;"},
    {"IsReadOnly", "Object.defineProperty(victim, 'then', {value: hook, configurable: false});"},
    {"IsNoFunction", "victim.then = 5;"},
    {"IsEnumerableAndLast", "victim.then = hook; victim.later = 1;"},
    {"IsAGetter",
     "Object.defineProperty(victim, 'then', {configurable: true, get: function g() {"
     "  note(['get', kind(this), g.caller, new Error('here').stack, shape()]); }});"},
    {"IsAGetterOfAFunction",
     "Object.defineProperty(victim, 'then', {get() { note(kind(this)); return hook; },"
     "  set(v) { note('set'); }, enumerable: true, configurable: false});"},
    {"IsAGetterThatThrows",
     "Object.defineProperty(victim, 'then', {configurable: true,"
     "  get() { throw new RangeError('mine'); }});"},
    {"IsAGetterThatRemovesItself",
     "Object.defineProperty(victim, 'then', {configurable: true,"
     "  get() { note(delete victim.then); return hook; }});"},
    {"IsFrozen", "victim.then = hook; Object.freeze(victim);"},
    {"IsSealed", "victim.then = hook; Object.seal(victim);"},
    {"IsASetterOnly",
     "Object.defineProperty(victim, 'then', {set(v) { note('set'); }, configurable: true});"},
    {"RejectsIt", "victim.then = function (resolve, reject) { reject(new TypeError('no')); };"},
    {"NestsAnInstantiation",
     "Object.defineProperty(victim, 'then', {configurable: true, get() {"
     "  delete victim.then; note('nested'); WebAssembly.instantiate(m, imports); }});"},
};

constexpr const char* kHostileHelpers = R"(
  const imports = {env: {memory: new WebAssembly.Memory({initial: 1}), f() {}}};
  const module = new WebAssembly.Module(m);
  const kind = (x) => [Object.prototype.toString.call(x), Reflect.ownKeys(x).map(String), typeof x.instance].join();
  const describe = (d) => d && Reflect.ownKeys(d).map((k) => String(k) + '=' + String(d[k])).join(';');
  const shape = () => [Reflect.ownKeys(victim).map(String), Object.isExtensible(victim),
                       describe(Object.getOwnPropertyDescriptor(victim, 'then'))].join();
  const hook = function (resolve, reject) {
    note(['then', kind(this), arguments.length, resolve.name, resolve.length, new Error('here').stack, shape()]);
    resolve(7);
  };
  const follow = (name, promise) => Promise.prototype.then.call(promise,
      (x) => note([name, 'fulfilled', Object(x) === x ? kind(x) : x]),
      (e) => note([name, 'rejected', e.name, e.message, e.stack]));
)";

class HostileThenTest : public ScriptTest, public testing::WithParamInterface<HostileThen> {};

TEST_P(HostileThenTest, T5_R7_NoThenHidesAnInstanceOrSeesTheShim) {
  const bool is_nested = std::string_view(GetParam().name) == "NestsAnInstantiation";
  for (const std::string victim : {"Object.prototype", "WebAssembly.Instance.prototype"}) {
    for (const std::string source : {"module", "m"}) {
      std::string script = kHostileHelpers;
      script.append("const source = ").append(source).append(";");
      script.append("const victim = ").append(victim).append(";");
      script.append(GetParam().script).append(R"(
        note(shape());
        follow('first', WebAssembly.instantiate(source, imports));
        note(shape());
        Promise.resolve().then(() => note(shape()));
        follow('second', WebAssembly.instantiate(source, imports));
      )");
      // Instance.prototype is not on the chain of {module, instance}, so the program's `then` never
      // runs there.
      const bool is_hit = source == "module" || victim == "Object.prototype";
      for (const MemoryKind memory : {MemoryKind::kExported, MemoryKind::kImported}) {
        const RegistrationCounters counters = expectNoDifference(script, {.memory = memory});
        EXPECT_EQ(counters[kRegistered], is_nested && is_hit ? 3U : 2U) << script;
        EXPECT_EQ(counters[kEngineFailure], 0U);
      }
    }
  }
}

std::string nameOf(const testing::TestParamInfo<HostileThen>& tested) { return tested.param.name; }

INSTANTIATE_TEST_SUITE_P(OnThePrototypeChain, HostileThenTest, testing::ValuesIn(kHostileThens),
                         nameOf);

TEST_F(Hostile, T5_AProxyBehindInstancePrototypeSeesOneLookupAndHidesNothing) {
  for (const char* freeze : {"", "Object.freeze(WebAssembly.Instance.prototype);"}) {
    const RegistrationCounters counters = expectNoDifference(std::string(kHostileHelpers) + R"(
      const victim = WebAssembly.Instance.prototype;
      Object.setPrototypeOf(victim, new Proxy({}, {
        get(t, k, r) { note([String(k), Object.getPrototypeOf(r) === victim, new Error('here').stack]); return k === 'then' ? (resolve) => { note('taken'); resolve(7); } : undefined; },
        has(t, k) { note('has ' + String(k)); }, getPrototypeOf() { note('getPrototypeOf'); return null; },
        getOwnPropertyDescriptor(t, k) { note('descriptor ' + String(k)); }}));
    )" + freeze + R"(
      WebAssembly.instantiate(module, imports);
      WebAssembly.instantiate(m, imports);
    )");
    EXPECT_EQ(counters[kRegistered], 2U);
  }
}

TEST_F(Hostile, T4_T5_ARejectionLeavesTheProgramsThenAlone) {
  // The promise hook's event is the same for a rejection, but no lookup follows it.
  for (const char* then : {"victim.then = hook;",
                           "Object.defineProperty(victim, 'then', {get() { note('get'); }});"}) {
    const RegistrationCounters counters = expectNoDifference(
        std::string(kHostileHelpers) + "const victim = Object.prototype;" + then + R"(
      follow('module', WebAssembly.instantiate(module, {}));
      note(shape());
      follow('bytes', WebAssembly.instantiate(m, {}));
      follow('other', Promise.resolve({x: 1}));
      note(shape());
      Promise.resolve(1).then(() => note(shape())).then(() => note(shape()));
    )",
        {.memory = MemoryKind::kImported});
    EXPECT_EQ(counters[kRegistered], 0U);
  }
}

TEST_F(Hostile, R1_AThenGetterCantExchangeTheInstance) {
  // If core judged the sections of `floats`, the exchange would present two floats as addresses.
  Sandbox sandbox;
  sandbox.define("floats", {.is_float = true});
  sandbox.define("m", {});
  sandbox.run(R"(
    other = new WebAssembly.Instance(new WebAssembly.Module(floats));
    Object.defineProperty(Object.prototype, 'then', {configurable: true, get() {
      if (this.instance) { delete Object.prototype.then; real = this.instance; this.instance = other; }
    }});
    WebAssembly.instantiate(m).then((r) => { seen = r.instance === other; });
  )");
  EXPECT_EQ(sandbox.run("seen"), "true");
  EXPECT_EQ(sandbox.count(kWrongType), 1U) << "the module of floats itself";
  EXPECT_EQ(sandbox.count(kRegistered), 1U);
  EXPECT_EQ(sandbox.registry().deliver(), 1U);
  EXPECT_EQ(sandbox.run("new DataView(real.exports.memory.buffer).getUint32(16, true)"), "24");
}

// --- replaced, frozen and patched built-ins ------------------------------------------------------

TEST_F(Hostile, T5_PatchedBuiltInsSeeNothingAndBreakNothing) {
  const RegistrationCounters counters = expectNoDifference(R"(
    const imports = {env: {memory: new WebAssembly.Memory({initial: 1}), f() {}}};
    const {instantiate, Instance} = WebAssembly;
    const module = new WebAssembly.Module(m);
    const spyOn = (object, path) => {
      for (const key of Reflect.ownKeys(object)) {
        const d = Object.getOwnPropertyDescriptor(object, key);
        if (!d.configurable || key === 'constructor') continue;
        const spied = {};
        for (const part of ['get', 'set', 'value']) {
          if (typeof d[part] === 'function') spied[part] = function (...a) {
            log[log.length] = 'call ' + path + '.' + typeof key;
            return new.target ? ReflectConstruct(d[part], a, new.target) : ReflectApply(d[part], this, a);
          };
        }
        defineProperty(object, key, {__proto__: null, ...d, ...spied});
      }
    };
    const {apply: ReflectApply, construct: ReflectConstruct, defineProperty} = Reflect;
    const victims = [Promise, Promise.prototype, Array.prototype, Reflect, WebAssembly.Global.prototype,
                     WebAssembly.Memory.prototype, Instance.prototype, WebAssembly.Module, Object,
                     ArrayBuffer.prototype, Symbol.prototype, Map.prototype, WeakMap.prototype, Proxy];
    // Symbol.hasInstance can't be written, but it can be shadowed.
    for (const f of [Instance, WebAssembly.Module, WebAssembly.Memory, Promise]) {
      defineProperty(f, Symbol.hasInstance, {__proto__: null, value() { log[log.length] = 'hasInstance'; return false; }});
    }
    for (let i = 0; i < victims.length; ++i) spyOn(victims[i], i);
    for (const key of ['module', 'instance', 'value', 'get', 'set', 'writable', 'enumerable', 'configurable', 'env', '0', '1', 'exports', '__signal_address']) {
      defineProperty(Object.prototype, key, {__proto__: null, get() { log[log.length] = 'get ' + key; }, set() { log[log.length] = 'set ' + key; }, configurable: true});
    }
    log[log.length] = 'patched';
    new Instance(module, imports);
    instantiate(module, imports);
    instantiate(m, imports);
  )",
                                                           {.memory = MemoryKind::kImported});
  EXPECT_EQ(counters[kRegistered], 3U);
}

TEST_F(Hostile, T5_AProgramThatReplacesOrFreezesEverythingIsStillFollowed) {
  for (const char* deed :
       {"delete WebAssembly.instantiate; delete WebAssembly.Instance;",
        "delete globalThis.WebAssembly;", "globalThis.WebAssembly = {instantiate() {}};",
        R"(for (const o of [WebAssembly, W.Instance, W.Instance.prototype, instantiate, Object,
             Object.prototype, Promise, Promise.prototype, Function.prototype, W.Global.prototype,
             W.Memory.prototype, globalThis]) Object.freeze(o);)",
        "Object.setPrototypeOf(W.Instance.prototype, null);",
        "Object.setPrototypeOf(W.Instance, null); Object.setPrototypeOf(instantiate, null);",
        "Object.setPrototypeOf(W.Instance.prototype, globalThis);"}) {
    const RegistrationCounters counters = expectNoDifference(std::string(R"(
      const W = WebAssembly, {instantiate, Instance, Module, Memory} = W, {apply, ownKeys} = Reflect;
      const imports = Object.freeze({env: Object.freeze({memory: new Memory({initial: 1})})});
      const module = new Module(m);
    )") + "(() => {" + deed +
                                                                 R"(})();
      note(ownKeys(W).length);
      const made = new Instance(module, imports);
      const promises = [instantiate(module, imports), instantiate(m, imports)];
      note([made instanceof Instance, promises.map((p) => p instanceof Promise)]);
      for (const p of promises) p.then((r) => note(ownKeys(r).map(String)), (e) => note(e));
    )",
                                                             {.memory = MemoryKind::kImported});
    EXPECT_EQ(counters[kRegistered], 3U) << deed;
  }
}

// --- looking at the stack ------------------------------------------------------------------------

TEST_F(Hostile, T9_CallersAndStacksShowNothing) {
  expectNoDifference(R"(
    const module = new WebAssembly.Module(m);
    const look = function look() {
      note([String(look.caller), String(look.arguments.length), typeof arguments.callee.caller]);
      for (const limit of [0, 1, 3, 200]) { Error.stackTraceLimit = limit; note(new Error('x').stack); }
      Error.stackTraceLimit = 10;
      Error.prepareStackTrace = (e, sites) => sites.map((s) => [s.getFunctionName(), s.getTypeName(), s.getMethodName(),
          s.isNative(), s.isConstructor(), s.isToplevel(), s.isEval(), s.getFileName(), s.getLineNumber(), s.getColumnNumber(),
          typeof s.getThis(), typeof s.getFunction(), s.isAsync(), String(s)].join(':')).join(' | ');
      note(new Error('x').stack);
      const holder = {}; Error.captureStackTrace(holder, look); note(holder.stack);
      Error.prepareStackTrace = undefined;
      return () => {};
    };
    const memory = new WebAssembly.Memory({initial: 1});
    const outer = function outer() {
      const imports = {get env() { look(); return {get f() { look(); return look; }, get memory() { look(); return memory; }}; }};
      new WebAssembly.Instance(module, imports);
      WebAssembly.instantiate(module, imports);
      WebAssembly.instantiate(m, imports);
      Reflect.construct(WebAssembly.Instance, [module, imports], new Proxy(function () {}, {get(t, k) { look(); return t[k]; }}));
    };
    outer();
    note(outer.caller);
    note(String(WebAssembly.instantiate.caller === undefined) + Object.hasOwn(WebAssembly.instantiate, 'caller'));
  )",
                     {.memory = MemoryKind::kImported, .has_start = true});
}

// --- foreign and fake objects --------------------------------------------------------------------

TEST_F(Hostile, T5_ForeignAndFakeObjectsAreRefusedAsByTheEngine) {
  const RegistrationCounters counters = expectNoDifference(R"(
    const memory = new WebAssembly.Memory({initial: 1});
    const module = new WebAssembly.Module(m);
    const fakes = [Object.create(WebAssembly.Memory.prototype), new Proxy(memory, {}), {buffer: memory.buffer}, memory.buffer,
                   Object.create(memory), new WebAssembly.Global({value: 'i32'}), null, undefined, 5, 'memory', Symbol(),
                   new WebAssembly.Table({initial: 1, element: 'anyfunc'})];
    const modules = [Object.create(WebAssembly.Module.prototype), new Proxy(module, {}), Object.create(module), {}, null, undefined, 1n];
    const attempt = (what) => { try { what(); note('made'); } catch (e) { note([e.name, e.message, e.stack]); } };
    const follow = (p) => p.then(() => note('made'), (e) => note([e.name, e.message, e.stack]));
    for (const fake of fakes) {
      const imports = {env: {memory: fake}};
      attempt(() => new WebAssembly.Instance(module, imports));
      follow(WebAssembly.instantiate(module, imports));
      follow(WebAssembly.instantiate(m, imports));
      attempt(() => new WebAssembly.Instance(module, {env: fake}));
      attempt(() => new WebAssembly.Instance(module, fake));
    }
    for (const fake of modules) {
      attempt(() => new WebAssembly.Instance(fake, {env: {memory}}));
      follow(WebAssembly.instantiate(fake, {env: {memory}}));
    }
    const getter = Object.getOwnPropertyDescriptor(WebAssembly.Instance.prototype, 'exports').get;
    for (const fake of [Object.create(WebAssembly.Instance.prototype), {}, new Proxy(new WebAssembly.Instance(module, {env: {memory}}), {})]) {
      attempt(() => getter.call(fake));
    }
  )",
                                                           {.memory = MemoryKind::kImported});
  EXPECT_EQ(counters[kRegistered], 1U) << "the one real instance";
}

TEST_F(Hostile, R5_AMemoryOfAnotherContextIsRegisteredAsAnyOther) {
  Sandbox sandbox;
  sandbox.define("m", {.memory = MemoryKind::kImported});
  const v8::HandleScope handles(sandbox.isolate());
  v8::Local<v8::Context> other = sandbox.host().makeContext();
  sandbox.context()
      ->Global()
      ->Set(sandbox.context(), sandbox.text("other"), other->Global())
      .Check();
  v8::Local<v8::Value> token = sandbox.text("same");
  other->SetSecurityToken(token);
  sandbox.context()->SetSecurityToken(token);
  sandbox.run(R"(
    memory = new other.WebAssembly.Memory({initial: 1});
    // The other realm's constructor with this realm's module, and the other way round.
    kept = [new other.WebAssembly.Instance(new WebAssembly.Module(m), {env: {memory}}),
            new WebAssembly.Instance(new other.WebAssembly.Module(m), {env: {memory}}),
            Reflect.construct(WebAssembly.Instance, [new WebAssembly.Module(m), {env: {memory}}], other.Array)];
    proto = Object.getPrototypeOf(kept[2]) === other.Array.prototype;
    other.WebAssembly.instantiate(m, {env: {memory}});
    WebAssembly.instantiate.call(other, new WebAssembly.Module(m), {env: {memory}});
    other.Reflect.apply(WebAssembly.instantiate, undefined, [m, {env: {memory}}]);
  )");
  EXPECT_EQ(sandbox.run("proto"), "true");
  EXPECT_EQ(sandbox.count(kRegistered), 6U);
  EXPECT_EQ(sandbox.registry().deliver(), 6U);
  EXPECT_EQ(sandbox.run("new DataView(memory.buffer).getUint32(16, true)"), "24");
}

TEST_F(Hostile, R9_AnyNumberOfKeptInstancesLeavesTheHandlersWorkBounded) {
  Sandbox sandbox({.max_entries = 50});
  sandbox.define("m", {.memory = MemoryKind::kImported});
  // All instances of one module on one memory are kept.
  sandbox.run(R"(
    const memory = new WebAssembly.Memory({initial: 1}), module = new WebAssembly.Module(m);
    kept = [];
    for (let i = 0; i < 20000; ++i) kept.push(new WebAssembly.Instance(module, {env: {memory}}));
  )");
  EXPECT_EQ(sandbox.run("kept.length"), "20000");
  EXPECT_EQ(sandbox.count(kRegistered), 50U);
  EXPECT_EQ(sandbox.count(kTooManyEntries), 19'950U);
  EXPECT_EQ(sandbox.registry().entryCount(), 50U);
  EXPECT_EQ(sandbox.registry().deliver(), 50U);
}

// The benchmark scaling/registrations makes a million, and measures that the last costs as much as
// the first.
TEST_F(Hostile, R9_RegistrationsOfOneModuleAndMemoryBeyondTheLimitStayWithinIt) {
  constexpr std::uint64_t kInstances = 2 * SignalRegistry<>::kDefaultMaxEntries;
  Sandbox sandbox;
  sandbox.define("m", {.memory = MemoryKind::kImported});
  sandbox.run(
      "const imports = {env: {memory: new WebAssembly.Memory({initial: 1})}},"
      "      module = new WebAssembly.Module(m);"
      "for (let i = 0; i < " +
      std::to_string(kInstances) + "; ++i) new WebAssembly.Instance(module, imports);");
  EXPECT_EQ(sandbox.count(kRegistered) + sandbox.count(kTooManyEntries), kInstances);
  EXPECT_LE(sandbox.registry().entryCount(), SignalRegistry<>::kDefaultMaxEntries);
  EXPECT_EQ(sandbox.registry().deliver(), sandbox.registry().entryCount());
  sandbox.host().collectGarbage();
  EXPECT_EQ(sandbox.registry().entryCount(), 0U);
}

TEST_F(Hostile, G2_ObjectsThatPassForInstancesPinNothing) {
  Sandbox sandbox;
  sandbox.define("m", {});
  sandbox.run(R"(
    const module = new WebAssembly.Module(m);
    // Everything but the instances themselves is kept.
    kept = [];
    for (let i = 0; i < 50; ++i) {
      const real = new WebAssembly.Instance(module);
      kept.push(real.exports.memory, Object.create(Object.getPrototypeOf(real)), module);
    }
    registry = new FinalizationRegistry(() => {});
  )");
  EXPECT_EQ(sandbox.registry().entryCount(), 50U);
  sandbox.host().collectGarbage();
  EXPECT_EQ(sandbox.registry().entryCount(), 0U);
}

TEST_F(Hostile, G2_ASettledPromiseKeepsNoImportsAlive) {
  for (const bool is_shim_on : {false, true}) {
    Sandbox sandbox({.is_shim_on = is_shim_on});
    sandbox.define("m", {.memory = MemoryKind::kImported});
    sandbox.run(R"(
      refs = [];
      const make = () => {
        const imports = {env: {memory: new WebAssembly.Memory({initial: 1})}};
        refs.push(new WeakRef(imports), new WeakRef(imports.env));
        return imports;
      };
      kept = [WebAssembly.instantiate(m, make()), WebAssembly.instantiate(new WebAssembly.Module(m), make())];
      failed = [WebAssembly.instantiate(m, {...make(), env: {}}), WebAssembly.instantiate(new WebAssembly.Module(m), {env: {}})];
      for (const p of failed) p.catch(() => {});
    )");
    sandbox.host().collectGarbage();
    EXPECT_EQ(sandbox.run("refs.map((r) => typeof r.deref())"),
              "undefined,undefined,undefined,undefined,undefined,undefined")
        << is_shim_on;
  }
}

// --- re-entrancy ---------------------------------------------------------------------------------

// Instantiates inside instantiations, `depth` deep.
constexpr const char* kNest = R"(
  const memory = new WebAssembly.Memory({initial: 1});
  const module = new WebAssembly.Module(m);
  let depth = 0;
  const within = {
    start: () => ({env: {memory, f: again}}),
    getter: () => ({env: {f() {}, get memory() { again(); return memory; }}}),
  };
  const ways = {
    construct: (i) => new WebAssembly.Instance(module, i),
    module: (i) => WebAssembly.instantiate(module, i),
  };
  let makeImports, way;
  const again = () => { if (++depth < DEPTH) way(makeImports()); };
  const made = [];
  for (const w of Object.values(within)) for (const v of Object.values(ways)) {
    depth = 0; makeImports = w; way = v;
    again();
    note(depth);
  }
)";

// V8's default, 984 KiB, is enough for 400 levels without the shim.
constexpr std::size_t kDeepStackBytes = std::size_t{64} << 20;

// Runs `work` on a thread of its own with a stack of `kDeepStackBytes`, most of which
// AddressSanitizer's frames need.
template <typename Work>
void runOnADeepStack(Work work) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kDeepStackBytes), 0);
  pthread_t thread{};
  const int error = pthread_create(
      &thread, &attributes,
      [](void* argument) -> void* {
        (*static_cast<Work*>(argument))();
        return nullptr;
      },
      &work);
  ASSERT_EQ(error, 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

class DeepSandbox : public Sandbox {
 public:
  explicit DeepSandbox(const host::Isolate::Options& options) : Sandbox(options) {
    constexpr std::uintptr_t kLeftForTheRestBytes = std::uintptr_t{1} << 20;
    isolate()->SetStackLimit(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) -
                             (kDeepStackBytes - kLeftForTheRestBytes));
  }
};

TEST_F(Hostile, T5_InstantiationsNestAThousandDeep) {
  runOnADeepStack([] {
    for (const bool is_shim_on : {false, true}) {
      DeepSandbox sandbox({.is_shim_on = is_shim_on});
      sandbox.define("m", {.memory = MemoryKind::kImported, .has_start = true});
      sandbox.run("log = []; note = (x) => log.push(x); DEPTH = 1000;");
      sandbox.run(kNest);
      EXPECT_EQ(sandbox.run("log.join()"), "1000,1000,1000,1000");
      // The last of each thousand instantiates nothing.
      if (is_shim_on) EXPECT_EQ(sandbox.count(kRegistered), 4U * 999U);
    }
  });
}

// --- programs that end in the middle -------------------------------------------------------------

// Defines the global `stop()`, which terminates execution as a watchdog would.
void defineStop(Sandbox& sandbox) {
  const v8::HandleScope handles(sandbox.isolate());
  v8::Local<v8::Context> context = sandbox.context();
  const v8::Context::Scope scope(context);
  context->Global()
      ->Set(context, sandbox.text("stop"),
            v8::Function::New(context,
                              [](const v8::FunctionCallbackInfo<v8::Value>& arguments) {
                                arguments.GetIsolate()->TerminateExecution();
                              })
                .ToLocalChecked())
      .Check();
}

TEST_F(Hostile, R10_AProgramThatIsTerminatedWhileItInstantiatesLeavesNothingBehind) {
  for (const char* deed :
       {"new WebAssembly.Instance(module, {env: {f: halt, memory}})",
        "new WebAssembly.Instance(module, {env: {f() {}, get memory() { halt(); return memory; "
        "}}})",
        "WebAssembly.instantiate(module, {env: {f: halt, memory}})",
        "WebAssembly.instantiate(module, {get env() { halt(); }})",
        "WebAssembly.instantiate(m, {env: {f: halt, memory}})",
        "WebAssembly.instantiate(m, {env: {f() {}, get memory() { halt(); return memory; }}})",
        "Object.defineProperty(Object.prototype, 'then', {get() { halt(); }, configurable: true});"
        "WebAssembly.instantiate(module, {env: {f() {}, memory}})"}) {
    Sandbox sandbox;
    sandbox.define("m", {.memory = MemoryKind::kImported, .has_start = true});
    defineStop(sandbox);
    sandbox.run(R"(
      halt = () => { stop(); for (;;); };
      memory = new WebAssembly.Memory({initial: 1});
      module = new WebAssembly.Module(m);
      new DataView(memory.buffer).setUint32(16, 7, true);
    )");
    sandbox.run(deed);
    sandbox.isolate()->CancelTerminateExecution();
    const bool is_made = std::string_view(deed).find("then") != std::string_view::npos;
    EXPECT_EQ(sandbox.count(kRegistered), is_made ? 1U : 0U) << deed;
    EXPECT_EQ(sandbox.registry().entryCount(), is_made ? 1U : 0U) << deed;
    sandbox.run(
        "delete Object.prototype.then; new WebAssembly.Instance(module, {env: {f() {}, memory}})");
    sandbox.run("WebAssembly.instantiate(m, {env: {f() {}, memory}})");
    EXPECT_EQ(sandbox.count(kRegistered), is_made ? 3U : 2U) << deed;
  }
}

TEST_F(Hostile, R7_GettersThatThrowOrGrowTheMemoryAreTheProgramsOwnAffair) {
  const RegistrationCounters counters =
      expectNoDifference(R"(
    const module = new WebAssembly.Module(m);
    const memory = new WebAssembly.Memory({initial: 1, maximum: 9});
    const imports = {env: {get f() { memory.grow(1); return () => { memory.grow(1); }; }, get memory() { memory.grow(1); return memory; }}};
    const i = new WebAssembly.Instance(module, imports);
    note(memory.buffer.byteLength);
    WebAssembly.instantiate(module, imports).then(() => note(memory.buffer.byteLength));
    for (const what of [1, null, undefined, Symbol('s'), new Error('e'), {toString() { note('text'); }}]) {
      const bad = {env: {f() {}, get memory() { throw what; }}};
      try { new WebAssembly.Instance(module, bad); } catch (e) { note(e === what); }
      WebAssembly.instantiate(module, bad).catch((e) => note(e === what));
      WebAssembly.instantiate(m, bad).catch((e) => note(e === what));
    }
  )",
                         {.memory = MemoryKind::kImported, .has_start = true});
  EXPECT_EQ(counters[kRegistered], 2U);
}

}  // namespace
}  // namespace sigproof
