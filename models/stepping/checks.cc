#include <iterator>
#include <utility>

#include "models/stepping/engine/suite.h"

namespace sigproof::stepping {

std::vector<Check> makeChecks() {
  std::vector<Check> all = listChecks();
  std::vector<Check> more = registryChecks();
  std::move(more.begin(), more.end(), std::back_inserter(all));
  return all;
}

}  // namespace sigproof::stepping
