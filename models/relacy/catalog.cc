// All models of sigproof-models.
#include <iterator>
#include <utility>

#include "models/relacy/list_model.h"
#include "models/relacy/model.h"
#include "models/relacy/registry_model.h"

namespace sigproof::models {

std::vector<Model> catalog() {
  std::vector<Model> all;
  for (const auto family :
       {&listHandlerModels, &listReaderModels, &listDetachModels, &registryHandlerModels,
        &registryDeliveryModels, &registryLevelModels, &registryMoveModels}) {
    for (Model& model : family()) all.push_back(std::move(model));
  }
  return all;
}

}  // namespace sigproof::models
