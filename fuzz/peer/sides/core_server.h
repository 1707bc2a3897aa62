// What runs in the process of core's side: an isolate with `core`, and the driver script in it.
#pragma once

#include <filesystem>

namespace sigproof::peer {

/// Answers pairs of frames from `socket` (cases, modules) until it is closed; returns an exit
/// status. Starts the engine. Throws std::runtime_error if the driver can't be read or run.
int serveCore(int socket, const std::filesystem::path& driver, bool is_core_on);

}  // namespace sigproof::peer
