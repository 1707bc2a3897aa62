#include "fuzz/peer/sides/side.h"

#include <fmt/format.h>

#include <utility>

namespace sigproof::peer {

void Side::begin(std::span<const PeerCase> cases) {
  if (cases.empty()) return;
  try {
    send(join(cases));
    is_begun_ = true;
  } catch (const SideDied&) {
    is_begun_ = false;  // run() asks again, and meets it there
  }
}

std::vector<Verdict> Side::ask(std::span<const PeerCase> cases,
                               std::chrono::milliseconds time_limit) {
  if (!std::exchange(is_begun_, false)) send(join(cases));
  const std::string answered = receive(time_limit);
  try {
    return parseAnswer(answered, cases.size());
  } catch (const std::invalid_argument& error) {
    throw SideDied(fmt::format("gave a useless answer: {}", error.what()));
  }
}

void Side::startAgain(const std::string& death) {
  last_death_ = death;
  if (++restarts_ > kMostRestarts) {
    throw std::runtime_error(
        fmt::format("{} died {} times, the last time it {}; nothing more is "
                    "asked of it",
                    version(), restarts_, death));
  }
  restart();
}

// Dead twice over the same module: once may be somebody else's doing, such as a lack of memory.
Verdict Side::askOne(const PeerCase& one) {
  constexpr int kTries = 2;
  for (int i = 0; i < kTries; ++i) {
    try {
      return ask({&one, 1}, limits_.one).front();
    } catch (const SideDied& death) {
      startAgain(death.what());
    }
  }
  return {.died = last_death_};
}

std::vector<Verdict> Side::run(std::span<const PeerCase> cases) {
  if (cases.empty()) return {};
  try {
    return ask(cases, limits_.batch);
  } catch (const SideDied& death) {
    startAgain(death.what());
  }
  std::vector<Verdict> verdicts;
  for (const PeerCase& one : cases) verdicts.push_back(askOne(one));
  return verdicts;
}

}  // namespace sigproof::peer
