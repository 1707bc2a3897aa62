// Makes a program from input bytes: two isolates that move between threads, under real signals.
//
//   const LifecycleProgram program = makeLifecycleProgram(source);
//   for (const LifecyclePhase& phase : program.phases) ...
//
// The program decides everything but the moment of a signal, which the machine decides. So an
// oracle must hold at any moment.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/support/byte_source.h"

namespace sigproof::fuzz {

struct LifecycleAction {
  enum class Kind : std::uint8_t {
    kListen,             ///< an instance by the constructor
    kListenByPromise,    ///< one by WebAssembly.instantiate
    kDrop,               ///< the program lets an instance go
    kTerminate,          ///< a module writes its terminated word
    kGrow,               ///< memory.grow by a page
    kCollect,            ///< all garbage
    kRenew,              ///< a new budget
    kLeaveScope,         ///< the isolate is left and entered again, under its limit
    kBurn,               ///< CPU time, a part of a budget
    kUseUp,              ///< CPU time until the soft limit is past: from then on it is warned
    kDispose,            ///< the isolate ends, and a new one begins
    kKillAnotherInside,  ///< within it, another isolate loops until it is killed
  };

  Kind kind = Kind::kListen;
  unsigned index = 0;  ///< of the instance; of kBurn the time, in units of 10 us
};

inline constexpr unsigned kLifecycleActionKindCount = 12;

struct NoiseOptions {
  /// If signals came faster than a sanitized handler ends, a thread would do nothing else.
  static constexpr unsigned kLeastPauseUs = 50;
  /// In a phase. On a busy machine a thread may stand still while signals for it gather.
  static constexpr unsigned kMostStrikes = 300;

  bool has_sender = false;    ///< the limit's signal is sent to the threads that run isolates
  bool has_watchdog = false;  ///< their registries are delivered to on another thread
  unsigned pause_us = kLeastPauseUs;  ///< between one and the next
};

/// What happens between two moments at which no signal is on its way and every word is judged.
struct LifecyclePhase {
  bool is_parallel = false;          ///< a thread for each isolate; else one has them in turn
  NoiseOptions noise;                ///< signals from elsewhere meanwhile
  bool collects_at_its_end = false;  ///< then no entry may be left of what was let go
  std::array<std::vector<LifecycleAction>, 2> actions;  ///< of each isolate, at the same time
};

struct LifecycleProgram {
  /// More instances find nothing new, and each costs a memory.
  static constexpr unsigned kMaxInstances = 6;
  /// An isolate's first collections and kills come within the first few; a run of more is two runs.
  static constexpr unsigned kMaxPhases = 4;
  static constexpr unsigned kMaxActions = 10;
  std::vector<LifecyclePhase> phases;
};

/// The kind's name in statistics and texts, such as "listen".
const char* name(LifecycleAction::Kind kind) noexcept;

/// For people, a phase a line.
std::string describe(const LifecycleProgram& program);

LifecycleProgram makeLifecycleProgram(ByteSource& source);

}  // namespace sigproof::fuzz
