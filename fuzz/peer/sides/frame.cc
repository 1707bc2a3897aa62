#include "fuzz/peer/sides/frame.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace sigproof::peer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

// Milliseconds for poll(): -1 waits for ever.
int remainingMs(const std::optional<Clock::time_point>& end) {
  if (!end) return -1;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*end - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

// Reads that many bytes; false where there is not one.
bool receive(int socket, char* data, std::size_t size,
             const std::optional<Clock::time_point>& end) {
  std::size_t done = 0;
  while (done < size) {
    pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
    const int ready = poll(&waiting, 1, remainingMs(end));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) throw FrameLost("hung: no answer in time");
    const ssize_t count = read(socket, data + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 && done == 0) return false;
    if (count <= 0) throw FrameLost("closed the connection within an answer");
    done += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

void sendFrame(int socket, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof size);
  bytes += text;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw FrameLost("closed the connection");
    done += static_cast<std::size_t>(count);
  }
}

std::optional<std::string> receiveFrame(int socket,
                                        std::optional<std::chrono::milliseconds> time_limit) {
  std::optional<Clock::time_point> end;
  if (time_limit) end = Clock::now() + *time_limit;
  std::uint32_t size = 0;
  if (!receive(socket, reinterpret_cast<char*>(&size), sizeof size, end)) return std::nullopt;
  if (size > kMostBytes) throw FrameLost(fmt::format("announced {} bytes", size));
  std::string text(size, '\0');
  if (size > 0 && !receive(socket, text.data(), size, end)) {
    throw FrameLost("closed the connection within an answer");
  }
  return text;
}

}  // namespace sigproof::peer
