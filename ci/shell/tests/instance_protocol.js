// The words of the instance protocol are optional, and its entries die only with the instance.
const names = {signalName: '__instance_signal', terminatedName: '__instance_terminated'};
const both = instantiate({signal: 16, terminated: 20, ...names});
const onlySignal = instantiate({signal: 16, ...names});
const onlyTerminated = instantiate({terminated: 16, ...names});
print(JSON.stringify(sigproof.outcomes()));
print('terminated', sigproof.markTerminated(), wordAt(both, 20), wordAt(onlyTerminated, 16));
print('delivered', sigproof.deliver(), wordAt(both, 16), wordAt(onlySignal, 16));
