#include "cluster/redis/checkpoint_redis.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "cluster/model/codec.hpp"
#include "engine/delivery/checkpoint_bytes.hpp"

namespace dnstorm::cluster {

namespace {

constexpr std::size_t kept = 2;
constexpr timeval patience{5, 0};  // for a connection, and for an answer

std::optional<int> whole_number(std::string_view text, int most) {
  int value = 0;
  auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc() || end != text.data() + text.size() || value < 0 || value > most)
    return std::nullopt;
  return value;
}

}  // namespace

std::optional<RedisAddress> parse_redis_address(const std::string& address) {
  constexpr std::string_view scheme = "redis://";
  if (address.rfind(scheme, 0) != 0) return std::nullopt;
  std::string_view rest = std::string_view(address).substr(scheme.size());
  RedisAddress result;
  if (std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    constexpr int databases_max = 99'999;
    auto database = whole_number(rest.substr(slash + 1), databases_max);
    if (!database) return std::nullopt;
    result.database = *database;
    rest = rest.substr(0, slash);
  }
  std::size_t colon = rest.rfind(':');
  bool bracketed = rest.starts_with('[');
  if (colon != std::string_view::npos && (!bracketed || rest[colon - 1] == ']')) {
    auto port = whole_number(rest.substr(colon + 1), 65'535);
    if (!port || *port == 0) return std::nullopt;
    result.port = *port;
    rest = rest.substr(0, colon);
  }
  if (bracketed) {
    if (!rest.ends_with(']')) return std::nullopt;
    rest = rest.substr(1, rest.size() - 2);
  }
  // A user or a password would end in logs.
  if (rest.empty() || rest.find('@') != std::string_view::npos) return std::nullopt;
  result.host = rest;
  return result;
}

struct CheckpointRedis::Reply {
  struct Free {
    void operator()(redisReply* reply) const { ::freeReplyObject(reply); }
  };
  std::unique_ptr<redisReply, Free> of;
};

void CheckpointRedis::Close::operator()(redisContext* connection) const { ::redisFree(connection); }

CheckpointRedis::CheckpointRedis(RedisAddress server, std::string address, std::string prefix,
                                 std::string password)
    : server_(std::move(server)),
      address_(std::move(address)),
      prefix_(std::move(prefix)),
      password_(std::move(password)) {}
CheckpointRedis::~CheckpointRedis() = default;

Result<std::unique_ptr<CheckpointRedis>> CheckpointRedis::open(const std::string& address,
                                                               const std::string& cluster,
                                                               std::string password) {
  auto server = parse_redis_address(address);
  if (!server)
    return Error{ErrorKind::config,
                 fmt::format("{}: this is no address of a Redis server: redis://HOST:PORT/DATABASE",
                             address),
                 "checkpoints"};
  std::unique_ptr<CheckpointRedis> store(
      new CheckpointRedis(std::move(*server), address,
                          fmt::format("dnstorm:{}:checkpoints:", cluster), std::move(password)));
  DNSTORM_CHECK(store->connect());
  return store;
}

Error CheckpointRedis::error(const std::string& what) const {
  return {ErrorKind::io,
          fmt::format("{}: checkpoints cannot be kept there: {}: see to the server, or correct "
                      "'checkpoints' of the cluster file",
                      address_, what),
          "checkpoints"};
}

Result<void> CheckpointRedis::connect() {
  connection_.reset(::redisConnectWithTimeout(server_.host.c_str(), server_.port, patience));
  if (!connection_) return error("no memory");
  if (connection_->err != 0) {
    std::string why = connection_->errstr;
    connection_.reset();
    return error(why);
  }
  ::redisSetTimeout(connection_.get(), patience);
  auto first = password_.empty() ? ask_once({"PING"}) : ask_once({"AUTH", password_});
  if (first.ok()) first = ask_once({"SELECT", std::to_string(server_.database)});
  if (first.ok()) return {};
  connection_.reset();
  return std::move(first.error());
}

Result<CheckpointRedis::Reply> CheckpointRedis::ask_once(const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  Reply reply{std::unique_ptr<redisReply, Reply::Free>(static_cast<redisReply*>(::redisCommandArgv(
      connection_.get(), static_cast<int>(texts.size()), texts.data(), sizes.data())))};
  if (!reply.of) {
    std::string why = connection_->errstr;
    connection_.reset();  // hiredis does not go on with it
    return error(why);
  }
  if (reply.of->type == REDIS_REPLY_ERROR) return error(std::string(reply.of->str, reply.of->len));
  return reply;
}

// All words may be said twice: a connection that has been closed meanwhile is found out by using
// it.
Result<CheckpointRedis::Reply> CheckpointRedis::ask(const std::vector<std::string>& words) {
  bool fresh = !connection_;
  if (fresh) DNSTORM_CHECK(connect());
  auto reply = ask_once(words);
  if (reply.ok() || connection_ || fresh) return reply;
  DNSTORM_CHECK(connect());
  return ask_once(words);
}

Result<std::vector<std::uint64_t>> CheckpointRedis::numbers(const std::string& key) {
  auto reply = ask({"HKEYS", key});
  if (!reply.ok()) return std::move(reply.error());
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < reply->of->elements; ++i) {
    const redisReply& field = *reply->of->element[i];
    std::uint64_t number = 0;
    if (std::from_chars(field.str, field.str + field.len, number).ec == std::errc())
      numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end(), std::greater<>());
  return numbers;
}

Result<void> CheckpointRedis::write(const std::string& topology,
                                    const StoredCheckpoint& checkpoint) {
  std::string bytes =
      delivery::checkpoint_bytes(checkpoint.checkpoint, checkpoint.fingerprint,
                                 layout_of(checkpoint.note), to_json(checkpoint.note));
  std::string number = std::to_string(checkpoint.checkpoint.number);
  auto written = ask({"HSET", key(topology), number, bytes});
  if (!written.ok()) return std::move(written.error());
  auto all = DNSTORM_TRY(numbers(key(topology)));
  std::vector<std::string> old{"HDEL", key(topology)};
  for (std::size_t i = kept; i < all.size(); ++i) old.push_back(std::to_string(all[i]));
  if (old.size() == 2) return {};
  auto removed = ask(old);
  if (!removed.ok()) return std::move(removed.error());
  return {};
}

Result<Checkpoints::Found> CheckpointRedis::read(const std::string& topology, std::uint64_t last) {
  Found result;
  auto all = DNSTORM_TRY(numbers(key(topology)));
  for (std::uint64_t number : all) {
    if (number > last) continue;
    std::string place = fmt::format("{} {} {}", address_, key(topology), number);
    auto reply = ask({"HGET", key(topology), std::to_string(number)});
    if (!reply.ok()) return std::move(reply.error());
    if (reply->of->type != REDIS_REPLY_STRING) continue;  // removed meanwhile
    auto content = delivery::checkpoint_of({reply->of->str, reply->of->len});
    if (!content) {
      result.damaged.push_back(place + ": damaged");
      continue;
    }
    if (content->other_version)
      return Error{ErrorKind::data,
                   fmt::format("{}: it is of another version of dnstorm: go on with that version, "
                               "or kill the topology and submit it anew",
                               place),
                   {}};
    auto note = checkpoint_note_from_json(content->note);
    if (!note.ok() || layout_of(*note) != content->layout)
      return Error{ErrorKind::data,
                   fmt::format("{}: was not written by a coordinator: remove it", place),
                   {}};
    result.checkpoint =
        StoredCheckpoint{content->fingerprint, std::move(*note), std::move(content->checkpoint)};
    return result;
  }
  return result;
}

Result<void> CheckpointRedis::remove(const std::string& topology) {
  auto removed = ask({"DEL", key(topology)});
  if (!removed.ok()) return std::move(removed.error());
  return {};
}

}  // namespace dnstorm::cluster
