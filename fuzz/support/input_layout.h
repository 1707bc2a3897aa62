// How the bytes of an input are divided among what is made of them, and mutations that keep that: a
// change of one operation leaves the others as they are.
//
//   InputLayout layout{.sections = kSections, .record_bytes = 24, .max_records = 16};
//   size = mutateInput(layout, bytes, size, seed, &LLVMFuzzerMutate);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sigproof::fuzz {

/// Sections of fixed size, then records. An input may end anywhere; what is missing reads as 0.
struct InputLayout {
  std::span<const std::size_t> sections{};
  std::size_t record_bytes = 0;  ///< 0: there are none
  std::size_t max_records = 0;

  std::size_t headBytes() const;
  std::size_t maxBytes() const { return headBytes() + record_bytes * max_records; }
};

/// libFuzzer's own mutation: of `size` bytes, to at most `max_size`; returns the new size.
using ByteMutation = std::size_t (*)(std::uint8_t* data, std::size_t size, std::size_t max_size);

/// Changes the first `size` bytes of `buffer` and returns their new number, at most that of the
/// buffer and of the layout. One in eight times as `mutate` does anywhere; else one section or one
/// record changes, or records come, go, move, or are repeated. The same seed and the same `mutate`
/// give the same result.
std::size_t mutateInput(const InputLayout& layout, std::span<std::uint8_t> buffer, std::size_t size,
                        std::uint32_t seed, ByteMutation mutate);

/// A child of two inputs into `out`: each section is the one's or the other's, the records are the
/// first ones of the one and the last ones of the other. Returns its size.
std::size_t crossInputs(const InputLayout& layout, std::span<const std::uint8_t> first,
                        std::span<const std::uint8_t> second, std::span<std::uint8_t> out,
                        std::uint32_t seed);

}  // namespace sigproof::fuzz
