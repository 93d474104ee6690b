#include "cluster/zookeeper/detail/client.hpp"

#include <fmt/format.h>
#include <zookeeper/zookeeper.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace dnstorm::cluster::detail {

namespace {

// One call under way: what the C interface carries through as a pointer.
struct Call {
  std::function<void(int, Call&)> done;
  std::function<void(Call*)> forget;
  std::string text;                // of the answer
  std::vector<std::string> names;  // likewise
  std::vector<std::string> kept;   // what the request points to until it is answered
  zoo_op_t operations[2]{};
  zoo_op_result_t results[2]{};
  Stat stat{};
};

void finish(int code, const void* data) {
  auto* call = static_cast<Call*>(const_cast<void*>(data));
  auto forget = call->forget;
  call->done(code, *call);
  forget(call);
}

void on_stat(int code, const Stat*, const void* data) { finish(code, data); }
void on_void(int code, const void* data) { finish(code, data); }
void on_string(int code, const char* text, const void* data) {
  if (code == ZOK && text != nullptr) static_cast<Call*>(const_cast<void*>(data))->text = text;
  finish(code, data);
}
void on_strings(int code, const String_vector* strings, const void* data) {
  auto* call = static_cast<Call*>(const_cast<void*>(data));
  if (code == ZOK && strings != nullptr)
    call->names.assign(strings->data, strings->data + strings->count);
  finish(code, data);
}

int size_of(const std::string& text) { return static_cast<int>(text.size()); }

}  // namespace

struct ZooClient::State {
  zhandle_t* handle = nullptr;
  std::function<void(SessionState)> on_session;
  std::function<void()> on_change;
  std::mutex mutex;
  std::unordered_map<Call*, std::unique_ptr<Call>> calls;

  Call* begin(std::function<void(int, Call&)> done) {
    auto call = std::make_unique<Call>();
    Call* pointer = call.get();
    call->done = std::move(done);
    call->forget = [this](Call* ended) {
      std::lock_guard lock(mutex);
      calls.erase(ended);
    };
    std::lock_guard lock(mutex);
    calls.emplace(pointer, std::move(call));
    return pointer;
  }
  // A call that was not even sent is not answered by the client.
  static void sent(int code, Call* call) {
    if (code != ZOK) finish(code, call);
  }

  static void watch(zhandle_t*, int type, int state, const char*, void* context) {
    auto* self = static_cast<State*>(context);
    if (type != ZOO_SESSION_EVENT) return self->on_change();
    if (state == ZOO_CONNECTED_STATE)
      self->on_session(SessionState::connected);
    else if (state == ZOO_EXPIRED_SESSION_STATE || state == ZOO_AUTH_FAILED_STATE)
      self->on_session(SessionState::expired);
    else
      self->on_session(SessionState::disconnected);
  }
};

ZooAddress parse_zoo_address(const std::string& text) {
  std::size_t slash = std::min(text.find('/'), text.size());
  return {text.substr(0, slash), text.substr(slash)};
}

bool is_no_node(int code) { return code == ZNONODE; }
bool is_bad_version(int code) { return code == ZBADVERSION; }
std::string code_text(int code) { return zerror(code); }

ZooClient::ZooClient(std::unique_ptr<State> state) : state_(std::move(state)) {}

ZooClient::~ZooClient() { zookeeper_close(state_->handle); }

Result<std::unique_ptr<ZooClient>> ZooClient::open(const std::string& servers, DurationNs timeout,
                                                   std::function<void(SessionState)> on_session,
                                                   std::function<void()> on_change) {
  auto state = std::make_unique<State>();
  state->on_session = std::move(on_session);
  state->on_change = std::move(on_change);
  // The client's lines would go to standard error in its own form; what matters comes as events.
  static std::once_flag silenced;
  std::call_once(silenced, [] { zoo_set_debug_level(static_cast<ZooLogLevel>(0)); });
  state->handle = zookeeper_init(servers.c_str(), State::watch,
                                 static_cast<int>(timeout / ns_per_ms), nullptr, state.get(), 0);
  if (state->handle == nullptr)
    return Error{ErrorKind::unavailable,
                 fmt::format("ZooKeeper {}: cannot connect: {}: correct 'zookeeper' of the cluster "
                             "file",
                             servers, std::strerror(errno)),
                 "zookeeper"};
  return std::unique_ptr<ZooClient>(new ZooClient(std::move(state)));
}

DurationNs ZooClient::timeout() const { return zoo_recv_timeout(state_->handle) * ns_per_ms; }
std::int64_t ZooClient::session() const { return zoo_client_id(state_->handle)->client_id; }

void ZooClient::make_folder(const std::string& path) {
  Call* call = state_->begin([](int, Call&) {});
  state_->sent(zoo_acreate(state_->handle, path.c_str(), "", 0, &ZOO_OPEN_ACL_UNSAFE,
                           ZOO_PERSISTENT, on_string, call),
               call);
}

void ZooClient::make_candidate(const std::string& path,
                               std::function<void(int, std::string)> answer) {
  Call* call = state_->begin(
      [answer = std::move(answer)](int code, Call& ended) { answer(code, std::move(ended.text)); });
  state_->sent(zoo_acreate(state_->handle, path.c_str(), "", 0, &ZOO_OPEN_ACL_UNSAFE,
                           ZOO_EPHEMERAL_SEQUENTIAL, on_string, call),
               call);
}

void ZooClient::children(const std::string& path,
                         std::function<void(int, std::vector<std::string>)> answer) {
  Call* call = state_->begin([answer = std::move(answer)](int code, Call& ended) {
    answer(code, std::move(ended.names));
  });
  state_->sent(zoo_aget_children(state_->handle, path.c_str(), 0, on_strings, call), call);
}

void ZooClient::exists(const std::string& path, bool watch, std::function<void(int)> answer) {
  Call* call = state_->begin([answer = std::move(answer)](int code, Call&) { answer(code); });
  state_->sent(zoo_aexists(state_->handle, path.c_str(), watch ? 1 : 0, on_stat, call), call);
}

void ZooClient::set_guarded(const std::string& guard, const std::string& path,
                            const std::string& data,
                            std::function<void(int, std::int32_t)> answer) {
  Call* call = state_->begin(
      [answer = std::move(answer)](int code, Call& ended) { answer(code, ended.stat.version); });
  call->kept = {guard, path, data};
  zoo_check_op_init(&call->operations[0], call->kept[0].c_str(), any_version);
  zoo_set_op_init(&call->operations[1], call->kept[1].c_str(), call->kept[2].data(),
                  size_of(call->kept[2]), any_version, &call->stat);
  state_->sent(zoo_amulti(state_->handle, 2, call->operations, call->results, on_void, call), call);
}

int ZooClient::wait_children(const std::string& path, std::vector<std::string>& names) {
  String_vector strings{};
  int code = zoo_get_children(state_->handle, path.c_str(), 0, &strings);
  if (code != ZOK) return code;
  names.assign(strings.data, strings.data + strings.count);
  deallocate_String_vector(&strings);
  return code;
}

int ZooClient::wait_get(const std::string& path, std::string& data) {
  // jute.maxbuffer: no server gives more, unless it is told to.
  constexpr std::size_t size_max = 1 << 20;
  data.resize(size_max);
  int size = size_of(data);
  Stat stat{};
  int code = zoo_get(state_->handle, path.c_str(), 0, data.data(), &size, &stat);
  data.resize(code == ZOK && size > 0 ? static_cast<std::size_t>(size) : 0);
  return code;
}

int ZooClient::wait_change(const std::string& guard, std::int32_t guard_version, Change change,
                           const std::string& path, const std::string& data) {
  zoo_op_t operations[2]{};
  zoo_op_result_t results[2]{};
  Stat stat{};
  zoo_check_op_init(&operations[0], guard.c_str(), guard_version);
  switch (change) {
    case Change::none:
      return zoo_multi(state_->handle, 1, operations, results);
    case Change::make:
      zoo_create_op_init(&operations[1], path.c_str(), data.data(), size_of(data),
                         &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT, nullptr, 0);
      break;
    case Change::set:
      zoo_set_op_init(&operations[1], path.c_str(), data.data(), size_of(data), any_version, &stat);
      break;
    case Change::remove:
      zoo_delete_op_init(&operations[1], path.c_str(), any_version);
      break;
  }
  return zoo_multi(state_->handle, 2, operations, results);
}

}  // namespace dnstorm::cluster::detail
