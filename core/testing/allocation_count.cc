#include "core/testing/allocation_count.h"

#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constinit thread_local std::uint64_t allocations = 0;
constinit thread_local bool do_allocations_fail = false;

}  // namespace

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

// The sanitizers have operators of their own, and a hook that reports every allocation.
#include <sanitizer/allocator_interface.h>

namespace {

constexpr bool kIsOperatorReplaced = false;
[[maybe_unused]] const int kHooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { ++allocations; }, [](const volatile void*) {});

}  // namespace

#else

namespace {

constexpr bool kIsOperatorReplaced = true;

}  // namespace

// The aligned and nothrow forms stay those of the library.
void* operator new(std::size_t size) {
  ++allocations;
  void* memory = do_allocations_fail ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

#endif

namespace sigproof {

AllocationCount::AllocationCount() noexcept : before_(allocations) {}
std::uint64_t AllocationCount::soFar() const noexcept { return allocations - before_; }

bool AllocationsFail::isSupported() noexcept { return kIsOperatorReplaced; }
AllocationsFail::AllocationsFail() noexcept { do_allocations_fail = true; }
AllocationsFail::~AllocationsFail() { do_allocations_fail = false; }

}  // namespace sigproof
