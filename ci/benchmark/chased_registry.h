// A registry whose nodes a benchmark can also follow itself: the same nodes, in the same places.
//
//   ChasedRegistry subject(1000);
//   subject.registry().deliver();
//   subject.chaseAndStore();        // the work that every delivery needs
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/registry/signal_registry.h"

namespace sigproof::benchmarks {

/// Stores the newest node and the size of nodes.
struct NodeWatchingPolicy : StdPolicy {
  static inline void* newest_node = nullptr;
  static inline std::size_t node_size_bytes = 0;

  template <class T, class... Args>
  static T* create(Args&&... args) {
    T* node = StdPolicy::create<T>(std::forward<Args>(args)...);
    newest_node = node;
    node_size_bytes = sizeof(T);
    return node;
  }
};

/// A memory as an engine has one: an object with the address and length, and the bytes elsewhere.
/// The size keeps 100,000 of them within 100 MiB, and no two in one cache line.
struct EngineMemory {
  static constexpr std::size_t kSizeBytes = 1024;
  std::unique_ptr<std::byte[]> bytes = std::make_unique<std::byte[]>(kSizeBytes);
  std::size_t length = kSizeBytes;

  static std::size_t byteLength(const void* memory) noexcept {
    return static_cast<const EngineMemory*>(memory)->length;
  }
};

inline constexpr std::uint64_t kSignalOffset = 16;
inline constexpr std::uint64_t kTerminatedOffset = 20;  // next to it, as a compiler lays it out

inline OwnedSpan spanOf(const std::shared_ptr<EngineMemory>& memory) {
  return OwnedSpan(memory, memory->bytes.get(), &EngineMemory::byteLength);
}

class ChasedRegistry {
 public:
  using Registry = SignalRegistry<NodeWatchingPolicy>;

  explicit ChasedRegistry(std::size_t entries) : registry_({.max_entries = entries + 1}) {
    for (std::size_t i = 0; i < entries; ++i) {
      auto memory = std::make_shared<EngineMemory>();
      auto* previous = static_cast<Node*>(NodeWatchingPolicy::newest_node);
      registry_.add(spanOf(memory), {.signal = kSignalOffset, .terminated = kTerminatedOffset},
                    nullptr);
      head_ = static_cast<Node*>(NodeWatchingPolicy::newest_node);
      if (i == 0) findWordPointer(memory->bytes.get() + kSignalOffset);
      if (i != 0 && head_->next != previous) throw std::logic_error("the link is not where it was");
    }
  }

  Registry& registry() { return registry_; }

  /// Makes a filter drop one entry, for which it walks past all the others.
  void dropOneThatDied() {
    registry_
        .add(spanOf(short_lived_), {.signal = kSignalOffset, .terminated = kTerminatedOffset},
             nullptr)
        .entry->markDead();
    registry_.dropDead();
  }

  void chase() const {
    for (const Node* node = head_; node != nullptr; node = node->next) {
      benchmark::DoNotOptimize(node);
    }
  }
  void chaseAndStore() const {
    const std::size_t offset = word_pointer_offset_;
    for (const Node* node = head_; node != nullptr; node = node->next) {
      std::byte* word;
      std::memcpy(static_cast<void*>(&word), reinterpret_cast<const std::byte*>(node) + offset,
                  sizeof word);
      StdPolicy::storeWord(word, kSignalValue);
    }
  }

 private:
  // The beginning of a node.
  struct Node {
    Node* next;
  };

  // Finds where in a node the address of its signal word is. It searches for it, so that the layout
  // may change.
  void findWordPointer(const std::byte* word) {
    for (std::size_t at = 0; at + sizeof word <= NodeWatchingPolicy::node_size_bytes; at += 8) {
      if (std::memcmp(reinterpret_cast<const std::byte*>(head_) + at,
                      static_cast<const void*>(&word), sizeof word) == 0) {
        word_pointer_offset_ = at;
        return;
      }
    }
    throw std::logic_error("a node does not hold the address of its signal word");
  }

  std::shared_ptr<EngineMemory> short_lived_ = std::make_shared<EngineMemory>();
  Registry registry_;
  const Node* head_ = nullptr;
  std::size_t word_pointer_offset_ = 0;
};

}  // namespace sigproof::benchmarks
