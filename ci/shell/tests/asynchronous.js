// Makes instances in every asynchronous way. The shell waits for all of them.
const bytes = makeModule({signal: 16, terminated: 20});
(async () => {
  const made = [(await WebAssembly.instantiate(bytes)).instance];
  made.push(await WebAssembly.instantiate(new WebAssembly.Module(bytes)));
  made.push(await WebAssembly.instantiate(await WebAssembly.compile(bytes)));
  made.push(new WebAssembly.Instance(new WebAssembly.Module(bytes)));
  print(sigproof.registrations(), made.map((instance) => wordAt(instance, 16)).join(' '));
  print(sigproof.deliver(), made.map((instance) => wordAt(instance, 16)).join(' '));
  await WebAssembly.instantiate(new Uint8Array(8)).catch((error) => print(error.name));
})();
