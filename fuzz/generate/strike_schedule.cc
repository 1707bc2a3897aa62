#include "fuzz/generate/strike_schedule.h"

namespace sigproof::fuzz {
namespace {

// A handler at every step of a handler at every step grows fast; the first few hundred show what
// there is to see, and keep a run under a millisecond.
constexpr unsigned kMaxStrikes = 192;
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
  schedule.nesting = 1 + source.below(kMaxNesting);
  return schedule;
}

}  // namespace sigproof::fuzz
