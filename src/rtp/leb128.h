// LEB128: seven bits a byte, the lowest first, the top bit says that another follows (AV1 section 4.10.5).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace weir::rtp {

/// Nothing when it is cut, longer than 8 bytes or beyond 32 bits.
inline std::optional<std::uint32_t> read_leb128(ByteReader& reader) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint8_t byte = reader.u8();
    if (!reader.ok()) return std::nullopt;
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (value > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(value);
  }
  return std::nullopt;
}

}  // namespace weir::rtp
