#include "fuzz/generate/strike_schedule.h"

namespace sigproof::fuzz {
namespace {

// A handler at every step of a handler at every step grows fast, and a run of some tens of
// microseconds has room for a few hundred strikes in all. So the first few are enough, and where
// they begin differs: an operation on a list of ten elements has about a hundred steps.
constexpr unsigned kMaxStrikes = 16;
constexpr unsigned kMaxFirstStep = 128;
// A third handler on the two that stand on the list already finds it as the second did.
constexpr unsigned kMaxNesting = 3;

}  // namespace

StrikeSchedule makeStrikeSchedule(ByteSource& source) {
  enum class Mode : std::uint8_t { kNone, kOne, kEvery, kSome };
  StrikeSchedule schedule;
  switch (source.pick({Mode::kNone, Mode::kOne, Mode::kEvery, Mode::kSome})) {
    case Mode::kNone:
      return schedule;
    case Mode::kOne:
      schedule.mask = std::uint64_t{1} << source.below(64);
      break;
    case Mode::kEvery:
      schedule.mask = ~std::uint64_t{0};
      break;
    case Mode::kSome:
      schedule.mask = source.u64();
      break;
  }
  schedule.max_strikes = kMaxStrikes;
  // At the very beginning half of the time: most operations are short.
  const std::uint32_t first_step = source.below(2 * kMaxFirstStep);
  schedule.first_step = first_step < kMaxFirstStep ? first_step : 0;
  schedule.nesting = 1 + source.below(kMaxNesting);
  return schedule;
}

}  // namespace sigproof::fuzz
