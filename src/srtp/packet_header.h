// How long the header of an RTP packet is: what SRTP authenticates and does not encrypt (RFC 3711 figure 1).
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |V=2|P|X|  CC   |M|     PT      |       sequence number         |   RFC 3550 section 5.1
//   |                           timestamp                           |
//   |                             SSRC                              |
//   |                        CC times a CSRC                        |
//   |      defined by profile       |      length in words          |   when X: section 5.3.1
//   |                       header extension                        |
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace weir::srtp {

inline constexpr std::size_t kMinRtp = 12;  // RFC 3550 section 5.1
inline constexpr std::size_t kMinRtcp = 8;  // RFC 3550 section 6.1: header and the sender's SSRC
inline constexpr std::size_t kMaxPacket = 65'535;

/// 0 when the header does not fit into the packet.
inline std::size_t rtp_header_size(Bytes packet) {
  if (packet.size() < kMinRtp) return 0;
  std::size_t size = kMinRtp + 4 * std::size_t{packet[0] & 0x0fU};
  if ((packet[0] & 0x10U) != 0) {
    if (packet.size() < size + 4) return 0;
    size += 4 + 4 * std::size_t{load_u16(&packet[size + 2])};
  }
  return size <= packet.size() ? size : 0;
}

}  // namespace weir::srtp
