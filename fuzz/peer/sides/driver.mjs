// Both sides of the peer run this driver: it instantiates modules, one after the other, and reports what a
// program can see of each instantiation. The same text runs in V8 10.2 with `core` and in the other
// runtime, so a difference in the answers is a difference of the two.
//
//   const run = makeDriver((bytes) => new WebAssembly.Module(bytes));
//   const answers = await run(cases, modules);
//
// `cases`: JSON, an array (fuzz/peer/cases/peer_case.h says what is in one). `modules`: an ArrayBuffer with the bytes
// of their modules, one behind the other. The answers: JSON, an array of what was seen.

// A promise that takes longer has not settled by microtasks.
const kMostTicks = 64;

const {Global, Instance, Memory, Table} = WebAssembly;
const kInstancePrototype = Instance.prototype;
const exportsOf = Object.getOwnPropertyDescriptor(kInstancePrototype, 'exports').get;

// The driver and the cases don't fit together. Nothing is an answer then.
class DriverError extends Error {}

function Other() {}

// A number comes as text, because JSON has no NaN, no infinity and no -0.
function valueOf({type, value}) {
  if (value === null) return null;
  return type === 'i64' ? BigInt(value) : Number(value);
}

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

// Adds the words that are not 0, as address, value, address, value, ... Most are 0: we look at eight at a
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

// `windows`: the parts of a memory that is too large to be read as a whole; null for all of it.
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
  if (style === 'proxy') return new Proxy({}, {get: (target, key) => read(key)});
  const object = {};
  if (style === 'getters' || style === 'fresh memory') {
    for (const key of keys) {
      Object.defineProperty(
        object, key, {get: () => read(key), enumerable: true, configurable: true});
    }
    return object;
  }
  for (const key of keys) defineData(object, key, read(key));
  switch (style) {
    case 'plain':
      return object;
    case 'frozen':
      return Object.freeze(object);
    case 'inherited':
      return Object.create(object);
    default:
      throw new DriverError(`no import style is named ${style}`);
  }
}

// One case: the imports that it hands over and the instances that it gets.
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
        const value = valueOf(what);
        return what.object ? new Global({value: what.type, mutable: what.mutable}, value) : value;
      }
    }
  }

  makeImports() {
    const modules = new Map();
    const {style} = this.given;
    for (const what of this.given.imports) {
      if (!modules.has(what.module)) modules.set(what.module, new Map());
      const isFresh = style === 'fresh memory' && what.kind === 'memory';
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
      case 'new':
        return {instance: new WebAssembly.Instance(module, imports)};
      case 'Reflect.construct':
        return {instance: Reflect.construct(WebAssembly.Instance, [module, imports], Other),
                prototype: Other.prototype};
      case 'subclass': {
        class Subclass extends WebAssembly.Instance {}
        return {instance: new Subclass(module, imports), prototype: Subclass.prototype};
      }
      case 'instantiate(module)':
        return this.settle(WebAssembly.instantiate(module, imports));
      case 'call without new':
        return {instance: WebAssembly.Instance(module, imports)};
      default:
        throw new DriverError(`no way to make an instance is named ${this.given.way}`);
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
    if (given.style !== 'plain') seen.reads = this.reads;
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
      if (error instanceof DriverError) throw error;
      seen.error = String(error?.name);
      seen.said = String(error?.message);
    }
    this.observe(seen, seen.error === '' ? kept.at(-1) : undefined);
    if (this.given.decoy) clear(this.decoy, this.given.fills);
    return seen;
  }
}

// `compile` makes a module of bytes. `takeOutcomes` returns the outcomes that an observer got since the last
// call, or undefined where there is no observer.
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
