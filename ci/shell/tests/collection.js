// An entry is dropped with its instance, not before. Functions make the instances, so that no register
// of the script's own frame keeps one alive.
(() => {
  globalThis.kept = instantiate({signal: 16, terminated: 20});
  for (let i = 0; i < 10; ++i) instantiate({signal: 16, terminated: 20});
})();
print(sigproof.registrations());
gc();
(() => print(sigproof.registrations(), wordAt(kept, 16)))();
delete globalThis.kept;
gc();
print(sigproof.registrations(), JSON.stringify(sigproof.outcomes()));
