#include "engine/topology/detail/streams.hpp"

#include "engine/topology/detail/written.hpp"

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
  StreamReader(Objects& objects, Problems& problems) : objects_(objects), problems_(problems) {}

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
    const Entry* custom = fields.find("customClass");
    fields.finish();
    if (type == nullptr) return;
    if (custom != nullptr) read_custom_class(*custom, fields, stream);
    if (custom == nullptr && stream.grouping == GroupingType::custom)
      problems_.add(type->place,
                    fmt::format("{} is CUSTOM and has no 'customClass': the grouping, as in "
                                "customClass: {{className: first_tasks}}",
                                fields.what()));
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
    problems_.add(node.place, fmt::format("{} has the unknown type '{}'{}", fields.what(),
                                          shown(node.text), suggestion(name, grouping_names())));
  }

  void read_custom_class(const Entry& custom, const Fields& owner, Stream& stream) {
    Fields fields(*custom.value, fmt::format("'customClass' in {}", owner.what()), problems_);
    CustomClass made;
    const Node* name = fields.require_scalar("className");
    if (name != nullptr) {
      made.class_name = name->text;
      made.class_name_place = name->place;
    }
    static_cast<WrittenOptions&>(made) = read_written(fields, objects_, problems_);
    refuse_factory(fields, "a grouping");
    fields.finish();
    if (stream.grouping != GroupingType::custom)
      problems_.add(custom.place,
                    fmt::format("{} has a 'customClass', which only CUSTOM takes", owner.what()));
    else if (name != nullptr)
      stream.custom = std::move(made);
  }

  void read_args(const Entry& args, const Fields& fields, Stream& stream) {
    stream.args_place = args.value->kind == Node::Kind::null ? args.place : args.value->place;
    auto option = raw_option("args", args.place, *args.value, problems_);
    if (option) stream.args = std::move(option->values);
    if (!groups_by_key(stream.grouping))
      problems_.add(args.place, fmt::format("{} has 'args', which only FIELDS and PARTIAL_KEY take",
                                            fields.what()));
  }

  Objects& objects_;
  Problems& problems_;
};

}  // namespace

Stream read_stream(const Node& node, Objects& objects, Problems& problems) {
  return StreamReader(objects, problems).read(node);
}

}  // namespace dnstorm::topology::detail
