// The functions that programs of fuzz-transparency and fuzz-hostile are written with. The host runs this
// script in every fresh context, before the program; the host's functions (note, show, see, ...) are
// globals already. A program may patch any built-in, so the script takes those that it uses beforehand.
// Where a program sees them all the same, it sees them in both contexts, with core and without.
//
// The script's value is a function. The host calls it with its own numbers and names, and gets an array
// of the functions and objects that it needs before a program runs.
/* global changeBytes */
((kHeaderBytes, kNumberSectionBytes, styleNames) => {
  'use strict';
  const {note, show, detach} = globalThis;
  const {create, defineProperty, freeze, getOwnPropertyDescriptor} = Object;
  const {apply, construct, deleteProperty, get: getOf, has: hasOf, ownKeys: keysOf} = Reflect;
  const {Proxy, Uint8Array, SharedArrayBuffer} = globalThis;
  const {WebAssembly} = globalThis;
  const {Global, Instance, Memory} = WebAssembly;
  const arrayPrototype = Array.prototype;
  const {then} = Promise.prototype;
  const {copyWithin} = Uint8Array.prototype;
  const setBytes = Uint8Array.prototype.set;
  const kMostNested = 3;

  function define(object, key, parts) {
    defineProperty(object, key, {__proto__: null, enumerable: true, configurable: true, ...parts});
  }

  // Properties of `values` (an object without prototype, of functions that make the value).
  const styles = {
    __proto__: null,
    plain(values, keys) {
      const object = {};
      for (let i = 0; i < keys.length; ++i) define(object, keys[i], {value: values[keys[i]]()});
      return object;
    },
    getters(values, keys, path) {
      const object = {};
      for (let i = 0; i < keys.length; ++i) {
        define(object, keys[i], {
          get() {
            note('read', path, keys[i], this === object);
            return values[keys[i]]();
          },
        });
      }
      return object;
    },
    proxy(values, keys, path) {
      const log = (trap, key) => note('trap', trap, path, key);
      return new Proxy({}, {
        __proto__: null,
        get(target, key) {
          log('get', key);
          return typeof key === 'string' && key in values ? values[key]() : undefined;
        },
        has(target, key) { log('has', key); return key in values; },
        ownKeys() { log('ownKeys'); return []; },
        getPrototypeOf() { log('getPrototypeOf'); return null; },
        getOwnPropertyDescriptor(target, key) { log('getOwnPropertyDescriptor', key); },
        set(target, key) { log('set', key); return true; },
        defineProperty(target, key) { log('defineProperty', key); return true; },
      });
    },
    frozen(values, keys) { return freeze(styles.plain(values, keys)); },
    inherited(values, keys, path) { return create(styles.getters(values, keys, path)); },
    callable(values, keys) {
      const object = () => note('called an import object');
      for (let i = 0; i < keys.length; ++i) define(object, keys[i], {value: values[keys[i]]()});
      return object;
    },
    proxyOfProxy(values, keys, path) {
      return new Proxy(styles.proxy(values, keys, path), {__proto__: null});
    },
  };
  for (let i = 0; i < styleNames.length; ++i) {
    if (!(styleNames[i] in styles)) throw new Error(`no import style is named ${styleNames[i]}`);
  }

  // `flat`: module, name, function that makes the value, by turns.
  function dress(style, flat) {
    const spaces = create(null);
    const modules = [];
    for (let i = 0; i < flat.length; i += 3) {
      if (!(flat[i] in spaces)) {
        spaces[flat[i]] = create(null);
        define(modules, modules.length, {value: flat[i], writable: true});
      }
      spaces[flat[i]][flat[i + 1]] = flat[i + 2];
    }
    const made = create(null);
    for (let i = 0; i < modules.length; ++i) {
      const values = spaces[modules[i]];
      const space = styles[style](values, keysOf(values), modules[i]);
      made[modules[i]] = () => space;
    }
    return styles[style](made, keysOf(made), 'imports');
  }

  let depth = 0;
  // Runs `work` unless too much is nested already: how deep a stack carries is a known difference.
  function nested(work) {
    if (depth >= kMostNested) return undefined;
    ++depth;
    try {
      return work();
    } finally {
      --depth;
    }
  }

  function attempt(name, work) {
    try {
      const result = nested(work);
      note(name, 'gave');
      show(result);
      return result;
    } catch (error) {
      note(name, 'threw', error);
      return undefined;
    }
  }

  // What the program is about to change, the last first, as it was before.
  let changes;
  // Has `object[key]` changed back when the program is over.
  function changing(object, key) {
    // An element changes the length.
    if (object === arrayPrototype && key !== 'length') changing(object, 'length');
    const found = getOwnPropertyDescriptor(object, key);
    changes = {__proto__: null, object, key, found, before: changes};
  }

  // Whether all is as it was.
  function restore() {
    try {
      for (; changes; changes = changes.before) {
        const {object, key, found} = changes;
        if (!found) {
          if (!deleteProperty(object, key)) return false;
        } else {
          defineProperty(object, key, {__proto__: null, ...found});
        }
      }
      return true;
    } catch {
      return false;
    } finally {
      changes = undefined;
    }
  }

  // Before each program. Its witnesses, which are globals, too.
  function start(count) {
    const witnesses = [];
    for (let i = 0; i < count; ++i) {
      const witness = new Global({__proto__: null, value: 'i32', mutable: true}, 0);
      define(globalThis, `witness${i}`, {value: witness, writable: true});
      define(witnesses, i, {value: witness});
    }
    const passed = ['left', 'seenMemory', 'changeBytes'];
    for (let i = 0; i < passed.length; ++i) {
      define(globalThis, passed[i], {value: undefined, writable: true});
    }
    return witnesses;
  }

  // Replaces functions and accessors of `object` by ones that note that they are called.
  function spy(object, key, name) {
    const found = getOwnPropertyDescriptor(object, key);
    if (!found || !found.configurable) return;
    changing(object, key);
    const parts = {__proto__: null};
    const names = ['value', 'get', 'set'];
    for (let i = 0; i < 3; ++i) {
      const original = found[names[i]];
      if (typeof original !== 'function') continue;
      parts[names[i]] = function (...list) {
        note('spied', name, key, list.length);
        return new.target ? construct(original, list, new.target) : apply(original, this, list);
      };
    }
    defineProperty(object, key, {__proto__: null, ...found, ...parts});
  }

  // Of the first sections of a module, the end of the one that reaches `size`.
  function endOfSections(bytes, size) {
    let at = kHeaderBytes;
    while (at < size) {
      let length = 0;
      let shift = 0;
      do {
        length += (bytes[++at] & 0x7F) << shift;
        shift += 7;
      } while (bytes[at] >= 0x80);
      at += 1 + length;
    }
    return at;
  }

  const own = {
    dress, nested, attempt, spy, define, changing,
    // The engine's own `then`, whatever becomes of it.
    react: (promise, onValue, onError) => apply(then, promise, [onValue, onError]),
    memory: (initial, maximum, shared) =>
      new Memory({__proto__: null, initial, maximum, shared}),
    // What a program does to bytes before it hands them over.
    changed: (bytes) => (typeof changeBytes === 'function' ? changeBytes(bytes) : bytes),
    // The first `size` bytes. Where they end with a section, which may be a module, with the section at
    // the end that makes modules differ; elsewhere it would show in the error's message.
    cut(bytes, size) {
      if (size + kNumberSectionBytes >= bytes.length) return bytes;
      if (endOfSections(bytes, size) !== size) return new Uint8Array(bytes.buffer, 0, size);
      apply(copyWithin, bytes, [size, bytes.length - kNumberSectionBytes]);
      return new Uint8Array(bytes.buffer, 0, size + kNumberSectionBytes);
    },
    // With the section that makes modules differ at the beginning: of modules that come in pieces,
    // the engine compares what comes before the code.
    streamed(bytes) {
      if (bytes.length <= kHeaderBytes + kNumberSectionBytes) return bytes;
      const result = new Uint8Array(bytes.length);
      const numberAt = bytes.length - kNumberSectionBytes;
      apply(setBytes, result, [new Uint8Array(bytes.buffer, 0, numberAt), kNumberSectionBytes]);
      for (let i = 0; i < kHeaderBytes; ++i) result[i] = bytes[i];
      for (let i = 0; i < kNumberSectionBytes; ++i) result[kHeaderBytes + i] = bytes[numberAt + i];
      return result;
    },
    detached(bytes) {
      detach(bytes.buffer);
      return bytes;
    },
    inLarger(bytes) {
      const larger = new Uint8Array(bytes.length + 7);
      apply(setBytes, larger, [bytes, 3]);
      return new Uint8Array(larger.buffer, 3, bytes.length);
    },
    shared(bytes) {
      const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
      apply(setBytes, copy, [bytes]);
      return copy;
    },
    // Property keys that are read, of new.target for example.
    watched: (target, path) => new Proxy(target, {
      __proto__: null,
      get(object, key, receiver) { note('get', path, key); return getOf(object, key, receiver); },
      has(object, key) { note('has', path, key); return hasOf(object, key); },
      getPrototypeOf() { note('getPrototypeOf', path); return null; },
    }),
  };
  const names = keysOf(own);
  for (let i = 0; i < names.length; ++i) {
    defineProperty(globalThis, names[i], {__proto__: null, value: own[names[i]]});
  }
  return [
    start, restore, WebAssembly, Instance.prototype, WebAssembly.instantiate,
    getOwnPropertyDescriptor(Instance.prototype, 'exports').get,
    getOwnPropertyDescriptor(Global.prototype, 'value').get,
  ];
})
