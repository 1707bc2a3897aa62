#include "fuzz/run/lifecycle/lifecycle_runner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/testing/real_signals.h"
#include "core/v8/testing/isolate.h"
#include "fuzz/support/record/report_violation.h"
#include "fuzz/support/record/statistics.h"

namespace sigproof::fuzz {
namespace {

using ActionKind = LifecycleAction::Kind;

// The least there is. The hard limit is out of reach.
constexpr CpuLimit::Options kLimits{.soft_limit_ms = 1, .hard_limit_ms = 3'600'000};
constexpr std::int64_t kSoftLimitNs = 1'000'000;
// Of an isolate that is to be killed: the least gap that a limit may have.
constexpr CpuLimit::Options kShortLimits{.soft_limit_ms = 1,
                                         .hard_limit_ms = 1 + CpuLimit::kSmallestGapMs};
constexpr std::int64_t kBurnUnitNs = 10'000;
constexpr std::uint32_t kTerminatedByItself = 7;
// Where TestModule has its words, and what it fills the signal word with.
constexpr std::uint32_t kFilled = 0xDEADBEEF;
constexpr std::size_t kSignalOffset = 16;
constexpr std::size_t kTerminatedOffset = 20;

CpuLimiter& limiter() {
  static CpuLimiter* const kLimiter = [] {
    host::initializeEngine({.async_compilation = true});
    return new CpuLimiter({});  // until the process ends, as the engine is
  }();
  return *kLimiter;
}

std::unique_ptr<MovingIsolate> makeIsolate(const CpuLimit::Options& limits) {
  auto isolate = std::make_unique<MovingIsolate>(limiter(), limits);
  isolate->runUnlimited("kept = []");
  return isolate;
}

bool isZero(const std::byte* from, const std::byte* to) {
  return std::all_of(from, to, [](std::byte byte) { return byte == std::byte{0}; });
}

LifecycleOracle::Instance instanceIn(v8::Local<v8::ArrayBuffer> buffer) {
  const auto* bytes = static_cast<const std::byte*>(buffer->GetBackingStore()->Data());
  const std::byte* end = bytes + buffer->ByteLength();
  return {.signal = StdPolicy::loadWord(bytes + kSignalOffset),
          .terminated = StdPolicy::loadWord(bytes + kTerminatedOffset),
          .is_rest_untouched = isZero(bytes, bytes + kSignalOffset) &&
                               isZero(bytes + kTerminatedOffset + kWordSizeBytes, end)};
}

}  // namespace

// What one isolate does in a phase, on the thread that has it.
class LifecycleRunner::Turn {
 public:
  Turn(World& world, std::size_t index, SignalNoise& noise)
      : world_(world), index_(index), noise_(noise) {
    enter();
  }
  ~Turn() { noise_.aimAtRegistry(index_, nullptr); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  void act(const LifecycleAction& action) {
    const std::size_t count = world_.oracle.instanceCount();
    switch (action.kind) {
      case ActionKind::kListen:
      case ActionKind::kListenByPromise:
        if (count < LifecycleProgram::kMaxInstances) listen(action.kind);
        return;
      case ActionKind::kDrop:
      case ActionKind::kTerminate:
      case ActionKind::kGrow:
        if (count > 0) change(action.kind, action.index % count);
        return;
      case ActionKind::kCollect:
        isolate().collectGarbage();
        return;
      case ActionKind::kRenew:
        renew();
        return;
      case ActionKind::kLeaveScope:
        scope_.reset();
        scope_.emplace(isolate().limit());
        return;
      case ActionKind::kBurn:
        burn(kBurnUnitNs * action.index);
        return;
      case ActionKind::kUseUp:
        useUp();
        return;
      case ActionKind::kDispose:
        dispose();
        return;
      case ActionKind::kKillAnotherInside:
        killAnotherInside();
        return;
    }
  }

  /// All is quiet: no signal is on its way but the one that this sends itself.
  void judge(bool is_collecting) {
    const bool is_used_up = isolate().limit().usedNs() >= kSoftLimitNs;
    sendAsTimer(gettid(), limiter().signalNumber());
    // What follows may use up the budget, so the timer's signal waits until it is through.
    const BlockedSignal blocked(limiter().signalNumber());
    if (is_collecting) isolate().collectGarbage();
    SignalRegistry<>& registry = isolate().registry();
    LifecycleOracle::Seen seen{
        .is_warned = registry.isWarned(),
        .must_be_warned = is_used_up || noise_.delivered(index_) == registry.generation(),
        .entry_count = registry.entryCount(),
        .is_collected = is_collecting,
        .instances = instances()};
    if (const auto violation = world_.oracle.judge(seen)) reportViolation(*violation);
  }

 private:
  MovingIsolate& isolate() { return *world_.isolate; }

  void enter() {
    entered_.emplace(isolate());
    scope_.emplace(isolate().limit());
    noise_.aimAtRegistry(index_, &isolate().registry());
  }

  void expect(const std::string& script, const std::string& expected, BrokenProperty property) {
    const std::string got = isolate().evaluate(script);
    if (got == expected) return;
    reportViolation({property, fmt::format("`{}` gave {}, not {}", script, got, expected)});
  }

  void listen(ActionKind kind) {
    if (kind == ActionKind::kListen) {
      expect("kept.push(new WebAssembly.Instance(module)) && 1", "1", "T1");
    } else {
      isolate().evaluate("WebAssembly.instantiate(module).then((made) => { kept.push(made); })");
    }
    world_.oracle.listen();
    expect("kept.length", std::to_string(world_.oracle.instanceCount()), "T4");
  }

  void change(ActionKind kind, std::size_t index) {
    const std::string instance = fmt::format("kept[{}]", index);
    if (kind == ActionKind::kDrop) {
      isolate().evaluate(fmt::format("kept.splice({}, 1); 0", index));
      world_.oracle.drop(index);
    } else if (kind == ActionKind::kGrow) {
      isolate().evaluate("try { " + instance + ".exports.memory.grow(1) } catch { }");
    } else {
      isolate().evaluate(fmt::format("new Uint32Array({}.exports.memory.buffer)[{}] = {}", instance,
                                     kTerminatedOffset / kWordSizeBytes, kTerminatedByItself));
      world_.oracle.terminate(index, kTerminatedByItself);
    }
  }

  void renew() {
    if (isolate().limit().renew()) return;
    reportViolation({"D6", "a budget could not be renewed, though nothing was killed"});
  }

  void useUp() {
    const auto is_used_up = [&] { return isolate().limit().usedNs() >= kSoftLimitNs; };
    if (!burnUntil(is_used_up)) {
      reportViolation({"D6", "the time used of a budget does not grow"});
    }
    sendAsTimer(gettid(), limiter().signalNumber());
    if (isolate().registry().isWarned()) return;
    reportViolation({"D6", "the soft limit is past, a signal came, and nobody is warned"});
  }

  void dispose() {
    noise_.aimAtRegistry(index_, nullptr);
    isolate().evaluate(fmt::format(
        "made = 0; as_made = 0;"
        "look = ({{instance}}) => {{ ++made;"
        "  if (new Uint32Array(instance.exports.memory.buffer)[{}] === {}) ++as_made; }};"
        "WebAssembly.instantiate(m).then(look); 0",
        kSignalOffset / kWordSizeBytes, kFilled));
    scope_.reset();
    isolate().endCore();
    outliveCore();
    entered_.reset();
    world_.isolate = makeIsolate(kLimits);
    world_.oracle.dispose();
    enter();
  }

  // G3: one instantiation was pending when core went, and others come after it. Registration would
  // have cleared their words.
  void outliveCore() {
    isolate().evaluate(
        "look({instance: new WebAssembly.Instance(module)}); WebAssembly.instantiate(m).then(look);"
        "WebAssembly.instantiate(module).then((instance) => look({instance})); 0");
    host::pump(isolate().get());
    expect("[made, as_made].join()", "4,4", "G3");
  }

  // G4: the innermost is warned and killed, and the outer one goes on.
  static void killAnotherInside() {
    const auto inner = makeIsolate(kShortLimits);
    const std::string end = inner->run("a = listen(); while (a[4] === 0); for (;;);");
    const bool is_renewed = inner->renew();
    const std::string words = inner->runUnlimited("[a[4], a[5], listen()[4]].join()");
    if (end == "terminated" && is_renewed && words == "24,1,0") return;
    reportViolation({"G4", fmt::format("an isolate inside another, over its limits: {}, {}, words "
                                       "{}, not terminated, renewed, 24,1,0",
                                       end, is_renewed ? "renewed" : "not renewed", words)});
  }

  std::vector<LifecycleOracle::Instance> instances() {
    v8::Isolate* engine = isolate().get();
    const v8::HandleScope handles(engine);
    const auto kept = isolate().global("kept").As<v8::Array>();
    v8::Local<v8::Context> context = kept->GetCreationContext().ToLocalChecked();
    const auto member = [&](v8::Local<v8::Value> object, const char* name) {
      return object.As<v8::Object>()
          ->Get(context, v8::String::NewFromUtf8(engine, name).ToLocalChecked())
          .ToLocalChecked();
    };
    std::vector<LifecycleOracle::Instance> found;
    for (std::uint32_t i = 0; i < kept->Length(); ++i) {
      const auto memory =
          member(member(kept->Get(context, i).ToLocalChecked(), "exports"), "memory");
      found.push_back(instanceIn(member(memory, "buffer").As<v8::ArrayBuffer>()));
    }
    return found;
  }

  World& world_;
  const std::size_t index_;
  SignalNoise& noise_;
  std::optional<MovingIsolate::Entered> entered_;
  std::optional<CpuLimit::Scope> scope_;
};

LifecycleRunner::LifecycleRunner(const LifecycleProgram& program)
    : program_(program), limiter_(limiter()) {
  for (World& world : worlds_) world.isolate = makeIsolate(kLimits);
}

void LifecycleRunner::count() const {
  static CounterOfEach<ActionKind, kLifecycleActionKindCount> count_action("actions");
  for (const LifecyclePhase& phase : program_.phases) {
    for (const auto& actions : phase.actions) {
      for (const LifecycleAction& action : actions) count_action(action.kind);
    }
  }
}

void LifecycleRunner::takeTurn(std::size_t index, const LifecyclePhase& phase, SignalNoise& noise,
                               const std::function<void()>& wait_until_quiet) {
  noise.aimAtThread(index, gettid());
  Turn turn(worlds_.at(index), index, noise);
  for (const LifecycleAction& action : phase.actions.at(index)) turn.act(action);
  noise.aimAtThread(index, 0);
  wait_until_quiet();
  turn.judge(phase.collects_at_its_end);
}

void LifecycleRunner::runPhase(const LifecyclePhase& phase) {
  const int number = limiter_.signalNumber();
  if (phase.is_parallel) {
    SignalNoise noise(number, phase.noise);
    std::barrier quiet(2, [&]() noexcept { noise.stop(); });
    const auto take_turn = [&](std::size_t index) {
      takeTurn(index, phase, noise, [&] { quiet.arrive_and_wait(); });
    };
    std::thread first(take_turn, 0);
    std::thread second(take_turn, 1);
    first.join();
    second.join();
    return;
  }
  std::thread([&] {
    for (std::size_t index = 0; index < worlds_.size(); ++index) {
      SignalNoise noise(number, phase.noise);
      takeTurn(index, phase, noise, [&] { noise.stop(); });
    }
  }).join();
}

void LifecycleRunner::run() {
  count();
  for (const LifecyclePhase& phase : program_.phases) runPhase(phase);
}

}  // namespace sigproof::fuzz
