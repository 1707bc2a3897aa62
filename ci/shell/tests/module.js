// Makes small WebAssembly modules, byte by byte, so that trying the shell needs nothing else.
//
//   const bytes = makeModule({signal: 16, terminated: 20});

// A module has one memory of one page, exported as "memory". Its word at `signal` holds 0xDEADBEEF. For
// each given word the module exports an i32 global with its address, under its name.
function makeModule({signal, terminated, signalName = '__signal_address',
                     terminatedName = '__terminated_address'}) {
  const words = [[signalName, signal], [terminatedName, terminated]]
      .filter(([, address]) => address !== undefined);
  const text = (name) => [name.length, ...Array.from(name, (c) => c.charCodeAt(0))];
  const list = (items) => [items.length, ...items.flat()];
  const constant = (value) =>
    [0x41, ...[0, 7, 14, 21].map((shift) => (value >> shift) & 0x7f | 0x80), value >> 28 & 0x7f,
      0x0b];
  const section = (id, content) => [id, content.length & 0x7f | 0x80, content.length >> 7,
    ...content];
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(5, list([[0, 1]])),
    ...section(6, list(words.map(([, address]) => [0x7f, 0, ...constant(address)]))),
    ...section(7, list([[...text('memory'), 2, 0],
      ...words.map(([name], index) => [...text(name), 3, index])])),
    ...(signal === undefined || signal < 0 || signal > 65532 ? [] :
      section(11, list([[0, ...constant(signal), 4, 0xef, 0xbe, 0xad, 0xde]]))),
  ]);
}

function instantiate(words) {
  return new WebAssembly.Instance(new WebAssembly.Module(makeModule(words)));
}

// The 4-byte word at `address`, in hexadecimal.
function wordAt(instance, address) {
  const view = new DataView(instance.exports.memory.buffer);
  return '0x' + view.getUint32(address, true).toString(16);
}
