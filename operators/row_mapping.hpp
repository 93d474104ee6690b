// Rows of an input passed on with fields added or changed: everything that is the same for the
// bolts that do so.
//
// A RowMapping says what is added or changed and writes it; the bolt around it copies the rest of
// each row: runs of fields of fixed width by one memcpy, texts with their hashes as they are.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/bolt.hpp"
#include "engine/api/registry.hpp"

namespace dnstorm::operators {

class RowMapping {
 public:
  virtual ~RowMapping() = default;
  // Once; `in` and `out` as pruned: fields that nobody reads are not there.
  virtual Result<void> prepare(const TaskContext& task, const Schema& in, const Schema& out) = 0;
  // Before the rows of a batch.
  virtual void begin_batch() {}
  // All fields of `out` with the name and type of a field of the input, and those renamed, have
  // been copied, but for the changed ones.
  virtual void write(const RowView& in, RowWriter& out) = 0;
};

// Copies what two schemas have in common: fields of one name and type.
class RowCopier {
 public:
  RowCopier() = default;
  // `changed`: fields of `out` that somebody else writes. `renamed`: of others, by their name in
  // `out`, the name in `in`.
  RowCopier(const Schema& in, const Schema& out, const std::vector<std::string>& changed,
            const std::map<std::string, std::string>& renamed = {});

  void copy(const RowView& in, RowWriter& out) const {
    for (const Run& run : runs_) std::memcpy(out.data() + run.to, in.data() + run.from, run.size);
    for (const Text& text : texts_) {
      FieldRef<Str> from{text.from};
      out.set_str(FieldRef<Str>{text.to}, in.get(from), in.hash(from));
    }
    for (const Text& bytes : bytes_)
      out.set_bytes(FieldRef<Bytes>{bytes.to}, in.get(FieldRef<Bytes>{bytes.from}));
  }

 private:
  struct Run {
    std::uint32_t from, to, size;
  };
  struct Text {
    std::uint32_t from, to;
  };
  std::vector<Run> runs_;
  std::vector<Text> texts_, bytes_;
};

// What `declare` answers for such a bolt. `reads`: what it reads of the input; `added`: fields,
// none of them with the name of another; `dropped`: fields of the input that do not go on. Fails
// unless there is one input.
Result<Declaration> declare_mapping(const std::string& name, const std::vector<InputDecl>& inputs,
                                    std::vector<std::string> reads, std::vector<Field> added,
                                    const std::vector<std::string>& dropped = {});

// The same of the fields as they go on, for one input.
Declaration declare_mapped(std::vector<Field> fields, std::vector<std::string> reads);

// `changed`, `renamed`: as of RowCopier.
std::unique_ptr<Bolt> make_mapping_bolt(std::unique_ptr<RowMapping> mapping,
                                        std::vector<std::string> changed = {},
                                        std::map<std::string, std::string> renamed = {});

// For `declare` of what passes one stream on.
Result<void> require_one_input(const std::string& name, const std::vector<InputDecl>& inputs);

// For `declare`: that the input has this field, and of this type. `subject`: the option that names
// it; `user`: the name of the operator.
Result<Field> require_type(const InputDecl& input, const std::string& name, Type type,
                           const std::string& subject, const std::string& user);

}  // namespace dnstorm::operators
