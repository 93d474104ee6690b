// Result<T>: a value, or an Error that says what went wrong, where, and what to do.
// For operating failures only (a file that is missing, a server that does not answer). Bugs are
// assertions, bad packets are counted enums (CONTRIBUTING.md, "three kinds of failure").
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/assert.hpp"

namespace dnstorm {

// What kind of failure it is; the command line turns it into an exit code (sysexits.h).
enum class ErrorKind {
  usage,        // the command or the topology is wrong             -> 64
  data,         // the input is not what it should be               -> 65
  no_input,     // the input is not there or cannot be opened       -> 66
  unavailable,  // a service or a device does not answer            -> 69
  internal,     // a bug                                            -> 70
  io,           // reading or writing failed midway                 -> 74
  permission,   // not allowed                                      -> 77
  config,       // a configuration or topology file is wrong        -> 78
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string what;  // one sentence: what is wrong, where, what to do
  std::string
      subject;  // the option or field it is about, if one; lets a reader name line and column

  // Puts the place of the failure before the sentence: "capture.pcap: ...".
  Error within(std::string_view place) && {
    what = std::string(place) + ": " + what;
    return std::move(*this);
  }
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return check(), std::get<0>(state_); }
  const T& value() const& { return check(), std::get<0>(state_); }
  T&& value() && { return check(), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() { return std::get<1>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  void check() const { DNSTORM_ASSERT(ok(), "a Result without a value is used", error().what); }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  Error& error() { return *error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace dnstorm

// Evaluates to the value, or returns the error to the caller (a statement expression of GCC and
// clang).
#define DNSTORM_TRY(expression)                                         \
  __extension__({                                                       \
    auto dnstorm_result = (expression);                                 \
    if (!dnstorm_result.ok()) return std::move(dnstorm_result.error()); \
    std::move(dnstorm_result).value();                                  \
  })

#define DNSTORM_CHECK(expression)                                       \
  do {                                                                  \
    auto dnstorm_result = (expression);                                 \
    if (!dnstorm_result.ok()) return std::move(dnstorm_result.error()); \
  } while (false)
