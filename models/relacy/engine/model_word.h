// A word of a modelled module's memory: a shared variable of Relacy behind an address.
//
//   std::array<std::byte, 16> memory;              // addresses only, never read or written
//   ModelWord signal(memory.data() + 4, 0xDEAD);   // RelacyPolicy::storeWord(memory.data() + 4, 0)
//
// An aligned word is one variable. An unaligned word is four, so that another thread may see half
// of a write (D4). An access to an address without a word fails the execution (D1).
#pragma once

#include "models/relacy/engine/relacy_include.h"
// Relacy comes first.
#include "core/registry/signal_protocol.h"
#include "models/relacy/engine/relacy_bridge.h"

namespace sigproof::models {

class ModelWord {
 public:
  /// `is_mapped` becomes 0 when the word must no longer be used through `address`.
  ModelWord(std::byte* address, std::uint32_t initial, const rl::var<unsigned>& is_mapped,
            const char* name, unsigned number)
      : address_(address),
        is_mapped_(is_mapped),
        is_whole_(reinterpret_cast<std::uintptr_t>(address) % kWordSizeBytes == 0) {
    const rl::preemption_disabler no_switch(rl::ctx());
    for (unsigned i = 0; i < pieceCount(); ++i) {
      pieces_[i].emplace();
      nameVariable(*pieces_[i], name, number);
      pieces_[i]->store(piece(initial, i), rl::mo_relaxed, debugInfo(Location::current()));
    }
    words_[word_count_++] = this;
  }
  ModelWord(const ModelWord&) = delete;
  ModelWord& operator=(const ModelWord&) = delete;
  ~ModelWord() = default;

  /// Forgets the words of the execution before, whose destructors may not have run.
  static void forgetAll() noexcept {
    word_count_ = 0;
    writers_ = {};
  }

  /// Returns the word that production code uses at `address`.
  static ModelWord& at(const std::byte* address) noexcept {
    for (std::size_t i = 0; i < word_count_; ++i) {
      if (words_[i]->address_ != address) continue;
      require(words_[i]->is_mapped_(debugInfo(Location::current())).load() == 1,
              "D5: memory was touched through an entry that has let it go");
      return *words_[i];
    }
    fail("D1: touched memory where no word was declared");
  }

  std::uint32_t load(Location from = Location::current()) const noexcept {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < pieceCount(); ++i) {
      beginStep();
      AtomicSteps::enter(StepKind::kWordLoad, std::memory_order_relaxed, from);
      value |= pieces_[i]->load(rl::mo_relaxed, debugInfo(from)) << (8 * i);
    }
    return value;
  }

  void store(std::uint32_t value, Location from = Location::current()) noexcept {
    for (unsigned i = 0; i < pieceCount(); ++i) {
      beginStep();
      AtomicSteps::enter(StepKind::kWordStore, std::memory_order_relaxed, from);
      pieces_[i]->store(piece(value, i), rl::mo_relaxed, debugInfo(from));
    }
    if (value == kSignalValue) ++signals_[writerHere()];
  }

  /// Returns the newest value. It looks from outside of the model, so it is no step.
  std::uint32_t peek() const noexcept {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < pieceCount(); ++i) value |= pieces_[i]->debug_value() << (8 * i);
    return value;
  }

  /// The writer on the calling thread. Each delivery is a writer of its own; 0 stands for nobody.
  static unsigned& writerHere() noexcept { return writers_[rl::ctx().current_thread()]; }
  /// Returns how often `writer` wrote kSignalValue here.
  unsigned signalsBy(unsigned writer) const noexcept { return signals_[writer]; }

  static constexpr std::size_t kMaxWriters = 8;

 private:
  static constexpr std::size_t kMaxThreads = 4;
  static constexpr std::size_t kMaxWords = 16;

  unsigned pieceCount() const noexcept { return is_whole_ ? 1 : kWordSizeBytes; }
  std::uint32_t piece(std::uint32_t value, unsigned i) const noexcept {
    return is_whole_ ? value : (value >> (8 * i)) & 0xFF;
  }

  std::byte* address_;
  const rl::var<unsigned>& is_mapped_;
  bool is_whole_;
  std::array<std::optional<rl::atomic<std::uint32_t>>, kWordSizeBytes> pieces_;
  std::array<unsigned, kMaxWriters> signals_{};

  static inline std::array<ModelWord*, kMaxWords> words_{};
  static inline std::size_t word_count_ = 0;
  static inline std::array<unsigned, kMaxThreads> writers_{};
};

}  // namespace sigproof::models
