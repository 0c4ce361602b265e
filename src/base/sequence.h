// Arithmetic on counters that wrap (RTP sequence numbers, timestamps; RFC 3550 appendix A.1, RFC 1982).
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

namespace weir {

/// Signed distance from b to a on the circle: positive when a is ahead.
template <typename U>
constexpr std::make_signed_t<U> sequence_distance(U a, U b) {
  static_assert(std::is_unsigned_v<U>);
  return static_cast<std::make_signed_t<U>>(static_cast<U>(a - b));
}

template <typename U>
constexpr bool is_newer(U a, U b) {
  return sequence_distance<U>(a, b) > 0;
}

/// Extends a wrapping counter to 64 bits, relative to the newest value seen.
template <typename U>
class Unwrapper {
 public:
  /// The extended value of `v`; remembers it when it is the newest.
  std::int64_t unwrap(U v) {
    const std::int64_t extended = peek(v);
    if (!newest_ || extended > *newest_) newest_ = extended;
    return extended;
  }

  /// The extended value of `v` without remembering it.
  std::int64_t peek(U v) const {
    if (!newest_) return v;
    return *newest_ + sequence_distance<U>(v, static_cast<U>(*newest_));
  }

  std::optional<std::int64_t> newest() const { return newest_; }
  void reset() { newest_.reset(); }

 private:
  std::optional<std::int64_t> newest_;
};

}  // namespace weir
