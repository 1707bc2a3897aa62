#include "fuzz/support/allocation_watch.h"

#include <cstddef>

#if defined(__has_feature) && __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#define SIGPROOF_HAS_ALLOCATION_HOOKS 1
#endif

namespace sigproof::fuzz {
namespace {

// Initial-exec, so that the first use on a thread does not itself allocate.
[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint64_t call_count = 0;

#ifdef SIGPROOF_HAS_ALLOCATION_HOOKS
void onAllocation(const volatile void* /*address*/, std::size_t /*size*/) { ++call_count; }
void onRelease(const volatile void* /*address*/) { ++call_count; }

bool installHooks() noexcept {
  return __sanitizer_install_malloc_and_free_hooks(&onAllocation, &onRelease) != 0;
}
#else
bool installHooks() noexcept { return false; }
#endif

}  // namespace

bool AllocationWatch::isAvailable() noexcept {
  static const bool kIsInstalled = installHooks();
  return kIsInstalled;
}

void AllocationWatch::note() noexcept { ++call_count; }

std::uint64_t AllocationWatch::total() noexcept {
  isAvailable();
  return call_count;
}

}  // namespace sigproof::fuzz
