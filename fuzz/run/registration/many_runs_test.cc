// What a run leaves behind adds up over a night.
#include <gtest/gtest.h>
#include <sanitizer/allocator_interface.h>

#include "fuzz/generate/list_program.h"
#include "fuzz/generate/registration_program.h"
#include "fuzz/run/list/list_runner.h"
#include "fuzz/run/registration/registration_runner.h"
#include "fuzz/support/random_inputs.h"

namespace sigproof::fuzz {
namespace {

constexpr std::uint32_t kWarmUp = 1'000;
constexpr std::uint32_t kRuns = 100'000;

// Bytes that `run` leaves allocated, over kRuns runs.
template <class Run>
std::ptrdiff_t growth(Run run) {
  std::size_t before = 0;
  for (std::uint32_t seed = 0; seed < kWarmUp + kRuns; ++seed) {
    if (seed == kWarmUp) before = __sanitizer_get_current_allocated_bytes();
    run(seed);
  }
  return static_cast<std::ptrdiff_t>(__sanitizer_get_current_allocated_bytes()) -
         static_cast<std::ptrdiff_t>(before);
}

TEST(ManyRuns, OfTheListLeaveNothingAllocated) {
  EXPECT_LE(growth([](std::uint32_t seed) {
              const auto bytes = randomBytes(ListProgram::inputLayout().maxBytes() / 2, seed);
              ByteSource source(bytes);
              ListRunner().run(makeListProgram(source));
            }),
            0);
}

TEST(ManyRuns, OfTheRegistrationLeaveNothingAllocated) {
  EXPECT_LE(growth([](std::uint32_t seed) {
              const auto bytes =
                  randomBytes(RegistrationProgram::inputLayout().maxBytes() / 2, seed);
              ByteSource source(bytes);
              const RegistrationProgram program = makeRegistrationProgram(source);
              RegistrationRunner(program).run();
            }),
            0);
}

}  // namespace
}  // namespace sigproof::fuzz
