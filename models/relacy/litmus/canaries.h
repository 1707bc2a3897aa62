// Bugs that the models must catch in every run, because a checker that can't fail shows nothing. A
// canary runs one of the models with a known bug in the code under test, and passes if the model
// fails.
#pragma once

#include <vector>

#include "models/relacy/search/model.h"

namespace sigproof::models {

/// The checks model/canary_*. Their victims are models of catalog().
std::vector<Model> canaries();

}  // namespace sigproof::models
