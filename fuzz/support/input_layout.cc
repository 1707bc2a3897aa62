#include "fuzz/support/input_layout.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace sigproof::fuzz {
namespace {

// The default mutation for the rest: it also tears structures, which decoding must survive.
constexpr std::uint32_t kUnstructuredOnceIn = 8;

using Bytes = std::vector<std::uint8_t>;
using Part = std::span<std::uint8_t>;

// An input taken apart: each part has its full size, filled up with zeros. In one piece, because
// this runs before every execution.
class Parts {
 public:
  Parts(const InputLayout& layout, std::span<const std::uint8_t> input)
      : layout_(layout), head_(layout.headBytes()) {
    bytes_.reserve(layout.maxBytes());
    const std::size_t present = std::min(input.size(), layout.maxBytes());
    bytes_.assign(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(present));
    if (present > head_) {
      record_count_ = (present - head_ + layout.record_bytes - 1) / layout.record_bytes;
    }
    bytes_.resize(head_ + record_count_ * layout.record_bytes);
  }

  std::size_t sectionCount() const { return layout_.sections.size(); }
  Part section(std::size_t index) {
    const auto before = layout_.sections.first(index);
    const std::size_t begin = std::accumulate(before.begin(), before.end(), std::size_t{0});
    return Part(bytes_).subspan(begin, layout_.sections[index]);
  }

  std::size_t recordCount() const { return record_count_; }
  bool isFull() const { return record_count_ >= layout_.max_records; }
  Part record(std::size_t index) {
    return Part(bytes_).subspan(placeOf(index), layout_.record_bytes);
  }

  /// `record` may be one of these parts. Precondition: !isFull().
  void insert(std::size_t index, std::span<const std::uint8_t> record) {
    const Bytes copy(record.begin(), record.end());
    bytes_.insert(at(index), copy.begin(), copy.end());
    ++record_count_;
  }
  void erase(std::size_t index) {
    bytes_.erase(at(index), at(index + 1));
    --record_count_;
  }
  void resize(std::size_t record_count) {
    record_count_ = record_count;
    bytes_.resize(placeOf(record_count));
  }

  /// Returns how many bytes went into `out`.
  std::size_t copyTo(std::span<std::uint8_t> out) const {
    const std::size_t count = std::min(bytes_.size(), out.size());
    std::copy_n(bytes_.begin(), count, out.begin());
    return count;
  }

 private:
  std::size_t placeOf(std::size_t record) const { return head_ + record * layout_.record_bytes; }
  Bytes::iterator at(std::size_t record) {
    return bytes_.begin() + static_cast<std::ptrdiff_t>(placeOf(record));
  }

  const InputLayout& layout_;
  std::size_t head_;
  std::size_t record_count_ = 0;
  Bytes bytes_;
};

class Mutator {
 public:
  Mutator(const InputLayout& layout, Parts& parts, std::uint32_t seed, ByteMutation mutate)
      : layout_(layout), parts_(parts), random_(seed), mutate_(mutate) {}

  void run() {
    const std::size_t section_count = parts_.sectionCount();
    const std::size_t part_count = section_count + parts_.recordCount();
    const bool has_records = layout_.max_records > 0;
    if (has_records && (part_count == 0 || below(2) == 0)) return changeOrder();
    const std::size_t part = below(part_count);
    changePart(part < section_count ? parts_.section(part) : parts_.record(part - section_count));
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }

  void fillAnew(Part part) {
    for (std::uint8_t& byte : part) byte = static_cast<std::uint8_t>(random_() & 0xFF);
  }

  // In place: a shift within a part would give every choice after it another meaning.
  void changePart(Part part) {
    if (below(4) == 0) {
      fillAnew(part);
    } else if (below(3) == 0) {
      part[below(part.size())] = static_cast<std::uint8_t>(random_() & 0xFF);
    } else {
      const std::size_t size = mutate_(part.data(), part.size(), part.size());
      std::ranges::fill(part.subspan(size), std::uint8_t{0});
    }
  }

  void insertFresh(std::size_t index) {
    Bytes record(layout_.record_bytes);
    fillAnew(record);
    parts_.insert(index, record);
  }

  void changeOrder() {
    const std::size_t count = parts_.recordCount();
    if (count == 0) return insertFresh(0);
    switch (below(5)) {
      case 0:
        if (!parts_.isFull()) insertFresh(below(count));
        break;
      case 1:
        if (!parts_.isFull()) parts_.insert(below(count), parts_.record(below(count)));
        break;
      case 2:
        parts_.erase(below(count));
        break;
      case 3:
        swap(below(count), below(count));
        break;
      default:
        if (!parts_.isFull()) insertFresh(count);
        break;
    }
  }

  void swap(std::size_t first, std::size_t second) {
    if (first != second) std::ranges::swap_ranges(parts_.record(first), parts_.record(second));
  }

  const InputLayout& layout_;
  Parts& parts_;
  std::minstd_rand random_;
  ByteMutation mutate_;
};

}  // namespace

std::size_t InputLayout::headBytes() const {
  return std::accumulate(sections.begin(), sections.end(), std::size_t{0});
}

std::size_t mutateInput(const InputLayout& layout, std::span<std::uint8_t> buffer, std::size_t size,
                        std::uint32_t seed, ByteMutation mutate) {
  const std::span<std::uint8_t> room = buffer.first(std::min(buffer.size(), layout.maxBytes()));
  size = std::min(size, room.size());
  if (seed % kUnstructuredOnceIn == 0) return mutate(room.data(), size, room.size());
  Parts parts(layout, room.first(size));
  Mutator(layout, parts, seed / kUnstructuredOnceIn, mutate).run();
  return parts.copyTo(room);
}

std::size_t crossInputs(const InputLayout& layout, std::span<const std::uint8_t> first,
                        std::span<const std::uint8_t> second, std::span<std::uint8_t> out,
                        std::uint32_t seed) {
  std::minstd_rand random(seed);
  Parts child(layout, first);
  Parts other(layout, second);
  for (std::size_t i = 0; i < child.sectionCount(); ++i) {
    if (random() % 2 == 0) std::ranges::copy(other.section(i), child.section(i).begin());
  }
  if (child.recordCount() > 0 && other.recordCount() > 0) {
    child.resize(1 + random() % child.recordCount());
    const std::size_t from = random() % other.recordCount();
    for (std::size_t i = from; i < other.recordCount() && !child.isFull(); ++i) {
      child.insert(child.recordCount(), other.record(i));
    }
  }
  return child.copyTo(out);
}

}  // namespace sigproof::fuzz
