// Uses core without an engine: a memory of its own, an entry, a delivery.
#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>

#include "core/registry/registration_outcome.h"
#include "core/registry/signal_registry.h"

namespace {

using Memory = std::array<std::byte, 64>;

std::size_t byteLength(const void* /*memory*/) noexcept { return sizeof(Memory); }

}  // namespace

int main() {
  const auto memory = std::make_shared<Memory>();
  sigproof::SignalRegistry<> registry({});
  const auto result = registry.add(sigproof::OwnedSpan(memory, memory->data(), &byteLength),
                                   {.signal = 16, .terminated = 20}, nullptr);
  const std::size_t written = registry.deliver();
  std::printf("%s, %zu word written, misuse reports %s\n",
              std::string(name(result.outcome)).c_str(), written,
              sigproof::StdPolicy::kReportMisuse ? "on" : "off");
  return written == 1 && (*memory)[16] == std::byte{sigproof::kSignalValue} ? 0 : 1;
}
