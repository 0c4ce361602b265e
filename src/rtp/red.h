// Redundant audio data (RFC 2198 section 3): earlier packets once more, before the primary one.
//
//   |1| block PT (7) | timestamp offset (14) | block length (10) |   of each redundant block, oldest first
//   |0| block PT (7) |                                               of the primary, whose length is the rest
//   data of the blocks in the same order
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace weir::rtp {

struct RedBlock {
  std::uint8_t payload_type = 0;
  std::uint16_t timestamp_offset = 0;  // ticks before the packet's timestamp; 0 for the primary
  Bytes data;
};

inline constexpr std::size_t kMaxRedBlocks = 16;  // the primary included; browsers send up to 10
inline constexpr std::size_t kMaxRedBlockSize = 1023;
inline constexpr std::uint16_t kMaxRedOffset = 16383;

/// Views into the payload they were read from.
struct RedPayload {
  std::array<RedBlock, kMaxRedBlocks> block{};
  std::size_t count = 0;  // at least 1

  std::span<const RedBlock> redundant() const { return {block.data(), count - 1}; }
  const RedBlock& primary() const { return block[count - 1]; }
};

/// Nothing when it is malformed or has more than kMaxRedBlocks. The primary may be empty (DTX).
std::optional<RedPayload> parse_red(Bytes payload);

/// Writes a payload. Redundant blocks that the fields cannot tell (empty, too long, too old) are left out.
/// With too little room the writer's ok() turns false.
void write_red(ByteWriter& out, std::span<const RedBlock> redundant, const RedBlock& primary);

/// Bytes that write_red() makes of them.
std::size_t red_size(std::span<const RedBlock> redundant, const RedBlock& primary);

}  // namespace weir::rtp
