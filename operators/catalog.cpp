#include "operators/catalog.hpp"

#include "operators/count/count.hpp"
#include "operators/count/distinct.hpp"
#include "operators/count/top.hpp"

namespace dnstorm::operators {

void add_builtin_operators(OperatorRegistry& registry) {
  registry.add(count_operator());
  registry.add(distinct_operator());
  registry.add(top_operator());
}

}  // namespace dnstorm::operators
