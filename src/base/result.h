// Results: a value, or an error. Statuses are those of the C ABI, so that nothing needs translating.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "weir/status.h"

namespace weir {

/// A status with the reason worth telling. `line` counts from 1 where the error is in a text, else 0.
struct Error {
  weir_status status = WEIR_ERR_INTERNAL;
  std::string reason;
  std::uint32_t line = 0;
};

/// A T or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : v_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() { return std::get<0>(v_); }
  const T& value() const { return std::get<0>(v_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(v_); }

 private:
  std::variant<T, Error> v_;
};

}  // namespace weir
