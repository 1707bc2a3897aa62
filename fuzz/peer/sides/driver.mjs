// What is asked of both sides of the peer: instantiates modules, one after the other, and tells what a
// program can see of it. The same text runs in V8 10.2 with `core` and in the other runtime, so a
// difference in the answers is one of the two, not of the question.
//
//   const run = makeDriver((bytes) => new WebAssembly.Module(bytes));
//   const answers = await run(cases, modules);
//
// `cases`: JSON, an array (fuzz/peer/cases/peer_case.h says what is in one). `modules`: an ArrayBuffer with the bytes
// of their modules, one behind the other. The answers: JSON, an array of what was seen.

// The numbers of fuzz/generate/shim_program.h.
const Way = {kNew: 0, kReflectConstruct: 1, kSubclass: 2, kInstantiateModule: 3, kCallConstructor: 6};
const Style = {kPlain: 0, kGetters: 1, kProxy: 2, kFrozen: 3, kInherited: 4, kFreshMemory: 5};

// A promise that takes longer has not settled by microtasks.
const kMostTicks = 64;

const {Global, Instance, Memory, Table} = WebAssembly;
const kInstancePrototype = Instance.prototype;
const exportsOf = Object.getOwnPropertyDescriptor(kInstancePrototype, 'exports').get;

function Other() {}

function fill(memory, fills) {
  const bytes = new Uint8Array(memory.buffer);
  for (const [address, values] of fills) {
    for (let i = 0; i < values.length; i += 1) {
      if (address + i < bytes.length) bytes[address + i] = values[i];
    }
  }
}

function clear(memory, fills) {
  fill(memory, fills.map(([address, values]) => [address, values.map(() => 0)]));
}

// The words that are not 0, as [address, value, address, value, ...]. Most are 0: looked at eight at a
// time, which takes a third as long. `size` is a multiple of 32.
function addWords(buffer, begin, size, words) {
  const view = new Int32Array(buffer, begin, size / 4);
  for (let i = 0; i < view.length; i += 8) {
    const any = view[i] | view[i + 1] | view[i + 2] | view[i + 3] |
      view[i + 4] | view[i + 5] | view[i + 6] | view[i + 7];
    if (any === 0) continue;
    for (let k = i; k < i + 8; k += 1) {
      if (view[k] !== 0) words.push(begin + 4 * k, view[k] >>> 0);
    }
  }
}

// `windows`: the parts of a memory that is too large to be looked at as a whole; null: all of it.
function imageOf(memory, windows) {
  const {buffer} = memory;
  const words = [];
  for (const [begin, size] of windows ?? [[0, buffer.byteLength]]) {
    if (begin + size <= buffer.byteLength) addWords(buffer, begin, size, words);
  }
  return {length: buffer.byteLength, words};
}

function defineData(object, key, value) {
  Object.defineProperty(object, key, {value, enumerable: true, configurable: true});
}

// An object with `keys`, of which reading one gives `read(key)`.
function makeNamespace(keys, style, read) {
  if (style === Style.kProxy) return new Proxy({}, {get: (target, key) => read(key)});
  const object = {};
  if (style === Style.kGetters || style === Style.kFreshMemory) {
    for (const key of keys) {
      Object.defineProperty(
        object, key, {get: () => read(key), enumerable: true, configurable: true});
    }
    return object;
  }
  for (const key of keys) defineData(object, key, read(key));
  if (style === Style.kFrozen) return Object.freeze(object);
  return style === Style.kInherited ? Object.create(object) : object;
}

// One case: what it hands over, what it gets.
class Session {
  constructor(given, decoy) {
    this.given = given;
    this.decoy = decoy;
    this.memories = [];
    this.reads = 0;
  }

  makeMemory({initial, maximum, shared}) {
    const memory = new Memory({initial, maximum: maximum ?? undefined, shared});
    fill(memory, this.given.fills);
    this.memories.push(memory);
    return memory;
  }

  makeValue(what) {
    switch (what.kind) {
      case 'function':
        return () => {};
      case 'table':
        return new Table({initial: 1, maximum: 1, element: 'anyfunc'});
      case 'memory':
        return this.makeMemory(what);
      case 'decoy':
        return this.decoy;
      default: {
        const value = what.type === 'i64' ? BigInt.asIntN(64, BigInt(what.value)) : what.value;
        return what.object ? new Global({value: what.type, mutable: what.mutable}, value) : value;
      }
    }
  }

  makeImports() {
    const modules = new Map();
    const {style} = this.given;
    for (const what of this.given.imports) {
      if (!modules.has(what.module)) modules.set(what.module, new Map());
      const isFresh = style === Style.kFreshMemory && what.kind === 'memory';
      const value = isFresh ? undefined : this.makeValue(what);
      modules.get(what.module).set(what.name, () => isFresh ? this.makeMemory(what) : value);
    }
    const namespaces = new Map();
    for (const [module, names] of modules) {
      namespaces.set(module, makeNamespace(names.keys(), style, (name) => {
        this.reads += 1;
        return names.get(name)();
      }));
    }
    const imports = makeNamespace(modules.keys(), style, (module) => {
      this.reads += 1;
      return namespaces.get(module);
    });
    this.reads = 0;
    return imports;
  }

  // Ticks until the promise is settled; it, and the error if it is rejected.
  async settle(promise) {
    const outcome = {ticks: 0, instance: undefined, error: undefined};
    let isSettled = false;
    promise.then(
      (instance) => {
        isSettled = true;
        outcome.instance = instance;
      },
      (error) => {
        isSettled = true;
        outcome.error = error;
      });
    while (!isSettled && outcome.ticks < kMostTicks) {
      outcome.ticks += 1;
      await null;
    }
    if (!isSettled) await promise.then(() => {}, () => {});
    return outcome;
  }

  async instantiate(module, imports) {
    switch (this.given.way) {
      case Way.kReflectConstruct:
        return {instance: Reflect.construct(WebAssembly.Instance, [module, imports], Other),
                prototype: Other.prototype};
      case Way.kSubclass: {
        class Subclass extends WebAssembly.Instance {}
        return {instance: new Subclass(module, imports), prototype: Subclass.prototype};
      }
      case Way.kInstantiateModule:
        return this.settle(WebAssembly.instantiate(module, imports));
      case Way.kCallConstructor:
        return {instance: WebAssembly.Instance(module, imports)};
      default:
        return {instance: new WebAssembly.Instance(module, imports)};
    }
  }

  observe(seen, instance) {
    const {given} = this;
    if (given.memory_export !== null && instance !== undefined) {
      const exported = exportsOf.call(instance)[given.memory_export];
      if (exported instanceof Memory) seen.memory = imageOf(exported, given.windows);
    } else if (given.imports_memory && this.memories.length > 0) {
      // The engine reads an import once; what is made for later reads is not the module's.
      seen.memory = imageOf(this.memories[0], given.windows);
      if (this.memories.length > 1) seen.stray = imageOf(this.memories.at(-1), given.windows);
    }
    // Cases that were stored before there were second memories don't name it.
    if (typeof given.second_export === 'string' && instance !== undefined) {
      seen.stray = imageOf(exportsOf.call(instance)[given.second_export], null);
    }
    if (given.decoy) seen.decoy = imageOf(this.decoy, null);
    if (given.style !== Style.kPlain) seen.reads = this.reads;
  }

  async run(module) {
    const seen = {error: '', said: ''};
    if (this.given.decoy) fill(this.decoy, this.given.fills);
    const imports = this.makeImports();
    const kept = [];
    try {
      for (let i = 0; i < this.given.instances; i += 1) {
        if (i > 0) fill(this.memories[0], this.given.fills);
        const made = await this.instantiate(module, imports);
        if (made.ticks !== undefined) seen.ticks = made.ticks;
        if (made.error !== undefined) throw made.error;
        const expected = made.prototype ?? kInstancePrototype;
        seen.prototype = Object.getPrototypeOf(made.instance) === expected;
        kept.push(made.instance);
      }
    } catch (error) {
      seen.error = String(error?.name);
      seen.said = String(error?.message);
    }
    this.observe(seen, seen.error === '' ? kept.at(-1) : undefined);
    if (this.given.decoy) clear(this.decoy, this.given.fills);
    return seen;
  }
}

// `compile` makes a module of bytes. `takeOutcomes` gives what an observer was told since it was asked
// the last time; where there is none, nothing.
export function makeDriver(compile, takeOutcomes = () => undefined) {
  const decoy = new Memory({initial: 1, maximum: 1});

  async function runCase(given, bytes) {
    let module;
    try {
      module = compile(bytes);
    } catch (error) {
      return {refused: String(error?.name), error: '', said: String(error?.message)};
    }
    return new Session(given, decoy).run(module);
  }

  return async function run(cases, modules) {
    const answers = [];
    let offset = 0;
    for (const given of JSON.parse(cases)) {
      const seen = await runCase(given, modules.slice(offset, offset + given.size));
      seen.outcomes = takeOutcomes();
      answers.push(seen);
      offset += given.size;
    }
    return JSON.stringify(answers);
  };
}
