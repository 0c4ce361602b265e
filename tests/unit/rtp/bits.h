// Writes bits, high to low, for headers made by hand.
#pragma once

#include <cstdint>
#include <vector>

namespace weir::test {

class BitWriter {
 public:
  BitWriter& bits(std::uint32_t value, unsigned count) {
    for (unsigned i = count; i > 0; --i) put(((value >> (i - 1)) & 1U) != 0);
    return *this;
  }
  BitWriter& zeros(unsigned count) {
    for (unsigned i = 0; i < count; ++i) put(false);
    return *this;
  }
  BitWriter& ue(std::uint32_t value) {
    unsigned width = 0;
    while (((value + 1) >> (width + 1)) != 0) ++width;
    return zeros(width).bits(value + 1, width + 1);
  }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  void put(bool bit) {
    if (used_ % 8 == 0) bytes_.push_back(0);
    if (bit) bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (0x80U >> (used_ % 8)));
    ++used_;
  }
  std::vector<std::uint8_t> bytes_;
  std::size_t used_ = 0;
};

}  // namespace weir::test
