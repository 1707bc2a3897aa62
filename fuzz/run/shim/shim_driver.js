// The JavaScript side of fuzz-shim: makes the import objects of a program, and asks for instances in every
// way. The value of the script is a function that takes the names of the ways and of the import styles,
// in the order of the numbers that C++ calls them by, and returns an object of functions for C++.
((wayNames, styleNames) => {
  'use strict';

  const knownStyles = ['plain', 'getters', 'proxy', 'frozen', 'inherited', 'fresh memory'];

  // `table`: by name, what the driver has for each. Both sides must know the same names.
  function inOrder(names, table) {
    const known = Object.keys(table);
    if (names.length !== known.length) throw new Error(`${names.length} names for ${known}`);
    return names.map((name) => {
      if (!Object.hasOwn(table, name)) throw new Error(`the driver has nothing named ${name}`);
      return table[name];
    });
  }

  const styles = inOrder(styleNames, Object.fromEntries(knownStyles.map((name) => [name, name])));

  function defineData(object, key, value) {
    Object.defineProperty(object, key, {value, enumerable: true, configurable: true});
  }

  function defineGetter(object, key, get) {
    Object.defineProperty(object, key, {get, enumerable: true, configurable: true});
  }

  // Properties that call `read(key)` when they are read.
  function makeWatched(keys, style, read) {
    if (style === 'proxy') {
      return new Proxy({}, {get: (target, key) => read(key)});
    }
    const object = {};
    for (const key of keys) defineGetter(object, key, () => read(key));
    return object;
  }

  function makeUnwatched(entries, style) {
    const object = {};
    for (const [key, value] of entries) defineData(object, key, value);
    if (style === 'frozen') return Object.freeze(object);
    return style === 'inherited' ? Object.create(object) : object;
  }

  function isWatched(style) {
    return style === 'getters' || style === 'proxy' || style === 'fresh memory';
  }

  // `entries`: [module, name, value] for each import. In the style 'fresh memory', `makeMemory` makes the
  // value of `memoryName` in module "env" anew at each read, unless it is undefined.
  function makeImports(entries, styleNumber, memoryName, makeMemory) {
    const style = styles[styleNumber];
    const modules = new Map();
    for (const [module, name, value] of entries) {
      if (!modules.has(module)) modules.set(module, new Map());
      modules.get(module).set(name, value);
    }
    const state = {reads: 0, lastMemory: undefined, imports: undefined};
    const readName = (module, name) => {
      state.reads += 1;
      const value = modules.get(module).get(name);
      const isFresh = style === 'fresh memory' && module === 'env' && name === memoryName;
      if (!isFresh || value === undefined) return value;
      state.lastMemory = makeMemory();
      return state.lastMemory;
    };
    const namespaces = new Map();
    for (const [module, names] of modules) {
      namespaces.set(module, isWatched(style) ?
        makeWatched(names.keys(), style, (name) => readName(module, name)) :
        makeUnwatched(names, style));
    }
    state.imports = isWatched(style) ?
      makeWatched(modules.keys(), style, (module) => {
        state.reads += 1;
        return namespaces.get(module);
      }) :
      makeUnwatched(namespaces, style);
    return state;
  }

  function inLargerBuffer(bytes) {
    const larger = new Uint8Array(bytes.byteLength + 7);
    larger.set(new Uint8Array(bytes), 3);
    return larger.subarray(3, 3 + bytes.byteLength);
  }

  function undefinedThen() {}

  class Subclass extends WebAssembly.Instance {}
  function Other() {}

  const {Instance} = WebAssembly;
  // `source`: the bytes for the ways that take bytes, else a Module. `prototype`: of what an engine makes.
  const ways = inOrder(wayNames, {
    'new': {
      make: (source, imports) => new WebAssembly.Instance(source, imports),
      prototype: Instance.prototype,
    },
    'Reflect.construct': {
      make: (source, imports) => Reflect.construct(WebAssembly.Instance, [source, imports], Other),
      prototype: Other.prototype,
    },
    'subclass': {
      make: (source, imports) => new Subclass(source, imports),
      prototype: Subclass.prototype,
    },
    'instantiate(module)': {
      make: (source, imports) => WebAssembly.instantiate(source, imports),
      prototype: Instance.prototype,
    },
    'instantiate(buffer)': {
      make: (source, imports) => WebAssembly.instantiate(source, imports),
      prototype: Instance.prototype,
    },
    'instantiate(view)': {
      make: (source, imports) => WebAssembly.instantiate(inLargerBuffer(source), imports),
      prototype: Instance.prototype,
    },
    // It throws; there is no prototype that would be right.
    'call without new': {
      make: (source, imports) => WebAssembly.Instance(source, imports),
      prototype: undefined,
    },
  });
  const exportsOf =
    Object.getOwnPropertyDescriptor(WebAssembly.Instance.prototype, 'exports').get;

  return {
    makeMemory: (initial, maximum, shared) => new WebAssembly.Memory({initial, maximum, shared}),
    makeGlobal: (value, mutable, initial) => new WebAssembly.Global({value, mutable}, initial),
    makeTable: () => new WebAssembly.Table({initial: 1, maximum: 1, element: 'anyfunc'}),
    makeImports,
    compile: (bytes) => new WebAssembly.Module(bytes),
    // An instance, or a promise of one.
    instantiate: (way, source, imports) => ways[way].make(source, imports),
    // Whether the instance has the prototype that the engine would have given it.
    hasRightPrototype: (way, instance) =>
      Object.getPrototypeOf(instance) === ways[way].prototype,
    exported: (instance, name) => exportsOf.call(instance)[name],
    callExport: (instance, name) => exportsOf.call(instance)[name](),
    // Whether the memory grew.
    grow: (memory, pages) => {
      try {
        memory.grow(pages);
        return true;
      } catch (error) {
        if (error instanceof RangeError) return false;
        throw error;
      }
    },
    // Whether a lookup of `then` finds something on every object, though nothing to call. Returns
    // whether it was as it had been set before.
    setThen: (isThere) => {
      const before = Object.getOwnPropertyDescriptor(Object.prototype, 'then');
      if (isThere) {
        defineGetter(Object.prototype, 'then', undefinedThen);
        return before === undefined;
      }
      delete Object.prototype.then;
      return before?.get === undefinedThen && before.set === undefined;
    },
  };
})
