# One worker behind one socket, of which the path is given on the command line (--socket-addr).
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "peer", worker = .peer)],
  sockets = [(name = "batches", http = (), service = "peer")],
);

const peer :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "driver.mjs", esModule = embed "driver.mjs"),
  ],
  # Without it the runtime compiles no module from bytes.
  bindings = [(name = "unsafe", unsafeEval = void)],
  compatibilityDate = "2026-08-01",
  compatibilityFlags = ["experimental"],
);
