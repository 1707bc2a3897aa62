// What delivery and filter cost an entry, held against bare pointer chases over as many nodes of
// the same size, allocated in the same order, in the same run:
//
//   build/libexec/core_benchmark [--rounds N] [--json]
//
// "chase" follows the next pointers and does nothing else; "chase + word" also stores to (delivery)
// or loads from (filter) the same word of the same memories, which no implementation can avoid.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/signal_registry.h"

namespace sigproof {
namespace {

// A memory as an engine keeps one: an object that knows address and length, and elsewhere the
// bytes. The size keeps 100,000 of them within 100 MiB and no two in one page's cache lines.
constexpr std::size_t kMemoryBytes = 1024;
constexpr std::uint64_t kSignalOffset = 16;
constexpr std::uint64_t kTerminatedOffset = 20;  // next to it, where a compiler puts it

struct Memory {
  std::unique_ptr<std::byte[]> bytes = std::make_unique<std::byte[]>(kMemoryBytes);
  std::size_t length = kMemoryBytes;

  static std::size_t byteLength(const void* memory) noexcept {
    return static_cast<const Memory*>(memory)->length;
  }
};

// Learns how large the registry's nodes are.
struct MeasuredPolicy : StdPolicy {
  static inline std::size_t node_size = 0;
  static inline std::size_t node_alignment = 0;

  template <class T, class... Args>
  static T* create(Args&&... args) {
    node_size = sizeof(T);
    node_alignment = alignof(T);
    return StdPolicy::create<T>(std::forward<Args>(args)...);
  }
};

// The head of a node of the chase; the rest of the node is never touched.
struct ChaseNode {
  ChaseNode* next;
  std::byte* word;
};

ChaseNode* makeChaseNode(ChaseNode* next, std::byte* word) {
  const std::size_t alignment = std::max(MeasuredPolicy::node_alignment, alignof(ChaseNode));
  const std::size_t size = (MeasuredPolicy::node_size + alignment - 1) / alignment * alignment;
  // As operator new: only an over-aligned node is asked for by its alignment.
  void* place = alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? std::aligned_alloc(alignment, size)
                                                             : std::malloc(size);
  if (place == nullptr) throw std::bad_alloc();
  return new (place) ChaseNode{next, word};
}

// Entries and chase nodes over the same memories, allocated in turn.
class Subject {
 public:
  using Registry = SignalRegistry<MeasuredPolicy>;

  explicit Subject(std::size_t entries) : registry_({.max_entries = entries}) {
    for (std::size_t i = 0; i < entries; ++i) {
      auto memory = std::make_shared<Memory>();
      std::byte* bytes = memory->bytes.get();
      registry_.add(OwnedSpan(memory, bytes, &Memory::byteLength),
                    {.signal = kSignalOffset, .terminated = kTerminatedOffset}, nullptr);
      head_ = makeChaseNode(head_, bytes + kSignalOffset);
    }
  }
  ~Subject() {
    while (head_ != nullptr) {
      ChaseNode* node = std::exchange(head_, head_->next);
      std::free(node);
    }
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  void deliver() { benchmark::DoNotOptimize(registry_.deliver()); }
  void filter() { registry_.dropDead(); }
  void chase() const {
    for (const ChaseNode* node = head_; node != nullptr; node = node->next) {
      benchmark::DoNotOptimize(node);
    }
  }
  void chaseAndStore() const {
    for (const ChaseNode* node = head_; node != nullptr; node = node->next) {
      StdPolicy::storeWord(node->word, kSignalValue);
    }
  }
  void chaseAndLoad() const {
    for (const ChaseNode* node = head_; node != nullptr; node = node->next) {
      benchmark::DoNotOptimize(StdPolicy::loadWord(node->word));
    }
  }

 private:
  Registry registry_;
  ChaseNode* head_ = nullptr;
};

using Operation = void (*)(Subject&);

double threadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Nanoseconds of processor time an entry. Not of the wall's: on a busy machine a round can last as
// long as a slice of the scheduler, and the same one of the three would pay for each change. Runs
// it often enough that the clock's own cost is nothing.
double timeOf(Subject& subject, std::size_t entries, Operation operation) {
  constexpr std::size_t kEntriesPerMeasurement = 300'000;
  const std::size_t repetitions = std::max<std::size_t>(1, kEntriesPerMeasurement / entries);
  const double start = threadSeconds();
  for (std::size_t i = 0; i < repetitions; ++i) operation(subject);
  return (threadSeconds() - start) * 1e9 / static_cast<double>(repetitions * entries);
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + std::ssize(values) / 2, values.end());
  return values[values.size() / 2];
}

struct Row {
  std::string operation;
  std::size_t entries;
  double ns_per_entry;
  double chase_ns_per_entry;
  double chase_word_ns_per_entry;
  double ratio_to_chase;  // medians of the rounds' ratios
  double ratio_to_chase_word;
};

// Measures the three in turn, `rounds` times.
Row compare(const char* name, std::size_t entries, int rounds, Operation operation,
            Operation chase_and_word) {
  Subject subject(entries);
  std::vector<double> own;
  std::vector<double> bare;
  std::vector<double> word;
  std::vector<double> to_bare;
  std::vector<double> to_word;
  for (int round = -1; round < rounds; ++round) {
    const double own_ns = timeOf(subject, entries, operation);
    const double bare_ns = timeOf(subject, entries, [](Subject& s) { s.chase(); });
    const double word_ns = timeOf(subject, entries, chase_and_word);
    if (round < 0) continue;  // warm-up
    own.push_back(own_ns);
    bare.push_back(bare_ns);
    word.push_back(word_ns);
    to_bare.push_back(own_ns / bare_ns);
    to_word.push_back(own_ns / word_ns);
  }
  return {name, entries, median(own), median(bare), median(word), median(to_bare), median(to_word)};
}

std::vector<Row> measure(int rounds) {
  std::vector<Row> rows;
  for (const std::size_t entries : {100, 1'000, 10'000, 100'000}) {
    rows.push_back(compare(
        "delivery", entries, rounds, [](Subject& s) { s.deliver(); },
        [](Subject& s) { s.chaseAndStore(); }));
    rows.push_back(compare(
        "filter", entries, rounds, [](Subject& s) { s.filter(); },
        [](Subject& s) { s.chaseAndLoad(); }));
  }
  return rows;
}

void printTable(const std::vector<Row>& rows, int rounds) {
  fmt::print("{:<9} {:>8} {:>10} {:>10} {:>6} {:>13} {:>6}\n", "operation", "entries", "ns/entry",
             "chase", "ratio", "chase + word", "ratio");
  for (const Row& row : rows) {
    fmt::print("{:<9} {:>8} {:>10.2f} {:>10.2f} {:>6.2f} {:>13.2f} {:>6.2f}\n", row.operation,
               row.entries, row.ns_per_entry, row.chase_ns_per_entry, row.ratio_to_chase,
               row.chase_word_ns_per_entry, row.ratio_to_chase_word);
  }
  fmt::print("Nodes of {} bytes; medians of {} rounds in turn.\n", MeasuredPolicy::node_size,
             rounds);
}

void printJson(const std::vector<Row>& rows, int rounds) {
  auto array = nlohmann::json::array();
  for (const Row& row : rows) {
    array.push_back({{"operation", row.operation},
                     {"entries", row.entries},
                     {"ns_per_entry", row.ns_per_entry},
                     {"chase_ns_per_entry", row.chase_ns_per_entry},
                     {"ratio_to_chase", row.ratio_to_chase},
                     {"chase_word_ns_per_entry", row.chase_word_ns_per_entry},
                     {"ratio_to_chase_word", row.ratio_to_chase_word}});
  }
  const nlohmann::json result{
      {"rounds", rounds}, {"node_size_bytes", MeasuredPolicy::node_size}, {"measurements", array}};
  fmt::print("{}\n", result.dump(2));
}

}  // namespace
}  // namespace sigproof

int main(int argc, char** argv) {
  CLI::App app("Times delivery and filter an entry against bare pointer chases.");
  int rounds = 31;
  bool is_json = false;
  app.add_option("--rounds", rounds, "measurements of each, in turn")->check(CLI::Range(1, 10'000));
  app.add_flag("--json", is_json, "print JSON");
  CLI11_PARSE(app, argc, argv);
  const auto rows = sigproof::measure(rounds);
  is_json ? sigproof::printJson(rows, rounds) : sigproof::printTable(rows, rounds);
  return 0;
}
