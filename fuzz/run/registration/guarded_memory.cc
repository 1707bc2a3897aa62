#include "fuzz/run/registration/guarded_memory.h"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sigproof::fuzz {
namespace {

// Odd bytes throughout, so that no word is 0; made once, because filling byte by byte is slow under
// the sanitizers. A memory's pattern starts anywhere in the first 256 bytes.
constexpr std::size_t kLongestWindow = 8192;
const std::array<std::byte, kLongestWindow + 256>& pattern() {
  static const auto kPattern = [] {
    std::array<std::byte, kLongestWindow + 256> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes.at(i) = static_cast<std::byte>(i | 1);
    return bytes;
  }();
  return kPattern;
}

// Mapped once a process: no run changes more than the windows, and each fills those.
std::byte* bigMemory() {
  static std::byte* const kData = [] {
    void* const data =
        mmap(nullptr, kBigCapacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    auto* bytes = static_cast<std::byte*>(data);
    bool is_made = data != MAP_FAILED;
    for (const AddressWindow& window : kBigWindows) {
      is_made = is_made && mprotect(bytes + window.begin, window.size, PROT_READ | PROT_WRITE) == 0;
    }
    if (!is_made) {
      std::perror("fuzz: no 4 GiB of address space; raise the limit (ulimit -v)");
      std::exit(2);  // NOLINT(concurrency-mt-unsafe): one thread
    }
    return bytes;
  }();
  return kData;
}

}  // namespace

GuardedMemory::GuardedMemory(const MemoryPlan& plan)
    : length_(plan.length), capacity_(plan.capacity) {
  if (plan.is_big) {
    windows_ = kBigWindows;
    data_ = bigMemory();
  } else {
    whole_ = {0, capacity_};
    windows_ = {&whole_, 1};
    owned_ = std::make_unique<std::byte[]>(capacity_);
    data_ = owned_.get();
  }
  for (const AddressWindow& window : windows_) {
    std::memcpy(data_ + window.begin, pattern().data() + plan.fill, window.size);
  }
  poisonTail();
}

GuardedMemory::~GuardedMemory() { unpoisonTail(); }

void GuardedMemory::grow(std::uint64_t bytes) {
  unpoisonTail();
  length_ = std::min(length_ + bytes, capacity_);
  poisonTail();
}

ReferenceMemory GuardedMemory::snapshot() const {
  unpoisonTail();
  ReferenceMemory result{.length = length_, .pieces = {}};
  result.pieces.reserve(windows_.size());
  for (const AddressWindow& window : windows_) {
    const std::span<const std::uint8_t> bytes = bytesOf(window);
    result.pieces.push_back({window.begin, {bytes.begin(), bytes.end()}});
  }
  poisonTail();
  return result;
}

// In place: a copy of the windows costs more than all the rest of an operation.
std::optional<GuardedMemory::Difference> GuardedMemory::differenceFrom(
    const ReferenceMemory& expected) const {
  std::optional<Difference> result;
  unpoisonTail();
  for (std::size_t i = 0; i < windows_.size() && !result; ++i) {
    const std::span<const std::uint8_t> seen = bytesOf(windows_[i]);
    const std::vector<std::uint8_t>& bytes = expected.pieces[i].bytes;
    // memcmp, far the fastest; a memory of no bytes may have no address.
    if (seen.empty() || std::memcmp(seen.data(), bytes.data(), seen.size()) == 0) continue;
    const auto [is, was] = std::ranges::mismatch(seen, bytes);
    result = {windows_[i].begin + static_cast<std::uint64_t>(is - seen.begin()), *was, *is};
  }
  poisonTail();
  return result;
}

bool GuardedMemory::holds(std::uint64_t address, std::uint32_t value) const {
  const auto window = std::ranges::find_if(windows_, [&](const AddressWindow& candidate) {
    return address >= candidate.begin && candidate.size >= sizeof value &&
           address - candidate.begin <= candidate.size - sizeof value;
  });
  if (window == windows_.end()) return false;
  unpoisonTail();
  const std::span<const std::uint8_t> bytes = bytesOf(*window).subspan(address - window->begin);
  bool is_equal = true;
  for (unsigned i = 0; i < sizeof value; ++i) {
    is_equal = is_equal && bytes[i] == static_cast<std::uint8_t>(value >> (8 * i));
  }
  poisonTail();
  return is_equal;
}

void GuardedMemory::poisonTail() const {
  if (owned_ != nullptr) ASAN_POISON_MEMORY_REGION(data_ + length_, capacity_ - length_);
}

void GuardedMemory::unpoisonTail() const {
  if (owned_ != nullptr) ASAN_UNPOISON_MEMORY_REGION(data_ + length_, capacity_ - length_);
}

}  // namespace sigproof::fuzz
