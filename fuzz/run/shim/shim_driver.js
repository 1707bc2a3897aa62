// The JavaScript side of fuzz-shim: makes what a program hands to WebAssembly, and asks for instances
// in every way. The value of the script is an object of functions, which C++ calls. The numbers of
// ways and styles are those of fuzz/generate/shim_program.h.
(() => {
  'use strict';

  const kCallConstructor = 6;
  const Style = {kPlain: 0, kGetters: 1, kProxy: 2, kFrozen: 3, kInherited: 4, kFreshMemory: 5};

  function defineData(object, key, value) {
    Object.defineProperty(object, key, {value, enumerable: true, configurable: true});
  }

  function defineGetter(object, key, get) {
    Object.defineProperty(object, key, {get, enumerable: true, configurable: true});
  }

  // Properties that call `read(key)` when they are read.
  function makeWatched(keys, style, read) {
    if (style === Style.kProxy) {
      return new Proxy({}, {get: (target, key) => read(key)});
    }
    const object = {};
    for (const key of keys) defineGetter(object, key, () => read(key));
    return object;
  }

  function makeUnwatched(entries, style) {
    const object = {};
    for (const [key, value] of entries) defineData(object, key, value);
    if (style === Style.kFrozen) return Object.freeze(object);
    return style === Style.kInherited ? Object.create(object) : object;
  }

  function isWatched(style) {
    return style === Style.kGetters || style === Style.kProxy || style === Style.kFreshMemory;
  }

  // `entries`: [module, name, value] for each import. With kFreshMemory the value of
  // `memoryName` in module "env" is made anew by `makeMemory` at each read, unless it is undefined.
  function makeImports(entries, style, memoryName, makeMemory) {
    const modules = new Map();
    for (const [module, name, value] of entries) {
      if (!modules.has(module)) modules.set(module, new Map());
      modules.get(module).set(name, value);
    }
    const state = {reads: 0, lastMemory: undefined, imports: undefined};
    const readName = (module, name) => {
      state.reads += 1;
      const value = modules.get(module).get(name);
      const isFresh = style === Style.kFreshMemory && module === 'env' && name === memoryName;
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

  // `source`: the bytes for the ways that take bytes, else a Module.
  const ways = [
    (source, imports) => new WebAssembly.Instance(source, imports),
    (source, imports) => Reflect.construct(WebAssembly.Instance, [source, imports], Other),
    (source, imports) => new Subclass(source, imports),
    (source, imports) => WebAssembly.instantiate(source, imports),
    (source, imports) => WebAssembly.instantiate(source, imports),
    (source, imports) => WebAssembly.instantiate(inLargerBuffer(source), imports),
    (source, imports) => WebAssembly.Instance(source, imports),
  ];
  const instancePrototypes = [
    WebAssembly.Instance.prototype, Other.prototype, Subclass.prototype];
  const exportsOf =
    Object.getOwnPropertyDescriptor(WebAssembly.Instance.prototype, 'exports').get;

  return {
    makeMemory: (initial, maximum, shared) => new WebAssembly.Memory({initial, maximum, shared}),
    makeGlobal: (value, mutable, initial) => new WebAssembly.Global({value, mutable}, initial),
    makeTable: () => new WebAssembly.Table({initial: 1, maximum: 1, element: 'anyfunc'}),
    makeImports,
    compile: (bytes) => new WebAssembly.Module(bytes),
    // An instance, or a promise of one.
    instantiate: (way, source, imports) => ways[way](source, imports),
    // Whether the instance has the prototype that the engine would have given it.
    hasRightPrototype: (way, instance) =>
      Object.getPrototypeOf(instance) ===
        (way < kCallConstructor ? instancePrototypes[way] ?? instancePrototypes[0] : undefined),
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
})()
