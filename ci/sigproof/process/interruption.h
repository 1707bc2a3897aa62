// Ctrl-C and SIGTERM, noted in a flag, so that children are ended and nothing is left half written.
//
//   installInterruptionHandlers();
//   while (!isInterrupted()) step();
#pragma once

namespace sigproof::tool {

/// Once, at the start of main(). From then on SIGINT, SIGTERM and SIGHUP only set the flag, unless
/// they were ignored before.
void installInterruptionHandlers();

/// Any thread.
bool isInterrupted();

/// Sets the flag, or (in tests) takes it back.
void setInterrupted(bool is_interrupted);

/// Throws Interrupted if the flag is set.
void throwIfInterrupted();

}  // namespace sigproof::tool
