// Cells of a row from text that people write: numbers (also by the names of the field's labels),
// true and false, addresses, texts. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {

// Whether such texts can be of that type: no times, no bytes.
bool has_cell_text(Type type);

// False: the text is no value of the field's type, which has such texts.
bool write_cell_text(const Field& field, std::string_view text, RowWriter& row,
                     std::uint32_t offset);

}  // namespace dnstorm::operators
