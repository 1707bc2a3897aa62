#include "fuzz/oracles/registration_reference.h"

#include <algorithm>
#include <utility>

namespace sigproof::fuzz {
namespace {

using specified::kTerminatedValue;
using specified::kWordSizeBytes;

// Wide enough that no sum of addresses can wrap. A compiler's extension, hence the marker.
__extension__ using Wide = unsigned __int128;

using Entry = RegistrationReference::Entry;
using Word = std::optional<std::uint64_t>;

bool doOverlap(const Word& a, const Word& b) { return a && b && doWordsOverlap(*a, *b); }

bool areOwnWordsApart(const Entry& entry) { return !doOverlap(entry.signal, entry.terminated); }

bool areApart(const Entry& a, const Entry& b) {
  return a.memory != b.memory ||
         (!doOverlap(a.signal, b.signal) && !doOverlap(a.signal, b.terminated) &&
          !doOverlap(a.terminated, b.signal) && !doOverlap(a.terminated, b.terminated));
}

}  // namespace

bool doWordsOverlap(std::uint64_t a, std::uint64_t b) {
  return Wide{a} < Wide{b} + kWordSizeBytes && Wide{b} < Wide{a} + kWordSizeBytes;
}

std::uint8_t* ReferenceMemory::find(std::uint64_t address) {
  for (Piece& piece : pieces) {
    if (address >= piece.begin && address - piece.begin < piece.bytes.size()) {
      return &piece.bytes[address - piece.begin];
    }
  }
  return nullptr;
}

std::uint8_t* ReferenceMemory::touch(std::uint64_t address) {
  std::uint8_t* byte = find(address);
  if (byte != nullptr || !is_zero_elsewhere || address >= length) return byte;
  pieces.push_back({address - address % kPieceBytes, std::vector<std::uint8_t>(kPieceBytes)});
  return find(address);
}

std::size_t RegistrationReference::entriesOf(std::size_t memory) const {
  return static_cast<std::size_t>(
      std::ranges::count(entries_, memory, [](const Entry& entry) { return entry.memory; }));
}

bool RegistrationReference::isInside(std::size_t memory, std::uint64_t address) const {
  return Wide{address} + kWordSizeBytes <= Wide{memories_[memory].length};
}

std::uint32_t RegistrationReference::read(std::size_t memory, std::uint64_t address) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < kWordSizeBytes; ++i) {
    const std::uint8_t* byte = memories_[memory].find(address + i);
    if (byte != nullptr) value |= std::uint32_t{*byte} << (8 * i);
  }
  return value;
}

void RegistrationReference::write(std::size_t memory, std::uint64_t address, std::uint32_t value) {
  for (unsigned i = 0; i < kWordSizeBytes; ++i) {
    std::uint8_t* byte = memories_[memory].touch(address + i);
    if (byte != nullptr) *byte = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

bool RegistrationReference::isDead(Entry& entry) {
  if (doesWordKill(protocol_) && entry.terminated && read(entry.memory, *entry.terminated) != 0) {
    entry.is_dead = true;
  }
  return entry.is_dead;
}

void RegistrationReference::look() {
  for (Entry& entry : entries_) isDead(entry);
}

RegistrationOutcome RegistrationReference::judge(const Entry& entry) {
  const auto& [memory, signal, terminated, is_dead, id] = entry;
  if (!signal && !terminated) return RegistrationOutcome::kNotOptedIn;
  if (areBothRequired(protocol_) && (!signal || !terminated))
    return RegistrationOutcome::kIncomplete;
  if ((signal && !isInside(memory, *signal)) || (terminated && !isInside(memory, *terminated))) {
    return RegistrationOutcome::kOutOfBounds;
  }
  if (signal && terminated && doWordsOverlap(*signal, *terminated)) {
    return RegistrationOutcome::kOverlap;
  }
  if (doesWordKill(protocol_) && terminated && read(memory, *terminated) != 0) {
    return RegistrationOutcome::kAlreadyTerminated;
  }
  // Entries that are dead don't count against the limit.
  if (entries_.size() >= max_entries_) dropDead();
  if (entries_.size() >= max_entries_) return RegistrationOutcome::kTooManyEntries;
  return RegistrationOutcome::kRegistered;
}

RegistrationOutcome RegistrationReference::add(Entry entry, bool does_allocation_fail) {
  const RegistrationOutcome outcome = judge(entry);
  if (outcome != RegistrationOutcome::kRegistered) return outcome;
  if (does_allocation_fail) return RegistrationOutcome::kOutOfMemory;
  // Whoever comes while the isolate is warned hears it.
  if (entry.signal) {
    write(entry.memory, *entry.signal, 0);
    if (is_warned_) write(entry.memory, *entry.signal, specified::kSignalValue);
  }
  entry.id = next_id_++;
  entries_.insert(entries_.begin(), entry);
  return outcome;
}

std::size_t RegistrationReference::deliver() {
  is_warned_ = true;
  return writeSignals(specified::kSignalValue);
}

std::size_t RegistrationReference::deliver(std::uint64_t generation) {
  return generation == generation_ ? deliver() : 0;
}

std::size_t RegistrationReference::renew() {
  ++generation_;
  is_warned_ = false;
  return writeSignals(0);
}

std::size_t RegistrationReference::writeSignals(std::uint32_t value) {
  std::size_t written = 0;
  for (Entry& entry : entries_) {
    if (isDead(entry) || !entry.signal) continue;
    write(entry.memory, *entry.signal, value);
    ++written;
  }
  return written;
}

std::size_t RegistrationReference::markTerminated() {
  std::size_t written = 0;
  for (Entry& entry : entries_) {
    if (isDead(entry) || !entry.terminated) continue;
    write(entry.memory, *entry.terminated, kTerminatedValue);
    entry.is_dead = doesWordKill(protocol_);
    ++written;
  }
  return written;
}

void RegistrationReference::dropDead() {
  std::erase_if(entries_, [this](Entry& entry) { return isDead(entry); });
}

bool RegistrationReference::areWordsApart(const Entry* added) const {
  if (added != nullptr && !areOwnWordsApart(*added)) return false;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!areOwnWordsApart(entries_[i])) return false;
    if (added != nullptr && !areApart(entries_[i], *added)) return false;
    for (std::size_t j = i + 1; j < entries_.size(); ++j) {
      if (!areApart(entries_[i], entries_[j])) return false;
    }
  }
  return true;
}

}  // namespace sigproof::fuzz
