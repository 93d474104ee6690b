#include "engine/sqlite/sqlite.hpp"

#include <sqlite3.h>

#include <cstring>

namespace dnstorm {

namespace {

Error sqlite_error(sqlite3* database, int code) {
  int primary = code & 0xff;
  ErrorKind kind = primary == SQLITE_PERM || primary == SQLITE_READONLY || primary == SQLITE_AUTH
                       ? ErrorKind::permission
                       : ErrorKind::io;
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
    return {ErrorKind::io, "is locked by another process: end that, or name another file", "file"};
  if (primary == SQLITE_CANTOPEN && database != nullptr && sqlite3_system_errno(database) != 0)
    return {kind, std::string("cannot be opened: ") + std::strerror(sqlite3_system_errno(database)),
            "file"};
  if (primary == SQLITE_FULL) return {ErrorKind::io, "the disk is full: make room", "file"};
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
    return {ErrorKind::data, "is damaged, or no SQLite file: put back a copy, or move it away",
            "file"};
  return {kind, database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database), "file"};
}

}  // namespace

void SqliteStatement::Closer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteDatabase::Closer::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

void SqliteStatement::bind(int parameter, std::int64_t number) {
  int code = sqlite3_bind_int64(statement_.get(), parameter, number);
  DNSTORM_ASSERT(code == SQLITE_OK, "a parameter that the statement does not have", parameter);
}

void SqliteStatement::bind(int parameter, std::string_view text) {
  int code = sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
  DNSTORM_ASSERT(code == SQLITE_OK, "a parameter that the statement does not have", parameter);
}

Result<bool> SqliteStatement::step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_.get());
  if (code == SQLITE_DONE) return false;
  return sqlite_error(sqlite3_db_handle(statement_.get()), code);
}

void SqliteStatement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t SqliteStatement::column_integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double SqliteStatement::column_real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string SqliteStatement::column_text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {reinterpret_cast<const char*>(text), size};
}

Result<SqliteDatabase> SqliteDatabase::open(const std::string& path, DurationNs busy_timeout) {
  return open_as(path, busy_timeout, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<SqliteDatabase> SqliteDatabase::open_for_reading(const std::string& path,
                                                        DurationNs busy_timeout) {
  return open_as(path, busy_timeout, SQLITE_OPEN_READONLY);
}

Result<SqliteDatabase> SqliteDatabase::open_as(const std::string& path, DurationNs busy_timeout,
                                               int flags) {
  sqlite3* raw = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database;
  database.database_.reset(raw);
  if (code != SQLITE_OK) return sqlite_error(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout / ns_per_ms));
  return database;
}

Result<void> SqliteDatabase::run(const std::string& sql) {
  int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(database_.get(), code);
  return {};
}

Result<SqliteStatement> SqliteDatabase::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(database_.get(), sql.c_str(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return sqlite_error(database_.get(), code);
  return SqliteStatement(statement);
}

Result<std::int64_t> SqliteDatabase::integer(const std::string& sql) {
  SqliteStatement statement = DNSTORM_TRY(prepare(sql));
  bool row = DNSTORM_TRY(statement.step());
  return row ? statement.column_integer(0) : 0;
}

std::int64_t SqliteDatabase::last_row_id() const {
  return sqlite3_last_insert_rowid(database_.get());
}

std::int64_t SqliteDatabase::changes() const { return sqlite3_changes64(database_.get()); }

}  // namespace dnstorm
