#include "models/stepping/registry/registry_fixture.h"

namespace sigproof::stepping {

WatchedMemory::WatchedMemory(const ModulePlan& plan) : plan_(plan) {
  is_watched_.fill(true);
  for (std::size_t i = 0; i < kAllBytes; ++i) {
    bytes_[i] = static_cast<std::byte>(0x81 + i % 0x70);  // neither 0 nor 24
  }
  if (plan_.terminated) {
    writeTerminated(plan_.is_terminated_by_itself ? 0 : plan_.terminated_before);
  }
  if (plan_.role == Role::kSuccessor && plan_.signal) writeSignal(0);
  initial_ = bytes_;
  excludeWord(plan_.signal);
  excludeWord(plan_.terminated);
}

OwnedSpan WatchedMemory::span() {
  std::shared_ptr<void> owner(
      this, [](void* memory) { static_cast<WatchedMemory*>(memory)->is_released_ = true; });
  return {std::move(owner), bytes_.data() + kGuardBytes, &WatchedMemory::byteLength};
}

std::size_t WatchedMemory::byteLength(const void* owner) noexcept {
  const auto* memory = static_cast<const WatchedMemory*>(owner);
  if (memory->is_released_) memory->is_touched_after_release_ = true;
  return kMemoryBytes;
}

bool WatchedMemory::isIntact() const noexcept {
  for (std::size_t i = 0; i < kAllBytes; ++i) {
    if (is_watched_[i] && bytes_[i] != initial_[i]) return false;
  }
  return true;
}

std::uint32_t WatchedMemory::read(std::uint64_t offset) const noexcept {
  if (!isInside(offset)) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value |= std::to_integer<std::uint32_t>(bytes_[kGuardBytes + offset + i]) << (8 * i);
  }
  return value;
}

void WatchedMemory::write(std::uint64_t offset, std::uint32_t value) noexcept {
  if (!isInside(offset)) return;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes_[kGuardBytes + offset + i] = static_cast<std::byte>(value >> (8 * i));
  }
}

void WatchedMemory::excludeWord(std::optional<std::uint64_t> offset) {
  if (!offset || !isInside(*offset)) return;
  for (std::size_t i = 0; i < sizeof(std::uint32_t); ++i) {
    is_watched_[kGuardBytes + *offset + i] = false;
  }
}

}  // namespace sigproof::stepping
