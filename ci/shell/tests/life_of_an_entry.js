// An entry is registered, warned, renewed and killed.
const instance = instantiate({signal: 16, terminated: 20});
print('registered:', JSON.stringify(sigproof.outcomes()), sigproof.registrations());
print('zeroed:', wordAt(instance, 16));
print('delivered to', sigproof.deliver(), wordAt(instance, 16), wordAt(instance, 20));
print('cleared', sigproof.clear(), wordAt(instance, 16));
print('terminated', sigproof.markTerminated(), wordAt(instance, 20));
print('dead entries get nothing:', sigproof.deliver(), wordAt(instance, 16));
