// The production registry with a known bug wrapped around it, on which every registry check must
// fail.
//
//   FlawedRegistry<RegistryFlaw::kPublishesBeforeZeroing> registry(options);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/registry/signal_registry.h"

namespace sigproof::stepping {

enum class RegistryFlaw : std::uint8_t {
  kNone,
  kPublishesBeforeZeroing,  ///< add: the word holds garbage at publication, then 0
  kWritesPastTheWord,       ///< deliver: 5 bytes instead of 4, where it interrupts another
  kHidesWhileDropping,      ///< dropDead: deliveries meanwhile find no entry
  kWritesToTheLast,         ///< deliver: writes to the newest module, dead, dropped or not
  kErasesNewWarnings,       ///< renew: clears the newest module's word once more at its end
  kHidesWhileMoving,        ///< moveMemory: deliveries meanwhile find no entry
};

template <RegistryFlaw kFlaw>
class FlawedRegistry : public SignalRegistry<> {
 public:
  using Base = SignalRegistry<>;
  using Base::Base;

  Base::Result add(OwnedSpan memory, WordOffsets words,
                   std::unique_ptr<EntryAttachment> attachment) noexcept {
    if (words.signal) last_word_ = asWord(memory.data() + *words.signal);
    const Word garbage = kFlaw == RegistryFlaw::kPublishesBeforeZeroing ? load() : Word{};
    const Base::Result result = Base::add(std::move(memory), words, std::move(attachment));
    if (kFlaw == RegistryFlaw::kPublishesBeforeZeroing) {
      store(garbage);
      store(Word{});
    }
    return result;
  }

  using Base::deliver;
  std::size_t deliver() noexcept {
    if (is_hidden_) return 0;
    const bool is_nested = is_delivering_;
    is_delivering_ = true;
    const std::size_t written = Base::deliver();
    if (kFlaw == RegistryFlaw::kWritesPastTheWord && is_nested) {
      last_word_[sizeof(std::uint32_t)] = 0;
    }
    if (kFlaw == RegistryFlaw::kWritesToTheLast) {
      store({static_cast<std::uint8_t>(kSignalValue), 0, 0, 0});
    }
    is_delivering_ = is_nested;
    return written;
  }

  std::size_t renew() noexcept {
    const std::size_t written = Base::renew();
    if (kFlaw == RegistryFlaw::kErasesNewWarnings) store(Word{});
    return written;
  }

  Base::Entry* moveMemory(Base::Entry& entry, OwnedSpan memory) noexcept {
    is_hidden_ = kFlaw == RegistryFlaw::kHidesWhileMoving;
    Base::Entry* const successor = Base::moveMemory(entry, std::move(memory));
    is_hidden_ = false;
    return successor;
  }

  void dropDead() noexcept {
    is_hidden_ = kFlaw == RegistryFlaw::kHidesWhileDropping;
    Base::dropDead();
    is_hidden_ = false;
  }

 private:
  using Word = std::array<std::uint8_t, sizeof(std::uint32_t)>;

  // Volatile, so that the compiler keeps each of these stores, in this order.
  static volatile std::uint8_t* asWord(std::byte* address) noexcept {
    return reinterpret_cast<std::uint8_t*>(address);
  }
  Word load() const noexcept {
    Word word{};
    if (last_word_ == nullptr) return word;
    for (std::size_t i = 0; i < word.size(); ++i) word[i] = last_word_[i];
    return word;
  }
  void store(const Word& word) noexcept {
    if (last_word_ == nullptr) return;
    for (std::size_t i = 0; i < word.size(); ++i) last_word_[i] = word[i];
  }

  volatile std::uint8_t* last_word_ = nullptr;
  volatile bool is_hidden_ = false;
  volatile bool is_delivering_ = false;
};

}  // namespace sigproof::stepping
