#include "cluster/store/sqlite_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cluster/model/codec.hpp"
#include "engine/sqlite/sqlite.hpp"

namespace dnstorm::cluster {

namespace {

namespace fs = std::filesystem;

constexpr int schema_version = 1;
constexpr const char* schema_sql = R"(
CREATE TABLE cluster(id INTEGER PRIMARY KEY CHECK(id = 1), state TEXT NOT NULL);
CREATE TABLE topologies(id TEXT PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE term(id INTEGER PRIMARY KEY CHECK(id = 1), last INTEGER NOT NULL);
INSERT INTO term VALUES(1, 0);
)";

// A file that only its owner reads: submissions may have passwords of databases in them. SQLite
// gives its other files the same mode.
Result<int> open_private(const std::string& path) {
  constexpr mode_t mode = 0600;
  int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode);
  if (file < 0)
    return Error{ErrorKind::io,
                 fmt::format("cannot be opened: {}: correct 'state' of the cluster file",
                             std::strerror(errno)),
                 "state"};
  return file;
}

}  // namespace

struct SqliteStore::State {
  std::string path;
  int lock = -1;
  SqliteDatabase database;
  SqliteStatement save_cluster, save, remove;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (lock >= 0) ::close(lock);
  }

  // Beside the file: SQLite's own locks are let go between statements, and an administrator may
  // look into the file with other programs.
  Result<void> take_lock() {
    lock = DNSTORM_TRY(open_private(path + ".lock"));
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK)
      return Error{ErrorKind::io, fmt::format("cannot be locked: {}", std::strerror(errno)), {}};
    return Error{ErrorKind::unavailable,
                 "another coordinator runs on it: end that, or give this one a 'state' of its own",
                 "state"};
  }

  Result<void> set_up() {
    DNSTORM_CHECK(
        database.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN IMMEDIATE"));
    std::int64_t version = DNSTORM_TRY(database.integer("PRAGMA user_version"));
    std::int64_t tables = DNSTORM_TRY(database.integer("SELECT count(*) FROM sqlite_master"));
    if (version > schema_version)
      return Error{ErrorKind::data,
                   fmt::format("was written by a newer dnstorm (schema {}, this one knows {}): "
                               "update dnstorm",
                               version, schema_version),
                   "state"};
    if (version == 0 && tables > 0)
      return Error{ErrorKind::data,
                   "is a SQLite file of another program: correct 'state' of the cluster file",
                   "state"};
    if (version == 0)
      DNSTORM_CHECK(
          database.run(fmt::format("{} PRAGMA user_version={}", schema_sql, schema_version)));
    return database.run("COMMIT");
  }

  Result<void> prepare() {
    save_cluster = DNSTORM_TRY(database.prepare(
        "INSERT INTO cluster VALUES(1, ?1) ON CONFLICT DO UPDATE SET state = excluded.state"));
    save = DNSTORM_TRY(
        database.prepare("INSERT INTO topologies VALUES(?1, ?2) ON CONFLICT DO UPDATE SET record = "
                         "excluded.record"));
    remove = DNSTORM_TRY(database.prepare("DELETE FROM topologies WHERE id = ?1"));
    return {};
  }

  Result<void> open() {
    DNSTORM_CHECK(take_lock());
    ::close(DNSTORM_TRY(open_private(path)));
    // Other programs may look into it for a moment.
    database = DNSTORM_TRY(SqliteDatabase::open(path, 2 * ns_per_s));
    DNSTORM_CHECK(set_up());
    return prepare();
  }

  Result<StoredState> load() {
    StoredState state;
    SqliteStatement cluster = DNSTORM_TRY(database.prepare("SELECT state FROM cluster"));
    if (DNSTORM_TRY(cluster.step())) state = DNSTORM_TRY(state_from_json(cluster.column_text(0)));
    SqliteStatement all =
        DNSTORM_TRY(database.prepare("SELECT id, record FROM topologies ORDER BY id"));
    while (DNSTORM_TRY(all.step())) {
      auto record = record_from_json(all.column_text(1));
      if (!record.ok()) return std::move(record.error()).within("topology " + all.column_text(0));
      state.topologies.push_back(std::move(*record));
    }
    return state;
  }

  // `done` with the file's name before its sentence.
  template <class T>
  Result<T> told(Result<T> done) const {
    if (done.ok()) return done;
    return std::move(done.error()).within(path);
  }
  Result<void> run(SqliteStatement& statement) const {
    auto done = statement.step();
    if (!done.ok()) return std::move(done.error()).within(path);
    return {};
  }
};

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  // What cannot be made shows when the file is opened.
  std::error_code ignored;
  fs::path folder = fs::path(path).parent_path();
  if (fs::create_directories(folder, ignored))
    fs::permissions(folder, fs::perms::owner_all, ignored);
  DNSTORM_CHECK(state->told(state->open()));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(state)));
}

Result<std::uint64_t> SqliteStore::begin_term() {
  // Not by RETURNING: a statement whose rows are not read to the end does not tell that it could
  // not be written.
  DNSTORM_CHECK(state_->told(state_->database.run("UPDATE term SET last = last + 1")));
  auto term = state_->told(state_->database.integer("SELECT last FROM term"));
  if (!term.ok()) return std::move(term.error());
  return static_cast<std::uint64_t>(*term);
}

Result<StoredState> SqliteStore::load() { return state_->told(state_->load()); }

Result<void> SqliteStore::save_cluster(const StoredState& stored) {
  std::string text = to_json(stored);
  state_->save_cluster.bind(1, text);
  return state_->run(state_->save_cluster);
}

Result<void> SqliteStore::save(const TopologyRecord& record) {
  std::string text = to_json(record);
  state_->save.bind(1, record.id);
  state_->save.bind(2, text);
  return state_->run(state_->save);
}

Result<void> SqliteStore::remove(const std::string& topology) {
  state_->remove.bind(1, topology);
  return state_->run(state_->remove);
}

}  // namespace dnstorm::cluster
