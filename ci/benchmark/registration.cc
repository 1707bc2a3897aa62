// What a registration costs without an engine, and how much memory an entry takes.
#include <malloc.h>

#include <memory>
#include <vector>

#include "ci/benchmark/chased_registry.h"
#include "ci/benchmark/instantiating_isolate.h"
#include "ci/benchmark/measurement.h"

namespace sigproof::benchmarks {
namespace {

constexpr std::size_t kEntries = 1'000;
constexpr WordOffsets kWords{.signal = kSignalOffset, .terminated = kTerminatedOffset};

// Bytes that the allocator has handed out, including its own overhead for each piece.
double allocatedBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

// Pieces of a node's size, linked as the list links its nodes.
class BareNodes {
 public:
  explicit BareNodes(std::size_t size_bytes) : size_bytes_(size_bytes) {}
  ~BareNodes() { clear(); }
  BareNodes(const BareNodes&) = delete;
  BareNodes& operator=(const BareNodes&) = delete;

  void add() { head_ = new (::operator new(size_bytes_)) Node{head_}; }
  void clear() {
    while (head_ != nullptr) ::operator delete(std::exchange(head_, head_->next));
  }

 private:
  struct Node {
    Node* next;
  };
  const std::size_t size_bytes_;
  Node* head_ = nullptr;
};

PairedTimes measureAdd(benchmark::State& state) {
  const auto memory = std::make_shared<EngineMemory>();
  ChasedRegistry::Registry registry({.max_entries = kEntries});
  registry.add(spanOf(memory), kWords, nullptr);  // to learn the size of a node
  BareNodes bare(NodeWatchingPolicy::node_size_bytes);
  return measureInTurn(
      state,
      {.prepare = [&] { registry.clear(); },
       .run = [&] { registry.add(spanOf(memory), kWords, nullptr); },
       .repetitions = kEntries},
      {.prepare = [&] { bare.clear(); }, .run = [&] { bare.add(); }, .repetitions = kEntries});
}

double bytesOfAnEntry() {
  const auto memory = std::make_shared<EngineMemory>();
  SignalRegistry<> registry({.max_entries = kEntries});
  const double before = allocatedBytes();
  for (std::size_t i = 0; i < kEntries; ++i) registry.add(spanOf(memory), kWords, nullptr);
  return (allocatedBytes() - before) / kEntries;
}

// Instances of one memory, which they all export, so what remains is their own.
double bytesOfAnInstance(Feature feature) {
  InstantiatingIsolate isolate(feature, {.memory = MemoryKind::kImportedAndExported});
  isolate.keepInstances();
  isolate.instantiate(1);
  const double before = allocatedBytes();
  isolate.instantiate(kEntries);
  return (allocatedBytes() - before) / kEntries;
}

}  // namespace

void addRegistrationMeasurements(std::vector<Measurement>& all) {
  all.push_back({.name = "registration/add",
                 .subject = "SignalRegistry::add, without an engine",
                 .baseline = "allocating a piece of the node's size and linking it",
                 .rounds = 101,
                 .measure = &measureAdd});
}

void addMemoryMeasurements(std::vector<Measurement>& all) {
  all.push_back({.name = "memory/entry",
                 .subject = "memory of an entry, without an engine",
                 .baseline = "",
                 .measure_bytes = &bytesOfAnEntry});
  all.push_back({.name = "memory/entry-v8",
                 .subject = "memory of an entry with its V8 handle: what an instance takes from "
                            "the allocator with the shim, less what it takes without",
                 .baseline = "",
                 .measure_bytes = [] {
                   return bytesOfAnInstance(Feature::kOn) - bytesOfAnInstance(Feature::kAbsent);
                 }});
}

}  // namespace sigproof::benchmarks
