// One side of the peer: a process of its own that answers batches, and is started again when it
// dies.
//
//   core.begin(cases);  // works while the other one is asked
//   const std::vector<Verdict> theirs = workerd.run(cases);
//   const std::vector<Verdict> ours = core.run(cases);
//   if (core.restarts() > 0) ...
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/peer/cases/peer_case.h"
#include "fuzz/peer/cases/verdict.h"

namespace sigproof::peer {

/// The process crashed, hung, or answered what is no answer. what() says which, as the end of a
/// sentence: "crashed: signal 11".
class SideDied : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Side {
 public:
  /// More deaths in one run say more about the machine than about modules.
  static constexpr std::size_t kMostRestarts = 100;
  /// What a batch may take, and one module by itself. The longest takes a second.
  struct TimeLimits {
    std::chrono::milliseconds batch{20000};
    std::chrono::milliseconds one{5000};
  };

  virtual ~Side() = default;

  void setTimeLimits(const TimeLimits& limits) { limits_ = limits; }

  /// Asks, and doesn't wait for the answer. Precondition: the next run() is of the same cases.
  void begin(std::span<const PeerCase> cases);
  /// A verdict for each. If the process dies over them it is started again and they are asked one
  /// by one: what it dies over twice more has a verdict that says so. Throws std::runtime_error if
  /// it can't be started again, or dies too often.
  std::vector<Verdict> run(std::span<const PeerCase> cases);

  /// Its name and version, such as "workerd 1.20261117.1".
  virtual std::string version() const = 0;

  /// How often it died.
  std::size_t restarts() const { return restarts_; }
  /// Why it died the last time.
  const std::string& lastDeath() const { return last_death_; }

 protected:
  /// Hands a batch over. Throws SideDied.
  virtual void send(const Batch& batch) = 0;
  /// The answer to it, as the driver gives it. Throws SideDied.
  virtual std::string receive(std::chrono::milliseconds time_limit) = 0;
  /// Ends what is left of the process and starts another. Throws std::runtime_error.
  virtual void restart() = 0;

 private:
  std::vector<Verdict> ask(std::span<const PeerCase> cases, std::chrono::milliseconds time_limit);
  Verdict askOne(const PeerCase& one);
  void startAgain(const std::string& death);

  TimeLimits limits_;
  bool is_begun_ = false;
  std::size_t restarts_ = 0;
  std::string last_death_;
};

}  // namespace sigproof::peer
