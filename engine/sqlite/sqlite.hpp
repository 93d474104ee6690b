// SQLite behind a small RAII face; the only place that includes sqlite3.h is sqlite.cpp. A
// connection and its statements belong to one thread. Errors are Error{io, data or permission};
// where the user can do something about it, they say what, else in SQLite's own words.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace dnstorm {

class SqliteStatement {
 public:
  SqliteStatement() = default;
  // Parameters are numbered from 1. The text must live until the next run() has returned.
  void bind(int parameter, std::int64_t number);
  void bind(int parameter, std::string_view text);
  // Runs to the next row: true if there is one. Ready for new parameters after false or an error.
  Result<bool> step();
  void reset();
  std::int64_t column_integer(int column) const;
  double column_real(int column) const;
  std::string column_text(int column) const;

 private:
  friend class SqliteDatabase;
  struct Closer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Closer> statement_;
};

class SqliteDatabase {
 public:
  SqliteDatabase() = default;
  // Opens the file, and makes it if there is none. Whoever holds its lock is waited for that long.
  static Result<SqliteDatabase> open(const std::string& path, DurationNs busy_timeout);
  // Of a file that is there, which is not changed.
  static Result<SqliteDatabase> open_for_reading(const std::string& path, DurationNs busy_timeout);

  // One or several statements without parameters and results.
  Result<void> run(const std::string& sql);
  Result<SqliteStatement> prepare(const std::string& sql);
  // The first column of the first row; 0 if there is none.
  Result<std::int64_t> integer(const std::string& sql);
  std::int64_t last_row_id() const;
  std::int64_t changes() const;

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  static Result<SqliteDatabase> open_as(const std::string& path, DurationNs busy_timeout,
                                        int flags);
  std::unique_ptr<sqlite3, Closer> database_;
};

}  // namespace dnstorm
