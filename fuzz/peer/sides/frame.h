// Texts through a socket, each behind its length.
//
//   sendFrame(socket, text);
//   const std::optional<std::string> text = receiveFrame(socket, std::nullopt);
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sigproof::peer {

/// The other end is gone, or the time is over. what() is the end of a sentence.
class FrameLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws FrameLost.
void sendFrame(int socket, std::string_view text);

/// Nothing where the other end closed it between two frames. Without a limit it waits for ever.
/// Throws FrameLost.
std::optional<std::string> receiveFrame(int socket,
                                        std::optional<std::chrono::milliseconds> time_limit);

}  // namespace sigproof::peer
