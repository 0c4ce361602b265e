// What a protected RTP packet shows without its key: SRTP leaves the header and its extension in the clear
// (RFC 3711 section 3.1). Padding is inside the encrypted part, so rtp::Packet cannot read it.
//
//   0                   1                   2                   3
//  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//  |                           timestamp                           |
//  |                             SSRC                              |
//  |                       CSRC 0 .. 15                            |
//  |  0xBEDE (one byte) or 0x100X (two bytes)  |  length in words  |   if X (RFC 8285)
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace weir::load {

struct ClearHeader {
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::optional<std::uint16_t> transport_sequence;  // of the extension with this id
};

/// Nothing when the bytes are no RTP packet. `transport_cc` 0: no such extension.
std::optional<ClearHeader> read_clear_header(Bytes packet, std::uint8_t transport_cc);

}  // namespace weir::load
