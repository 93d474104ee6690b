#include "engine/topology/detail/streams.hpp"

namespace dnstorm::topology::detail {

namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

class StreamReader {
 public:
  explicit StreamReader(Problems& problems) : problems_(problems) {}

  Stream read(const Node& node) {
    Fields fields(node, "a stream", problems_);
    Stream stream;
    stream.place = node.place;
    if (const Node* name = fields.scalar("name")) stream.name = name->text;
    if (const Node* from = fields.require_scalar("from")) {
      stream.from = from->text;
      stream.from_place = from->place;
    }
    if (const Node* to = fields.require_scalar("to")) {
      stream.to = to->text;
      stream.to_place = to->place;
    }
    if (!stream.from.empty() && !stream.to.empty())
      fields.rename(fmt::format("stream '{}' -> '{}'", shown(stream.from), shown(stream.to)));
    stream.grouping_place = stream.stream_id_place = stream.args_place = stream.place;
    if (const Entry* grouping = fields.find("grouping")) read_grouping(*grouping, fields, stream);
    fields.finish();
    return stream;
  }

 private:
  void read_grouping(const Entry& grouping, const Fields& owner, Stream& stream) {
    Fields fields(*grouping.value, fmt::format("the grouping of {}", owner.what()), problems_);
    stream.grouping_place = stream.stream_id_place = stream.args_place = grouping.place;
    const Node* type = fields.require_scalar("type");
    if (type != nullptr) read_grouping_type(*type, fields, stream);
    if (const Node* id = fields.scalar("streamId")) {
      stream.stream_id = id->text;
      stream.stream_id_place = id->place;
    }
    const Entry* args = fields.find("args");
    fields.refuse("customClass", "is not supported yet");
    fields.finish();
    if (type == nullptr) return;
    if (args != nullptr) read_args(*args, fields, stream);
    if (groups_by_key(stream.grouping) && stream.args.empty())
      problems_.add(stream.args_place,
                    fmt::format("{} is {} and has no 'args': the fields to group by, "
                                "as in args: [qname]",
                                fields.what(), name_of(stream.grouping)));
  }

  void read_grouping_type(const Node& node, const Fields& fields, Stream& stream) {
    std::string name = upper(node.text);
    if (auto grouping = grouping_named(name)) {
      stream.grouping = *grouping;
      return;
    }
    if (name == "CUSTOM")
      problems_.add(node.place,
                    fmt::format("{} is {}, which is not supported yet", fields.what(), name));
    else
      problems_.add(node.place, fmt::format("{} has the unknown type '{}'{}", fields.what(),
                                            shown(node.text), suggestion(name, grouping_names())));
  }

  void read_args(const Entry& args, const Fields& fields, Stream& stream) {
    stream.args_place = args.value->kind == Node::Kind::null ? args.place : args.value->place;
    auto option = raw_option("args", args.place, *args.value, problems_);
    if (option) stream.args = std::move(option->values);
    if (!groups_by_key(stream.grouping))
      problems_.add(args.place, fmt::format("{} has 'args', which only FIELDS and PARTIAL_KEY take",
                                            fields.what()));
  }

  Problems& problems_;
};

}  // namespace

Stream read_stream(const Node& node, Problems& problems) {
  return StreamReader(problems).read(node);
}

}  // namespace dnstorm::topology::detail
