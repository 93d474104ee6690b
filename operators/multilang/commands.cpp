#include "operators/multilang/commands.hpp"

#include <fmt/format.h>

#include <limits>

namespace dnstorm::operators {

namespace {

// Deeper lists are no tuple, and writing one as text again takes a stack frame a level.
constexpr int depth_max = 64;
constexpr std::size_t excerpt_max = 120;

Error no_command(std::string_view text, std::string_view why) {
  return {ErrorKind::data,
          fmt::format("the child sent what is no multilang message ({}): {}", why, excerpt(text)),
          {}};
}

std::string text_of(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json& member(const Json& message, const char* name) {
  static const Json none;
  auto found = message.find(name);
  return found == message.end() ? none : *found;
}

// Storm takes a list of ids and, from bolts that are not careful, a single one.
std::vector<std::string> read_anchors(const Json& anchors) {
  std::vector<std::string> ids;
  if (anchors.is_array())
    for (const Json& id : anchors) ids.push_back(text_of(id));
  else if (!anchors.is_null())
    ids.push_back(text_of(anchors));
  return ids;
}

Result<Command> read_emit(const Json& message, std::string_view text) {
  EmitCommand emit;
  emit.values = member(message, "tuple");
  if (!emit.values.is_array()) return no_command(text, "`tuple` is a list");
  emit.anchors = read_anchors(member(message, "anchors"));
  emit.id = member(message, "id");
  const Json& stream = member(message, "stream");
  if (!stream.is_null()) emit.stream = text_of(stream);
  const Json& task = member(message, "task");
  if (!task.is_null()) {
    auto number = task.is_number_integer() ? task.get<std::int64_t>() : -1;
    if (number < 0 || number > std::numeric_limits<std::uint32_t>::max())
      return no_command(text, "`task` is the number of a task");
    emit.task = static_cast<std::uint32_t>(number);
  }
  const Json& wanted = member(message, "need_task_ids");
  if (wanted.is_boolean()) emit.need_task_ids = wanted.get<bool>();
  return Command(std::move(emit));
}

Result<Command> read_ack(const Json& message, std::string_view text, bool fail) {
  const Json& id = member(message, "id");
  if (!id.is_string() && !id.is_number()) return no_command(text, "it needs an `id`");
  if (fail) return Command(FailCommand{text_of(id)});
  return Command(AckCommand{text_of(id)});
}

Result<Command> read_command(const Json& message, std::string_view text) {
  const Json& pid = member(message, "pid");
  if (pid.is_number_integer()) return Command(PidCommand{pid.get<std::int64_t>()});
  const Json& command = member(message, "command");
  if (!command.is_string()) return no_command(text, "it needs a `command`");
  const auto& name = command.get_ref<const std::string&>();
  if (name == "emit") return read_emit(message, text);
  if (name == "ack" || name == "fail") return read_ack(message, text, name == "fail");
  if (name == "sync") return Command(SyncCommand{});
  if (name == "error") return Command(ErrorCommand{text_of(member(message, "msg"))});
  if (name == "metrics")
    return Command(MetricsCommand{text_of(member(message, "name")), member(message, "params")});
  if (name != "log") return no_command(text, "the command is not known");
  const Json& level = member(message, "level");
  return Command(LogCommand{text_of(member(message, "msg")),
                            level.is_number_integer() ? level.get<int>() : 2});
}

}  // namespace

std::string excerpt(std::string_view text) {
  std::string shown;
  for (char c : text.substr(0, excerpt_max))
    shown += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
  while (!shown.empty() && shown.back() == ' ') shown.pop_back();
  if (text.size() > excerpt_max) shown += " ...";
  return shown;
}

Result<Command> parse_command(std::string_view text) {
  bool deep = false;
  auto watch = [&deep](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > depth_max;
    return !deep;
  };
  Json message = Json::parse(text, watch, false);
  if (deep) return no_command(text, "it is nested too deep");
  if (message.is_discarded()) return no_command(text, "it is not JSON");
  if (!message.is_object()) return no_command(text, "it is not an object");
  return read_command(message, text);
}

}  // namespace dnstorm::operators
