// All models of sigproof-models. A mutant's check program has only the families that compile what
// the mutant changes (SIGPROOF_HAS_..., set by CMakeLists.txt), because each takes long to compile.
#include <utility>

#include "models/relacy/list/list_matrix.h"
#include "models/relacy/list/list_model.h"
#include "models/relacy/litmus/canaries.h"
#include "models/relacy/litmus/litmus.h"
#include "models/relacy/registry/registry_model.h"
#include "models/relacy/search/model.h"

namespace sigproof::models {

std::vector<Model> catalog() {
  std::vector<Model> all = canaries();
  const auto add = [&](std::vector<Model> models) {
    for (Model& model : models) all.push_back(std::move(model));
  };
  add(litmusModels());
#ifdef SIGPROOF_HAS_LIST_MODELS
  for (const ListProgram& program : listMatrix()) add(withBothLifetimes(makeListModel(program)));
#endif
#ifdef SIGPROOF_HAS_REGISTRY_MODELS
  for (const auto programs : {&registryHandlerPrograms, &registryDeliveryPrograms,
                              &registryLevelPrograms, &registryMovePrograms}) {
    for (const RegistryProgram& program : programs()) {
      add(withBothLifetimes(makeRegistryModel(program)));
    }
  }
#endif
  for (Model& model : all) model.cannot_see = whatRelacyCannotSee();
  return all;
}

}  // namespace sigproof::models
