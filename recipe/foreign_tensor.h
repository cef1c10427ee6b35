#ifndef WEIGHBRIDGE_RECIPE_FOREIGN_TENSOR_H_
#define WEIGHBRIDGE_RECIPE_FOREIGN_TENSOR_H_

#include <string>

#include "formats/checkpoint.h"
#include "proto/recipe.pb.h"

namespace weighbridge {

// Whether a recipe of one source is made for such a checkpoint, by names alone: the first tensor, in file order, of a kind that none of its
// rules speaks of, or "" where there is none. Layers of any number are of one kind, so that a checkpoint with too many of them, or with
// tensors missing, is still one for which the recipe is made; Compile says what is wrong with it. The recipe has passed ValidateRecipe.
std::string FindForeignTensor(const Recipe& recipe, const Checkpoint& checkpoint);

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_RECIPE_FOREIGN_TENSOR_H_
