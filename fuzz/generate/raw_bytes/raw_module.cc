#include "fuzz/generate/raw_bytes/raw_module.h"

#include <algorithm>
#include <random>
#include <utility>

#include "fuzz/generate/raw_bytes/newer_module.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/wasm/module_plan.h"
#include "fuzz/wasm/module_writer.h"

namespace sigproof::fuzz {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr unsigned kLongestLength = 5;
constexpr std::size_t kPlanBytes = 256;

std::optional<std::uint32_t> readLength(std::span<const std::uint8_t>& rest, unsigned& padding) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < kLongestLength && i < rest.size(); ++i) {
    const std::uint8_t byte = rest[i];
    value |= std::uint32_t{byte & 0x7FU} << (7 * i);
    if ((byte & 0x80) != 0) continue;
    padding = byte == 0 && i > 0 ? 1 : 0;  // at least one
    rest = rest.subspan(i + 1);
    return value;
  }
  return std::nullopt;
}

void writeLength(std::vector<std::uint8_t>& bytes, std::size_t length, unsigned padding) {
  unsigned written = 0;
  do {
    const bool is_last = length < 0x80 && (padding == 0 || written + 1 == kLongestLength);
    bytes.push_back(static_cast<std::uint8_t>((length & 0x7F) | (is_last ? 0 : 0x80)));
    if (length < 0x80 && padding > 0) --padding;
    length >>= 7;
    ++written;
    if (is_last) return;
  } while (written < kLongestLength);
}

std::vector<std::uint8_t> freshModule(std::mt19937& random) {
  std::vector<std::uint8_t> bytes(kPlanBytes);
  std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(random() & 0xFF); });
  ByteSource source(bytes);
  const auto protocol =
      random() % 2 == 0 ? specified::Protocol::kAddress : specified::Protocol::kInstance;
  if (random() % 2 == 0) return makeNewerModule(source, protocol).bytes;
  return writeModule(makeModulePlan(source, protocol));
}

void changeSection(RawModule& module, std::mt19937& random, std::size_t max_size,
                   const MutateBytes& mutate) {
  const auto count = static_cast<std::uint32_t>(module.sections.size());
  RawSection& section = module.sections[random() % count];
  switch (random() % 8) {
    case 0:
      section.length_padding = 1 + random() % 4;
      break;
    case 1:
      std::swap(section, module.sections[random() % count]);
      break;
    case 2: {
      const RawSection copy = section;
      module.sections.push_back(copy);
      break;
    }
    case 3:
      section = {};  // an empty custom section, which has no name: wrong
      break;
    case 4:
      module.sections.erase(module.sections.begin() +
                            static_cast<std::ptrdiff_t>(random() % count));
      break;
    default:
      mutate(section.content, std::max(section.content.size() + 16, max_size / 2));
  }
}

}  // namespace

RawModule RawModule::split(std::span<const std::uint8_t> bytes) {
  RawModule module;
  const auto header = bytes.first(std::min(kHeaderBytes, bytes.size()));
  module.header.assign(header.begin(), header.end());
  std::span<const std::uint8_t> rest = bytes.subspan(header.size());
  while (!rest.empty()) {
    std::span<const std::uint8_t> behind = rest.subspan(1);
    RawSection section{.id = rest.front(), .content = {}};
    const auto length = readLength(behind, section.length_padding);
    if (!length || *length > behind.size()) break;
    section.content.assign(behind.begin(), behind.begin() + *length);
    module.sections.push_back(std::move(section));
    rest = behind.subspan(*length);
  }
  module.rest.assign(rest.begin(), rest.end());
  return module;
}

std::vector<std::uint8_t> RawModule::join() const {
  std::vector<std::uint8_t> bytes = header;
  for (const RawSection& section : sections) {
    bytes.push_back(section.id);
    writeLength(bytes, section.content.size(), section.length_padding);
    bytes.insert(bytes.end(), section.content.begin(), section.content.end());
  }
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

bool RawModule::hasSection(std::uint8_t id) const {
  return std::ranges::find(sections, id, &RawSection::id) != sections.end();
}

std::vector<std::uint8_t> mutateModule(std::span<const std::uint8_t> bytes, std::size_t max_size,
                                       std::uint32_t seed, const MutateBytes& mutate) {
  std::mt19937 random(seed);
  RawModule module = RawModule::split(bytes);
  std::vector<std::uint8_t> changed(bytes.begin(), bytes.end());
  const std::uint32_t kind = random() % 16;
  if (kind == 0 || (module.sections.empty() && random() % 2 == 0)) {
    changed = freshModule(random);
  } else if (kind == 1 && !changed.empty()) {
    changed.resize(random() % changed.size());
  } else if (kind < 4 || module.sections.empty()) {
    mutate(changed, max_size);
  } else {
    for (std::uint32_t i = 1 + random() % 3; i > 0 && !module.sections.empty(); --i) {
      changeSection(module, random, max_size, mutate);
    }
    changed = module.join();
  }
  if (changed.size() > max_size) changed.resize(max_size);
  return changed;
}

}  // namespace sigproof::fuzz
