#include "fuzz/peer/sides/core_side.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <thread>
#include <utility>

#include "core/v8/testing/isolate.h"
#include "fuzz/peer/sides/core_server.h"
#include "fuzz/peer/sides/frame.h"

namespace sigproof::peer {

std::filesystem::path defaultDriver() {
  return std::filesystem::path(SIGPROOF_PEER_FOLDER) / "sides" / "driver.mjs";
}

CoreSide::CoreSide(Options options) : options_(std::move(options)) { start(); }

CoreSide::~CoreSide() {
  if (socket_ >= 0) close(socket_);
}

std::string CoreSide::version() const { return "core in " + host::engineVersion(); }

void CoreSide::start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error("no socket can be made for core's process");
  }
  if (socket_ >= 0) close(socket_);
  socket_ = ends[0];
  child_.emplace([&] {
    close(ends[0]);
    return serveCore(ends[1], options_.driver, options_.is_core_on);
  });
  close(ends[1]);
}

void CoreSide::restart() { start(); }

void CoreSide::send(const Batch& batch) {
  try {
    sendFrame(socket_, batch.cases);
    sendFrame(socket_, {reinterpret_cast<const char*>(batch.modules.data()), batch.modules.size()});
  } catch (const FrameLost& lost) {
    throwDeath(lost.what());
  }
}

std::string CoreSide::receive(std::chrono::milliseconds time_limit) {
  try {
    if (auto answered = receiveFrame(socket_, time_limit)) return std::move(*answered);
  } catch (const FrameLost& lost) {
    throwDeath(lost.what());
  }
  throwDeath("closed the connection");
}

// How the process ended says more than what its socket shows.
void CoreSide::throwDeath(const std::string& lost) {
  // It takes a moment from the end of a connection to that of its process.
  constexpr std::chrono::milliseconds kPollInterval{5};
  for (int i = 0; i < 100 && !child_->hasEnded(); ++i) std::this_thread::sleep_for(kPollInterval);
  throw SideDied(child_->hasEnded() ? child_->endText() : lost);
}

}  // namespace sigproof::peer
