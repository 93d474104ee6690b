// The options of an object as the file has them: constructorArgs, properties, configMethods. What
// they mean is for plan.
#pragma once

#include "engine/topology/detail/objects.hpp"

namespace dnstorm::topology::detail {

WrittenOptions read_written(Fields& fields, Objects& objects, Problems& problems);
// Of an object that is an operator or a grouping: no static method makes it.
void refuse_factory(Fields& fields, std::string_view what);

}  // namespace dnstorm::topology::detail
