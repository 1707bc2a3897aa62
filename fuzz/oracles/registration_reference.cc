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

void RegistrationReference::addMemory(ReferenceMemory memory) {
  origins_.push_back(memories_.size());
  memories_.push_back(std::move(memory));
}

void RegistrationReference::moveMemory(std::size_t memory, ReferenceMemory moved) {
  origins_.push_back(origins_[memory]);
  memories_.push_back(std::move(moved));
}

std::size_t RegistrationReference::placeOf(std::size_t memory) const {
  const auto newest = std::find(origins_.rbegin(), origins_.rend(), origins_[memory]);
  return static_cast<std::size_t>(origins_.rend() - newest) - 1;
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
  if (rules_.does_word_kill && entry.terminated && read(entry.memory, *entry.terminated) != 0) {
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
  if (rules_.are_both_required && (!signal || !terminated)) return RegistrationOutcome::kIncomplete;
  if ((signal && !isInside(memory, *signal)) || (terminated && !isInside(memory, *terminated))) {
    return RegistrationOutcome::kOutOfBounds;
  }
  if (signal && terminated && doWordsOverlap(*signal, *terminated)) {
    return RegistrationOutcome::kOverlap;
  }
  if (rules_.does_word_kill && terminated && read(memory, *terminated) != 0) {
    return RegistrationOutcome::kAlreadyTerminated;
  }
  return hasRoom() ? RegistrationOutcome::kRegistered : RegistrationOutcome::kTooManyEntries;
}

// Entries that are dead don't count against the limit, once somebody looks.
bool RegistrationReference::hasRoom() {
  if (entries_.size() < max_entries_) return true;
  if (refusals_without_a_look_ > 0) {
    --refusals_without_a_look_;
    return false;
  }
  dropDead();
  const bool has_room = entries_.size() < max_entries_;
  const std::size_t seen = entries_.size();
  if (!has_room && seen > 0) {
    refusals_without_a_look_ = (seen - 1) / specified::kEntriesARefusal;
  }
  return has_room;
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
    entry.is_dead = rules_.does_word_kill;
    ++written;
  }
  return written;
}

void RegistrationReference::dropDead() {
  std::erase_if(entries_, [this](Entry& entry) { return isDead(entry); });
}

bool RegistrationReference::fits(const Entry& entry, std::size_t place) const {
  return (!entry.signal || isInside(place, *entry.signal)) &&
         (!entry.terminated || isInside(place, *entry.terminated));
}

// No byte but the signal word's is written, and for a dead entry not even that (D2).
void RegistrationReference::take(Entry& entry, std::size_t place) {
  entry.memory = place;
  if (!entry.is_dead && entry.signal) {
    write(place, *entry.signal, is_warned_ ? specified::kSignalValue : 0);
  }
}

Entry* RegistrationReference::find(std::size_t id) {
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  return found == entries_.end() ? nullptr : &*found;
}

bool RegistrationReference::follow(std::size_t index, bool does_allocation_fail) {
  Entry& entry = entries_[index];
  const std::size_t place = placeOf(entry.memory);
  if (!fits(entry, place)) return false;
  isDead(entry);  // what its word says in the old place is what it takes along
  if (!does_allocation_fail) take(entry, place);
  return !does_allocation_fail;
}

RegistrationReference::Refreshed RegistrationReference::refresh(const Refresh& how) {
  const std::vector<Entry> asked = entries_;
  std::vector<std::size_t> elsewhere;
  std::size_t questions = 0;
  for (const Entry& before : asked) {
    Entry* entry = find(before.id);
    if (entry == nullptr || isDead(*entry)) continue;
    if (placeOf(before.memory) != before.memory) elsewhere.push_back(before.id);
    if (questions++ != how.collects_at) continue;
    if (Entry* collected = find(how.collected)) collected->is_dead = true;
    if (how.drops) dropDead();
  }
  Refreshed result;
  unsigned successors = 0;
  for (const std::size_t id : elsewhere) {
    Entry* entry = find(id);
    if (entry == nullptr || !fits(*entry, placeOf(entry->memory))) continue;
    isDead(*entry);
    if (++successors == how.failing_successor) {
      result.is_complete = false;
      break;
    }
    take(*entry, placeOf(entry->memory));
    result.moved.push_back(id);
  }
  return result;
}

bool RegistrationReference::areApart(const Entry& a, const Entry& b) const {
  return origins_[a.memory] != origins_[b.memory] ||
         (!doOverlap(a.signal, b.signal) && !doOverlap(a.signal, b.terminated) &&
          !doOverlap(a.terminated, b.signal) && !doOverlap(a.terminated, b.terminated));
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
