#include "fuzz/generate/raw_bytes/mutated_module.h"

#include <algorithm>
#include <random>
#include <utility>

#include "fuzz/generate/raw_bytes/newer_module.h"
#include "fuzz/support/byte_source.h"
#include "fuzz/wasm/binary/raw_module.h"
#include "fuzz/wasm/module_plan.h"
#include "fuzz/wasm/module_writer.h"

namespace sigproof::fuzz {
namespace {

constexpr std::size_t kPlanBytes = 256;

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
      section = {};  // a custom section without a name, which the format forbids
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
