// Views of bytes, and a bounded reader and writer of big-endian fields ("network order").
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace weir {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr std::uint16_t load_u16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>((p[0] << 8) | p[1]);
}
constexpr std::uint32_t load_u24(const std::uint8_t* p) {
  return (std::uint32_t{p[0]} << 16) | (std::uint32_t{p[1]} << 8) | p[2];
}
constexpr std::uint32_t load_u32(const std::uint8_t* p) {
  return (std::uint32_t{load_u16(p)} << 16) | load_u16(p + 2);
}
constexpr std::uint64_t load_u64(const std::uint8_t* p) {
  return (std::uint64_t{load_u32(p)} << 32) | load_u32(p + 4);
}
constexpr void store_u16(std::uint8_t* p, std::uint16_t v) {
  p[0] = static_cast<std::uint8_t>(v >> 8);
  p[1] = static_cast<std::uint8_t>(v);
}
constexpr void store_u24(std::uint8_t* p, std::uint32_t v) {
  p[0] = static_cast<std::uint8_t>(v >> 16);
  store_u16(p + 1, static_cast<std::uint16_t>(v));
}
constexpr void store_u32(std::uint8_t* p, std::uint32_t v) {
  store_u16(p, static_cast<std::uint16_t>(v >> 16));
  store_u16(p + 2, static_cast<std::uint16_t>(v));
}
constexpr void store_u64(std::uint8_t* p, std::uint64_t v) {
  store_u32(p, static_cast<std::uint32_t>(v >> 32));
  store_u32(p + 4, static_cast<std::uint32_t>(v));
}

/// Reads fields from the front. A read past the end gives 0 and makes ok() false for good, so a parser may
/// read a whole layout and check once.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return rest_.size(); }

  std::uint8_t u8() { return take(1) ? last_[0] : std::uint8_t{0}; }
  std::uint16_t u16() { return take(2) ? load_u16(last_) : std::uint16_t{0}; }
  std::uint32_t u24() { return take(3) ? load_u24(last_) : 0; }
  std::uint32_t u32() { return take(4) ? load_u32(last_) : 0; }
  std::uint64_t u64() { return take(8) ? load_u64(last_) : 0; }
  Bytes bytes(std::size_t n) { return take(n) ? Bytes{last_, n} : Bytes{}; }
  void skip(std::size_t n) { take(n); }

 private:
  bool take(std::size_t n) {
    if (!ok_ || n > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return false;
    }
    last_ = rest_.data();
    rest_ = rest_.subspan(n);
    return true;
  }

  Bytes rest_;
  const std::uint8_t* last_ = nullptr;
  bool ok_ = true;
};

/// Writes fields to the front of a buffer. A write past the end makes ok() false for good and writes nothing.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes out) : out_(out) {}

  bool ok() const { return ok_; }
  std::size_t size() const { return used_; }
  /// Room left; 0 after a write that did not fit.
  std::size_t remaining() const { return ok_ ? out_.size() - used_ : 0; }
  Bytes written() const { return out_.first(used_); }

  void u8(std::uint8_t v) {
    if (std::uint8_t* p = take(1)) *p = v;
  }
  void u16(std::uint16_t v) {
    if (std::uint8_t* p = take(2)) store_u16(p, v);
  }
  void u24(std::uint32_t v) {
    if (std::uint8_t* p = take(3)) store_u24(p, v);
  }
  void u32(std::uint32_t v) {
    if (std::uint8_t* p = take(4)) store_u32(p, v);
  }
  void u64(std::uint64_t v) {
    if (std::uint8_t* p = take(8)) store_u64(p, v);
  }
  void bytes(Bytes v) {
    if (std::uint8_t* p = take(v.size()); p != nullptr && !v.empty()) std::memcpy(p, v.data(), v.size());
  }
  void zeros(std::size_t n) {
    if (std::uint8_t* p = take(n); p != nullptr && n != 0) std::memset(p, 0, n);
  }

 private:
  std::uint8_t* take(std::size_t n) {
    if (!ok_ || n > out_.size() - used_) {
      ok_ = false;
      return nullptr;
    }
    std::uint8_t* p = out_.data() + used_;
    used_ += n;
    return p;
  }

  MutableBytes out_;
  std::size_t used_ = 0;
  bool ok_ = true;
};

}  // namespace weir
