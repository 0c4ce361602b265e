// Reads bits from the front, high to low, as codecs' headers and the dependency descriptor are written.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace weir::rtp {

/// Past the end reads give 0 and ok() turns false for good, so a parser may read a whole layout and check
/// once; loops that a value read bounds also ask ok().
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return ok_ ? bytes_.size() * 8 - at_ : 0; }

  bool bit() {
    if (at_ >= bytes_.size() * 8) {
      ok_ = false;
      return false;
    }
    const bool value = ((bytes_[at_ / 8] >> (7 - at_ % 8)) & 1U) != 0;
    ++at_;
    return value;
  }
  /// u(n), f(n): at most 32 bits.
  std::uint32_t bits(unsigned count) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i) value = (value << 1) | (bit() ? 1U : 0U);
    return value;
  }
  void skip(std::size_t count) {
    if (count > remaining()) ok_ = false;
    if (ok_) at_ += count;
  }
  /// ue(v), Exp-Golomb (ITU-T H.264 section 9.1): as many bits after the first 1 as zeros stand before it.
  std::uint32_t ue() {
    unsigned zeros = 0;
    while (ok_ && !bit()) ++zeros;
    if (zeros > 31) ok_ = false;
    if (!ok_) return 0;
    return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
  }
  /// se(v), section 9.1.1.
  std::int32_t se() {
    const std::uint32_t k = ue();
    const auto half = static_cast<std::int32_t>(k / 2);
    return k % 2 == 0 ? -half : half + 1;
  }
  /// ns(n): one of n values, the lower ones in one bit less (AV1 section 4.10.7). n at least 1.
  std::uint32_t ns(std::uint32_t n) {
    unsigned width = 0;
    for (std::uint32_t x = n; x != 0; x >>= 1) ++width;
    const std::uint32_t shorter = (std::uint32_t{1} << width) - n;
    const std::uint32_t value = bits(width - 1);
    if (value < shorter) return value;
    return (value << 1) - shorter + (bit() ? 1U : 0U);
  }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;  // in bits
  bool ok_ = true;
};

/// The payload of a NAL unit without emulation prevention bytes (00 00 03; ITU-T H.264 section 7.3.1, H.265
/// section 7.3.1.1), as far as kMax bytes: what parameter sets carry beyond is not read.
class Rbsp {
 public:
  static constexpr std::size_t kMax = 512;

  explicit Rbsp(Bytes nal) {
    std::size_t zeros = 0;
    for (const std::uint8_t byte : nal) {
      if (size_ == kMax) break;
      if (zeros >= 2 && byte == 3) {
        zeros = 0;
        continue;
      }
      zeros = byte == 0 ? zeros + 1 : 0;
      bytes_[size_++] = byte;
    }
  }
  Bytes bytes() const { return {bytes_, size_}; }

 private:
  std::uint8_t bytes_[kMax];
  std::size_t size_ = 0;
};

}  // namespace weir::rtp
