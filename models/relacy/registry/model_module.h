// A modelled WebAssembly module: the two words in its memory, and its backing stores. Relacy
// reports a word that is used after the last hold on its backing store is gone.
//
//   ModelModule module(1, ModelModule::Layout::kAligned);
//   registry.add(module.span(), module.words(), nullptr);
//   module.grow();                                             // the memory moves
//   registry.moveMemory(*entry, module.span());
#pragma once

#include "models/relacy/engine/relacy_include.h"
// Relacy comes first.
#include "core/registry/signal_registry.h"
#include "models/relacy/engine/model_word.h"

namespace sigproof::models {

// One backing store of a module's memory: the words in it, and whether an entry still holds it.
class ModelMemory {
 public:
  ModelMemory(std::uint64_t signal_offset, std::uint64_t terminated_offset, std::uint32_t signal,
              std::uint32_t terminated, unsigned number)
      : signal_(bytes_.data() + signal_offset, signal, is_mapped_, "signal word of module", number),
        terminated_(bytes_.data() + terminated_offset, terminated, is_mapped_,
                    "terminated word of module", number) {
    nameVariable(is_mapped_, "backing store of module", number);
    is_mapped_(debugInfo(Location::current())).store(1);
  }
  ModelMemory(const ModelMemory&) = delete;
  ModelMemory& operator=(const ModelMemory&) = delete;
  ~ModelMemory() = default;

  /// The one hold on the memory: the memory ends with it. Call it once. The hold's counts are
  /// stored here, so that nothing is allocated.
  OwnedSpan hold() noexcept {
    return {
        std::shared_ptr<void>(static_cast<void*>(this), LetGo{}, CountsAllocator<void>{counts_}),
        bytes_.data(), &byteLength};
  }

  ModelWord& signal() noexcept { return signal_; }
  ModelWord& terminated() noexcept { return terminated_; }

 private:
  using Counts = std::array<std::byte, 64>;

  struct LetGo {
    void operator()(void* memory) const noexcept {
      note("the entry lets its memory go");
      static_cast<ModelMemory*>(memory)->is_mapped_(debugInfo(Location::current())).store(0);
    }
  };

  // Allocates once, in `place`.
  template <class T>
  struct CountsAllocator {
    // NOLINTNEXTLINE(readability-identifier-naming): the standard library asks for it.
    using value_type = T;
    explicit CountsAllocator(Counts& counts) noexcept : place(counts) {}
    template <class U>
    CountsAllocator(const CountsAllocator<U>& other) noexcept : place(other.place) {}
    T* allocate(std::size_t) noexcept {
      static_assert(sizeof(T) <= sizeof(Counts));
      return reinterpret_cast<T*>(place.data());
    }
    void deallocate(T*, std::size_t) noexcept {}
    template <class U>
    bool operator==(const CountsAllocator<U>& other) const noexcept {
      return &place == &other.place;
    }
    Counts& place;
  };

  static std::size_t byteLength(const void*) noexcept { return sizeof(Bytes); }

  using Bytes = std::array<std::byte, 16>;

  alignas(kWordSizeBytes) Bytes bytes_{};  // addresses only
  rl::var<unsigned> is_mapped_;
  ModelWord signal_;
  ModelWord terminated_;
  alignas(std::max_align_t) Counts counts_{};
};

class ModelModule {
 public:
  /// Where the words lie.
  enum class Layout : std::uint8_t { kAligned, kUnaligned, kOverlapping };

  /// What a signal word holds before it is registered: anything but 0 and kSignalValue.
  static constexpr std::uint32_t kGarbage = 0x07070707;

  ModelModule(unsigned number, Layout layout, std::uint32_t terminated)
      : number_(number),
        words_{.signal = layout == Layout::kUnaligned ? 5U : 4U,
               .terminated = layout == Layout::kUnaligned     ? 10U
                             : layout == Layout::kOverlapping ? 6U
                                                              : 8U} {
    memories_[0].emplace(*words_.signal, *words_.terminated, kGarbage, terminated, number);
  }
  ModelModule(const ModelModule&) = delete;
  ModelModule& operator=(const ModelModule&) = delete;
  ~ModelModule() = default;

  WordOffsets words() const noexcept { return words_; }
  /// An entry's hold on the memory that the module uses now. Call it once for each memory.
  OwnedSpan span() noexcept { return live().hold(); }

  /// The memory grows and moves, and the engine copies its bytes. Call it at most once.
  void grow() noexcept {
    const std::uint32_t signal = live().signal().peek();
    const std::uint32_t terminated = live().terminated().peek();
    memories_[1].emplace(*words_.signal, *words_.terminated, signal, terminated, number_);
    live_ = 1;
  }
  bool hasMoved() const noexcept { return live_ == 1; }

  /// The words in the memory that the module uses now.
  ModelWord& signal() noexcept { return live().signal(); }
  ModelWord& terminated() noexcept { return live().terminated(); }

  /// The signal word in the memory that the module used first.
  ModelWord& formerSignal() noexcept { return memories_[0]->signal(); }

 private:
  ModelMemory& live() noexcept { return *memories_.at(live_); }

  unsigned number_;
  WordOffsets words_;
  std::array<std::optional<ModelMemory>, 2> memories_;
  std::size_t live_ = 0;
};

}  // namespace sigproof::models
