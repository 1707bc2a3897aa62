// A fuzz target that touches what it freed, for the tests of what is made of a sanitizer's report.
#include <cstddef>
#include <cstdint>

namespace {

// Behind a function of its own, so that the report has a name to show.
[[gnu::noinline]] int touchWhatIsFreed(std::size_t size) {
  int* volatile number = new int(static_cast<int>(size));
  delete number;
  return *number;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t size) {
  static volatile int sum = 0;
  sum = sum + touchWhatIsFreed(size);
  return 0;
}
