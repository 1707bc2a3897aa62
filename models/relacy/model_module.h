// A modelled WebAssembly module: its memory's two words, and the life of its backing store.
//
//   ModelModule module(1, ModelModule::Layout::kAligned);
//   registry.add(module.span(), module.words(), module.attachment());
#pragma once

#include "models/relacy/relacy_include.h"
// Relacy comes first.
#include "core/signal_registry.h"
#include "models/relacy/model_word.h"

namespace sigproof::models {

class ModelModule {
 public:
  /// Where the words lie.
  enum class Layout : std::uint8_t { kAligned, kUnaligned, kOverlapping };

  /// What a signal word holds before it is registered: anything but 0 and kSignalValue.
  static constexpr std::uint32_t kGarbage = 0x07070707;

  ModelModule(unsigned number, Layout layout, std::uint32_t terminated)
      : signal_offset_(layout == Layout::kUnaligned ? 5 : 4),
        terminated_offset_(layout == Layout::kUnaligned     ? 10
                           : layout == Layout::kOverlapping ? 6
                                                            : 8),
        signal_(memory_.data() + signal_offset_, kGarbage, is_mapped_, "signal word of module",
                number),
        terminated_(memory_.data() + terminated_offset_, terminated, is_mapped_,
                    "terminated word of module", number) {
    nameVariable(is_mapped_, "backing store of module", number);
    is_mapped_(debugInfo(Location::current())).store(1);
  }
  ModelModule(const ModelModule&) = delete;
  ModelModule& operator=(const ModelModule&) = delete;
  ~ModelModule() = default;

  /// An entry's hold on the memory, without allocation: the pointer is not counted, but the words
  /// know from the attachment whether the entry still exists.
  OwnedSpan span() noexcept {
    return {std::shared_ptr<void>(std::shared_ptr<void>(), this), memory_.data(), &byteLength};
  }
  WordOffsets words() const noexcept { return {signal_offset_, terminated_offset_}; }
  std::unique_ptr<EntryAttachment> attachment() noexcept {
    return std::unique_ptr<EntryAttachment>(::new (&attachment_memory_) Attachment(*this));
  }

  ModelWord& signal() noexcept { return signal_; }
  ModelWord& terminated() noexcept { return terminated_; }

 private:
  // Destroyed with the entry; tells that the memory is gone from then on. Lives in its module, so
  // that destroying it frees nothing.
  class Attachment : public EntryAttachment {
   public:
    explicit Attachment(ModelModule& module) noexcept : module_(module) {}
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    ~Attachment() override {
      note("the entry lets its memory go");
      module_.is_mapped_(debugInfo(Location::current())).store(0);
    }
    static void operator delete(void*) noexcept {}

   private:
    ModelModule& module_;
  };

  static std::size_t byteLength(const void*) noexcept { return sizeof(Memory); }

  using Memory = std::array<std::byte, 16>;

  alignas(kWordSizeBytes) Memory memory_{};  // addresses only
  std::uint64_t signal_offset_;
  std::uint64_t terminated_offset_;
  rl::var<unsigned> is_mapped_;
  ModelWord signal_;
  ModelWord terminated_;
  alignas(Attachment) std::array<std::byte, sizeof(Attachment)> attachment_memory_{};
};

}  // namespace sigproof::models
