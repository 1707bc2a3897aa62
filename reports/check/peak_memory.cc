#include "reports/check/peak_memory.h"

#include <sys/resource.h>

#include <algorithm>

namespace sigproof::reports {

std::uint64_t peakMemoryKib() {
  rusage own{};
  rusage children{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  return static_cast<std::uint64_t>(std::max(own.ru_maxrss, children.ru_maxrss));
}

}  // namespace sigproof::reports
