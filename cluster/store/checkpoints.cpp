#include "cluster/store/checkpoints.hpp"

namespace dnstorm::cluster {

delivery::TaskLayout layout_of(const CheckpointNote& note) {
  delivery::TaskLayout layout;
  for (const ComponentShape& component : note.layout)
    layout.push_back({component.id, component.tasks});
  return layout;
}

}  // namespace dnstorm::cluster
