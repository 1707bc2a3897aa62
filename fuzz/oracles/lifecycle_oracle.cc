#include "fuzz/oracles/lifecycle_oracle.h"

#include <fmt/format.h>

#include <algorithm>

#include "fuzz/spec/protocol_constants.h"

namespace sigproof::fuzz {

void LifecycleOracle::drop(std::size_t index) {
  instances_.erase(instances_.begin() + static_cast<std::ptrdiff_t>(index));
}

void LifecycleOracle::terminate(std::size_t index, std::uint32_t value) {
  instances_.at(index).terminated = value;
}

std::size_t LifecycleOracle::liveCount() const noexcept {
  return static_cast<std::size_t>(std::ranges::count(instances_, 0U, &Listener::terminated));
}

std::optional<Violation> LifecycleOracle::judgeInstance(std::size_t index, const Seen& seen) {
  Listener& expected = instances_[index];
  const Instance& found = seen.instances[index];
  if (!found.is_rest_untouched) {
    return Violation{"D1", fmt::format("instance {}: a byte beside its words was written", index)};
  }
  if (found.terminated != expected.terminated) {
    return Violation{"D1", fmt::format("instance {}: the terminated word holds {}, not {}", index,
                                       found.terminated, expected.terminated)};
  }
  if (found.signal != 0 && found.signal != specified::kSignalValue) {
    return Violation{"D1", fmt::format("instance {}: the signal word holds {}, which nobody writes",
                                       index, found.signal)};
  }
  if (expected.terminated != 0) {
    if (expected.last_signal.value_or(found.signal) != found.signal) {
      return Violation{
          "D2", fmt::format("instance {}: dead, and its signal word went from {} to {}", index,
                            *expected.last_signal, found.signal)};
    }
    expected.last_signal = found.signal;
    return std::nullopt;
  }
  const std::uint32_t wanted = seen.is_warned ? specified::kSignalValue : 0;
  if (found.signal == wanted) return std::nullopt;
  return Violation{"D6", fmt::format("instance {}: the isolate is {}warned, and its signal word "
                                     "holds {}",
                                     index, seen.is_warned ? "" : "not ", found.signal)};
}

std::optional<Violation> LifecycleOracle::judge(const Seen& seen) {
  if (seen.must_be_warned && !seen.is_warned) {
    return Violation{"D6", "a warning was lost: the isolate does not count as warned"};
  }
  if (seen.instances.size() != instances_.size()) {
    return Violation{"T1", fmt::format("the program keeps {} instances, and {} are there",
                                       instances_.size(), seen.instances.size())};
  }
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    if (auto violation = judgeInstance(i, seen)) return violation;
  }
  if (seen.entry_count < liveCount() || (seen.is_collected && seen.entry_count > liveCount())) {
    return Violation{
        "G1", fmt::format("{} entries, where {} instances are alive{}", seen.entry_count,
                          liveCount(), seen.is_collected ? " and garbage was collected" : "")};
  }
  return std::nullopt;
}

}  // namespace sigproof::fuzz
