#include "operators/catalog.hpp"

namespace dnstorm::operators {

void add_builtin_operators(OperatorRegistry& /*registry*/) {}

}  // namespace dnstorm::operators
