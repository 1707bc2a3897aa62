// All models of sigproof-models.
#include <utility>

#include "models/relacy/canaries.h"
#include "models/relacy/list_matrix.h"
#include "models/relacy/list_model.h"
#include "models/relacy/litmus.h"
#include "models/relacy/model.h"
#include "models/relacy/registry_model.h"

namespace sigproof::models {

std::vector<Model> catalog() {
  std::vector<Model> all = canaries();
  const auto add = [&](std::vector<Model> models) {
    for (Model& model : models) all.push_back(std::move(model));
  };
  add(litmusModels());
  for (const ListProgram& program : listMatrix()) add(withBothLifetimes(makeListModel(program)));
  for (const auto family : {&registryHandlerModels, &registryDeliveryModels, &registryLevelModels,
                            &registryMoveModels}) {
    for (Model& model : family()) add(withBothLifetimes(std::move(model)));
  }
  return all;
}

}  // namespace sigproof::models
