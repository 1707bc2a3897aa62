#include "models/stepping/judge/delivery_judge.h"

#include <fmt/format.h>

namespace sigproof::stepping {
namespace {

using Complaint = std::optional<std::string>;  // what was expected

bool isDelivered(const ModuleState& module) { return module.signal_after == kWarning; }

std::string word(std::uint32_t value) {
  if (value == kSentinel) return "untouched";
  return value <= 0xFF ? fmt::format("{}", value) : fmt::format("0x{:08X}", value);
}

// One look at one module, with the look before it if there is one.
struct View {
  std::size_t number;
  const ModuleState& now;
  const ModuleState* earlier;
  const ModuleExpectation& expected;
  bool is_first;
  bool is_last;
  bool is_renewing;
  bool was_warned;
  const ModuleState* leaving;  // the leaving module, if there is one
};

Complaint judgeSilence(const View& view) {
  if (view.now.signal_before == view.expected.signal_initial &&
      view.now.signal_after == view.expected.signal_initial) {
    return std::nullopt;
  }
  return fmt::format("no byte of module {} to change: its signal word is {}", view.number,
                     word(view.expected.signal_initial));
}

// Before publication each byte has its old or its new value, and never goes back.
bool isOnItsWay(std::uint32_t value, std::uint32_t from, std::uint32_t to) {
  for (int shift = 0; shift < 32; shift += 8) {
    const std::uint32_t byte = value >> shift & 0xFF;
    if (byte != (to >> shift & 0xFF) && byte != (from >> shift & 0xFF)) return false;
  }
  return true;
}

Complaint judgeUnpublished(const View& view) {
  const bool was_published = view.earlier != nullptr && isDelivered(*view.earlier);
  const std::uint32_t from =
      view.earlier == nullptr ? view.expected.signal_initial : view.earlier->signal_after;
  if (was_published) {
    return fmt::format("module {} to be reached, as by the delivery before", view.number);
  }
  if (view.now.signal_after != view.now.signal_before) {
    return fmt::format("module {}, not published yet, not to be written", view.number);
  }
  if (!isOnItsWay(view.now.signal_before, from, 0)) {
    return fmt::format("the signal word of module {} to go from {} to 0 and nowhere else",
                       view.number, word(view.expected.signal_initial));
  }
  if (view.is_last) return fmt::format("module {} to be registered after the call", view.number);
  return std::nullopt;
}

Complaint judgeJoining(const View& view) {
  if (!isDelivered(view.now)) return judgeUnpublished(view);
  if (view.is_first) return fmt::format("module {} not to be registered yet", view.number);
  const bool was_published = isDelivered(*view.earlier);
  if (view.now.signal_before == (was_published ? kWarning : 0)) return std::nullopt;
  // Published under a warning, and the registration has written it since.
  if (!was_published && view.was_warned && view.now.signal_before == kWarning) return std::nullopt;
  if (was_published) {
    return fmt::format("the signal written to module {} to stay: 24 was lost", view.number);
  }
  return fmt::format("the signal word of module {} to be 0 when it is published", view.number);
}

// The old place is written, or the new one, which is warned before it can be reached.
Complaint judgeSuccessor(const View& view) {
  if (isDelivered(view.now) == isDelivered(*view.leaving)) {
    return fmt::format("module {} to be reached where its memory was before or where it is now",
                       view.number);
  }
  const std::uint32_t from =
      view.earlier == nullptr ? view.expected.signal_initial : view.earlier->signal_before;
  const bool is_warned = view.now.signal_before == kWarning;
  if (isDelivered(view.now) ? !is_warned : !isOnItsWay(view.now.signal_before, from, kWarning)) {
    return fmt::format("the signal word of module {} to say 24 in its new memory", view.number);
  }
  return std::nullopt;
}

// D6: after the call the words have the value of the level.
Complaint judgeFinalWord(const View& view) {
  const std::uint32_t wanted = view.was_warned ? kWarning : 0;
  if (!view.is_last || !isDelivered(view.now) || view.now.signal_before == wanted) {
    return std::nullopt;
  }
  return fmt::format("the signal word of module {} to be {} after the call, as the level is",
                     view.number, wanted);
}

// Only the handler (and renewal) writes the word of a module that is registered already.
Complaint judgeOthersWrites(const View& view) {
  if (view.earlier == nullptr || view.now.signal_before == view.earlier->signal_after ||
      (view.is_renewing && view.now.signal_before == 0)) {
    return std::nullopt;
  }
  return fmt::format("the signal word of module {} to be {} still", view.number,
                     word(view.earlier->signal_after));
}

Complaint judgeLeaving(const View& view) {
  if (isDelivered(view.now)) {
    if (view.is_last) return fmt::format("module {} to be dropped after the call", view.number);
    if (view.earlier != nullptr && !isDelivered(*view.earlier)) {
      return fmt::format("module {} not to be reached: it had been dropped already", view.number);
    }
  } else if (view.is_first) {
    return fmt::format("module {} to be reached before the call", view.number);
  }
  return std::nullopt;
}

Complaint judgeReached(const View& view, bool must_be_reached) {
  if (isDelivered(view.now) == must_be_reached) return std::nullopt;
  return fmt::format("module {} {}", view.number,
                     must_be_reached ? "to be reached: it is live all the time"
                                     : "not to be written: its terminated word is not 0");
}

Complaint judgeSignalWord(const View& view) {
  if (view.expected.role == Role::kSilent) return judgeSilence(view);
  if (auto complaint = judgeFinalWord(view)) return complaint;
  if (view.expected.role == Role::kJoining) return judgeJoining(view);
  if (view.expected.role == Role::kSuccessor) return judgeSuccessor(view);
  if (auto complaint = judgeOthersWrites(view)) return complaint;
  switch (view.expected.role) {
    case Role::kLeaving:
      return judgeLeaving(view);
    case Role::kDying:
      return judgeReached(view, view.now.terminated == 0);
    default:
      return judgeReached(view, true);
  }
}

Complaint judgeTerminatedWord(const View& view) {
  const std::uint32_t before = view.expected.terminated_before;
  const std::uint32_t after = view.expected.terminated_after;
  const std::uint32_t value = view.now.terminated;
  const bool was_after =
      view.is_last || (view.earlier != nullptr && view.earlier->terminated == after);
  if (view.is_first ? value != before : value != after && (was_after || value != before)) {
    return fmt::format("the terminated word of module {} to go from {} to {} and not back",
                       view.number, word(before), word(after));
  }
  return std::nullopt;
}

Complaint judgeModule(const View& view) {
  if (view.now.is_touched_after_release) {
    return fmt::format("nothing of module {} to be used after it was let go", view.number);
  }
  if (!view.now.is_intact) {
    return fmt::format("no byte of module {} but its words to change", view.number);
  }
  if (auto complaint = judgeTerminatedWord(view)) return complaint;
  return judgeSignalWord(view);
}

// Entries are terminated newest first.
Complaint judgeTerminationOrder(const DeliveryState& state,
                                const DeliveryExpectation& expectation) {
  bool is_older_terminated = false;
  for (std::size_t i = 0; i < expectation.modules.size(); ++i) {
    const ModuleExpectation& module = expectation.modules[i];
    if (module.terminated_before == module.terminated_after) continue;
    const bool is_terminated = state.modules[i].terminated == module.terminated_after;
    if (is_older_terminated && !is_terminated) {
      return fmt::format("module {} to be terminated before older ones", i);
    }
    is_older_terminated = is_terminated;
  }
  return std::nullopt;
}

// D6: generations go forward. Each begins without a warning if the budget was renewed, and keeps a
// warning that a handler gave it.
Complaint judgeLevel(std::span<const DeliveryState> states, std::size_t i,
                     const DeliveryExpectation& expectation) {
  const DeliveryState& state = states[i];
  if (state.is_late_signal_heard) return "nothing to be written for a generation that has ended";
  const bool is_last = i + 1 == states.size();
  if (is_last && i != 0 && state.generation != expectation.ended_generations) {
    return fmt::format("generation {} after the call", expectation.ended_generations);
  }
  if (i == 0) return std::nullopt;
  const DeliveryState& earlier = states[i - 1];
  if (state.generation < earlier.generation) return "generations to go forward";
  const bool must_be_warned = state.generation == earlier.generation || !expectation.is_renewing;
  if (state.was_warned == must_be_warned) return std::nullopt;
  return must_be_warned ? "the warning of the handler before to stay"
                        : "no warning in a generation that nobody warned yet";
}

const ModuleState* leavingOf(const DeliveryState& state, const DeliveryExpectation& expectation) {
  for (std::size_t m = 0; m < expectation.modules.size(); ++m) {
    if (expectation.modules[m].role == Role::kLeaving) return &state.modules[m];
  }
  return nullptr;
}

Complaint judgeOne(std::span<const DeliveryState> states, std::size_t i,
                   const DeliveryExpectation& expectation) {
  const DeliveryState& state = states[i];
  if (state.fault != LookFault::kNone) return "a delivery to live entries";
  if (auto complaint = judgeLevel(states, i, expectation)) return complaint;
  std::uint32_t delivered = 0;
  for (std::size_t m = 0; m < expectation.modules.size(); ++m) {
    const View view{m,
                    state.modules[m],
                    i == 0 ? nullptr : &states[i - 1].modules[m],
                    expectation.modules[m],
                    i == 0,
                    i + 1 == states.size(),
                    expectation.is_renewing,
                    state.was_warned,
                    leavingOf(state, expectation)};
    if (auto complaint = judgeModule(view)) return complaint;
    if (isDelivered(state.modules[m])) ++delivered;
  }
  if (state.written != delivered) return fmt::format("deliver() to return {}", delivered);
  return judgeTerminationOrder(state, expectation);
}

}  // namespace

std::optional<Violation> judgeDeliveries(std::span<const DeliveryState> states,
                                         const DeliveryExpectation& expectation) {
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (auto complaint = judgeOne(states, i, expectation)) {
      std::optional<std::size_t> earlier;
      if (i != 0) earlier = i - 1;
      return Violation{i, earlier, *complaint, describe(states[i])};
    }
  }
  return std::nullopt;
}

std::string describe(const DeliveryState& state) {
  std::string text = fmt::format("{} written", state.written);
  if (state.generation != 0) text += fmt::format(" in generation {}", state.generation);
  if (!state.was_warned) text += ", not warned before";
  if (state.is_late_signal_heard) text += ", a late signal was heard";
  for (std::size_t i = 0; i < state.module_count; ++i) {
    const ModuleState& module = state.modules[i];
    text += fmt::format("; module {}: {}", i, word(module.signal_after));
    if (module.signal_before != module.signal_after) {
      text += fmt::format(" (was {})", word(module.signal_before));
    }
    if (module.terminated != 0) text += fmt::format(", terminated {}", module.terminated);
    if (!module.is_intact) text += ", other bytes changed";
    if (module.is_touched_after_release) text += ", used after it was let go";
  }
  if (state.fault != LookFault::kNone) text += fmt::format(", then {}", describe(state.fault));
  return text;
}

}  // namespace sigproof::stepping
