#include "models/relacy/search/model.h"

#include <utility>

namespace sigproof::models {

std::vector<Model> withBothLifetimes(Model model) {
  std::vector<Model> models{std::move(model)};
  if (!models.front().reuses_addresses) return models;
  Model quarantined = models.front();
  quarantined.name += "@quarantine";
  quarantined.lifetime = Lifetime::kQuarantine;
  models.front().covered += " Freed addresses may come back.";
  quarantined.covered += " Freed addresses never come back.";
  models.push_back(std::move(quarantined));
  return models;
}

}  // namespace sigproof::models
