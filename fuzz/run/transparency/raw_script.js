// fuzz-raw_bytes runs this script over the module m0, with core and without. mayStart: whether it may make
// instances; a mutated module's start function might never end.
/* global attempt, declare, dress, m0, mayStart, memory, note, react, show */
(() => {
  'use strict';
  // A value for one import, of the type that the module asks for (the engine tells with
  // --experimental-wasm-type-reflection).
  const make = {
    function: () => () => 0,
    memory: (type) => memory(type.minimum, type.maximum, type.shared),
    table: (type) =>
      new WebAssembly.Table({element: type.element, initial: type.minimum, maximum: type.maximum}),
    global: (type) => {
      const isReference = type.value === 'externref' || type.value === 'funcref' ||
        type.value === 'anyfunc';
      const value = type.value === 'i64' ? 7n : isReference ? null : 7;
      return new WebAssembly.Global({value: type.value, mutable: type.mutable}, value);
    },
    tag: (type) => new WebAssembly.Tag(type),
  };
  const importsOf = (module) => {
    const flat = [];
    for (const {module: space, name, kind, type} of WebAssembly.Module.imports(module)) {
      flat.push(space, name, () => attempt('import', () => make[kind](type)));
    }
    return dress('getters', flat);
  };
  const declareAll = (module) => {
    declare();
    for (const {name, kind, type} of WebAssembly.Module.imports(module)) {
      declare(true, name, kind, kind === 'global' ? type.value : '');
    }
    for (const {name, kind, type} of WebAssembly.Module.exports(module)) {
      declare(false, name, kind, kind === 'global' ? type.value : '');
    }
  };
  const module = attempt('Module', () => new WebAssembly.Module(m0));
  note('valid', WebAssembly.validate(m0));
  const imports = () => (module ? importsOf(module) : {});
  const follow = (name, start) => {
    react(start(), (r) => { note(name, 'gave'); show(r); }, (e) => note(name, 'rejected', e));
  };
  if (module) declareAll(module);
  // Each in a task of its own: the engine waits for what is being compiled from the same bytes.
  globalThis.tasks = [() => follow('compile', () => WebAssembly.compile(m0))];
  if (!mayStart) return;
  attempt('Instance', () => new WebAssembly.Instance(module, imports()));
  globalThis.tasks = [
    ...globalThis.tasks,
    () => follow('of module', () => WebAssembly.instantiate(module, imports())),
    () => follow('of bytes', () => WebAssembly.instantiate(m0, imports())),
    () => follow('without imports', () => WebAssembly.instantiate(m0)),
  ];
})();
