// Errors as values: whatever a file, a request or a user can cause is returned, with where, expected and got.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace hanok {

// What went wrong, coarsely: the app chooses its translated headline and exit code from it.
enum class ErrorKind {
  kInvalidInput,
  kCorruptFile,
  kUnsupported,
  kNotFound,
  kIo,
  kNetwork,
  kOutOfMemory,
  kLimit,
  kRefused,
  kInterrupted,
  kPassword,  // one is needed, or the one given is wrong
  kProtected  // locked by its maker (DRM): nothing we may or can open
};

struct Error {
  ErrorKind kind = ErrorKind::kInvalidInput;
  std::string what;      // one short sentence, lower-case, no full stop
  std::string where;     // file, tensor, key, line, byte offset; may be empty
  std::string expected;  // may be empty
  std::string got;       // may be empty
  std::string hint;      // what to do next; may be empty

  // "where: what: expected …, got … (hint)"; parts that are empty are left out. Always valid
  // UTF-8 and without control characters but line feeds, whatever the parts hold.
  std::string to_string() const;

  // The same error seen from further out: `outer` is put before `where`.
  Error in(const std::string& outer) const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> fail(ErrorKind kind, std::string what, std::string where = {}, std::string expected = {},
                                  std::string got = {}, std::string hint = {}) {
  return tl::unexpected<Error>(
      Error{kind, std::move(what), std::move(where), std::move(expected), std::move(got), std::move(hint)});
}

}  // namespace hanok

#define HANOK_CONCAT_(a, b) a##b
#define HANOK_CONCAT(a, b) HANOK_CONCAT_(a, b)
// HANOK_TRY(auto x, expression): declares x as the value of a Result, or returns its error.
#define HANOK_TRY(decl, expr) HANOK_TRY_(decl, expr, HANOK_CONCAT(hanok_result_, __LINE__))
#define HANOK_TRY_(decl, expr, r)                      \
  auto r = (expr);                                     \
  if (!r) return tl::unexpected(std::move(r.error())); \
  decl = std::move(*r)
// HANOK_RETURN_IF_ERROR(expression): returns the error of a Status, if it has one.
#define HANOK_RETURN_IF_ERROR(expr)                                                                        \
  do {                                                                                                     \
    if (auto hanok_status = (expr); !hanok_status) return tl::unexpected(std::move(hanok_status.error())); \
  } while (0)
