// Retransmission payload format (RFC 4588 section 4): |  OSN (16 bits)  | original payload |
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "rtp/packet.h"

namespace weir::rtp {

/// Turns an RTX packet back, in `out`: original SSRC, payload type and sequence number, everything else kept.
/// Returns the size; 0 when the packet carries no OSN (padding only) or `out` is too small.
std::size_t unwrap_rtx(const Packet& rtx, std::uint32_t ssrc, std::uint8_t payload_type, MutableBytes out);

}  // namespace weir::rtp
