// A condition of a filter, bound to a schema: picks the rows of a batch that meet it. One pass per
// condition over the rows that are left, so that each is a tight loop over one type.
#pragma once

#include <memory>
#include <vector>

#include "engine/api/batch.hpp"
#include "operators/shape/filter_expression.hpp"

namespace dnstorm::operators {

class RowTest {
 public:
  virtual ~RowTest() = default;
  // Removes the rows that do not meet the condition; the rest stays in order.
  virtual void narrow(const Batch& batch, Selection& rows) const = 0;
};

// Gives the words of the condition the meaning that the field's type has: numbers, also by the
// names of the field's label table (NXDOMAIN); true and false; addresses and prefixes; text. The
// error says what is wrong with the field, operator or literal. `field` is one of `schema`.
Result<std::unique_ptr<RowTest>> make_row_test(const FilterCondition& condition,
                                               const Schema& schema);

}  // namespace dnstorm::operators
