// "My module gets no signal": the outcomes say why.
instantiate({});
instantiate({signal: 16});
instantiate({signal: 65533, terminated: 0});
instantiate({signal: 16, terminated: -1});
instantiate({signal: 16, terminated: 19});
instantiate({signal: 24, terminated: 24});
instantiate({signal: 16, terminated: 20, signalName: '__instance_signal',
  terminatedName: '__instance_terminated'});
for (const [name, count] of Object.entries(sigproof.outcomes())) print(name, count);
print(sigproof.registrations());
