#include "fuzz/real_modules/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>

#include "core/registry/registration_outcome.h"
#include "core/registry/signal_protocol.h"
#include "fuzz/real_modules/listening_module.h"
#include "reports/record/property.h"

namespace sigproof::modules {
namespace {

using reports::Property;
using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

// Not core's loadWord and storeWord, which are under test.
void setWord(Bytes& memory, std::uint32_t address, std::uint32_t value) {
  for (unsigned i = 0; i < kWordSizeBytes; ++i) {
    memory.at(address + i) = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

std::uint32_t wordAt(View memory, std::uint32_t address) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < kWordSizeBytes; ++i) {
    value |= std::uint32_t{memory[address + i]} << (8 * i);
  }
  return value;
}

// Memories are large, and std::ranges::equal compares bytes one by one here.
bool isEqual(View a, View b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

std::string describeDifference(View expected, View seen) {
  if (expected.size() != seen.size()) {
    return fmt::format("the memory has {} bytes, not {}", seen.size(), expected.size());
  }
  const auto [a, b] = std::ranges::mismatch(expected, seen);
  return fmt::format("byte {} is {:#04x}, not {:#04x}", a - expected.begin(), *b, *a);
}

// One way to an instance under one protocol.
class Trial {
 public:
  Trial(const Program& program, const Words& words, const SignalProtocol& protocol, Way way,
        const Bytes& baseline, bool is_shim_on, Findings& findings)
      : program_(program),
        words_(words),
        protocol_(protocol),
        way_(way),
        baseline_(baseline),
        is_shim_on_(is_shim_on),
        findings_(findings) {}

  // The instance is held throughout: registered, warned, renewed, grown, killed.
  void followLife() {
    Session session(options(), program_);
    if (!begin(session)) return;

    session.collectGarbage();
    expectCount("G2", "entries while the instance is held", entryCount(session), 1);
    deliver(session, 1);
    renew(session);
    if (session.growMemory()) {
      ++findings_.grown;
      expected_.resize(expected_.size() + kPageSizeBytes, 0);
      deliver(session, 1);
      renew(session);
    }

    expectCount("D2", "terminated words written", markTerminated(session), 1);
    setWord(expected_, words_.terminated_address, kTerminatedValue);
    expectMemory("D1", "after the terminated words were written", session);
    // Under the address protocol a killed memory is dead; under the other one the instance counts.
    deliver(session, protocol_.liveness_rule == LivenessRule::kTerminatedWordOrCollected ? 0 : 1);
  }

  // The instance is dropped and collected: its entry goes, nothing is written any more, and its
  // memory can be had back.
  void followDeath() {
    Session session(options(), program_);
    if (!begin(session)) return;
    deliver(session, 1);
    renew(session);

    session.dropInstance();
    session.collectGarbage();
    expectCount("G2", "entries after the instance was collected", entryCount(session), 0);
    deliver(session, 0);
    expectCount("D2", "terminated words written after the collection", markTerminated(session), 0);
    expectMemory("D2", "after the instance was collected", session);

    const std::weak_ptr<v8::BackingStore> store = session.backingStore();
    session.dropMemory();
    session.collectGarbage();
    expect(store.expired(), "G2", "the memory of a dropped instance is still held");
  }

 private:
  host::Isolate::Options options() const {
    return {.is_shim_on = is_shim_on_, .protocol = protocol_};
  }

  // Makes the instance and looks at what registration did. False: there is nothing to follow.
  bool begin(Session& session) {
    expected_ = baseline_;
    try {
      session.instantiate(way_);
    } catch (const EngineRefused& refusal) {
      expect(false, "R7", fmt::format("with the shim the engine refuses: {}", refusal.what()));
      return false;
    }
    ++findings_.instances;
    setWord(expected_, words_.signal_address, 0);
    expectMemory("R6", "after registration", session);
    expectCount("R6", "entries after registration", entryCount(session), 1);
    expectOutcomes(session);
    return true;
  }

  void expectOutcomes(const Session& session) {
    const SignalRegistry<>* registry = session.registry();
    for (std::size_t i = 0; registry != nullptr && i < kRegistrationOutcomeCount; ++i) {
      const auto outcome = static_cast<RegistrationOutcome>(i);
      expectCount("R7", fmt::format("outcomes \"{}\"", name(outcome)),
                  registry->counters()[outcome],
                  outcome == RegistrationOutcome::kRegistered ? 1 : 0);
    }
  }

  void deliver(const Session& session, std::size_t words) {
    SignalRegistry<>* registry = session.registry();
    expectCount(words == 0 ? Property("D2") : Property("D1"), "signal words written",
                registry == nullptr ? 0 : registry->deliver(), words);
    if (words != 0) setWord(expected_, words_.signal_address, kSignalValue);
    expectMemory(words == 0 ? Property("D2") : Property("D1"), "after a delivery", session);
  }

  void renew(const Session& session) {
    SignalRegistry<>* registry = session.registry();
    expectCount("D1", "signal words cleared", registry == nullptr ? 0 : registry->renew(), 1);
    setWord(expected_, words_.signal_address, 0);
    expectMemory("D1", "after a renewal", session);
  }

  static std::size_t markTerminated(const Session& session) {
    return session.registry() == nullptr ? 0 : session.registry()->markTerminated();
  }
  static std::size_t entryCount(const Session& session) {
    return session.registry() == nullptr ? 0 : session.registry()->entryCount();
  }

  void expectMemory(Property property, std::string_view moment, const Session& session) {
    const MemoryView seen = session.memory();
    if (isEqual(expected_, seen.bytes())) return;
    expect(false, property,
           fmt::format("{} {}", moment, describeDifference(expected_, seen.bytes())));
  }

  void expectCount(Property property, std::string_view what, std::uint64_t seen,
                   std::uint64_t expected) {
    expect(seen == expected, property, fmt::format("{}: {}, not {}", what, seen, expected));
  }

  void expect(bool holds, Property property, std::string_view what) {
    if (holds) return;
    findings_.violations.push_back(fmt::format("{}: {} ({}, {} protocol)", property.id(), what,
                                               toString(way_), protocol_.signal_name));
  }

  const Program& program_;
  const Words& words_;
  const SignalProtocol protocol_;
  const Way way_;
  const Bytes& baseline_;
  const bool is_shim_on_;
  Findings& findings_;
  Bytes expected_;
};

// The memory without the shim. The words must be as the editor left them.
Bytes takeBaseline(Session& session, Way way, const Words& words) {
  session.instantiate(way);
  const MemoryView view = session.memory();
  const View memory = view.bytes();
  if (memory.size() < std::uint64_t{words.signal_address} + kWordSizeBytes ||
      wordAt(memory, words.signal_address) != kSignalFill ||
      wordAt(memory, words.terminated_address) != 0) {
    throw std::runtime_error("the module wrote where the words are; there is nothing to compare");
  }
  return {memory.begin(), memory.end()};
}

}  // namespace

Findings judge(const Program& program, const Words& words, bool is_shim_on) {
  Findings findings;
  // Held to the end: while one isolate has the module, the engine compiles it for no other.
  Session plain({.is_shim_on = false}, program);
  for (const Way way : kWays) {
    const Bytes baseline = takeBaseline(plain, way, words);
    ++findings.instances;
    findings.memory_size_bytes = baseline.size();
    for (const SignalProtocol& protocol : {SignalProtocol::address(), SignalProtocol::instance()}) {
      Trial trial(program, words, protocol, way, baseline, is_shim_on, findings);
      trial.followLife();
      trial.followDeath();
    }
  }
  return findings;
}

}  // namespace sigproof::modules
