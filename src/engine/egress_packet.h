// The egress packet that is made of an ingress packet for one receiver.
#pragma once

#include "engine/packet_facts.h"

namespace weir::engine {

/// UDP payload that passes every usual path: 1500 less IPv6 and UDP headers, less what SRTP adds.
inline constexpr std::size_t kMaxDatagram = 1500 - 48 - 20;

/// Room that an egress packet of these facts may need, SRTP's overhead included.
std::size_t egress_size_bound(const PacketFacts& facts);

/// Writes the packet for a receiver; returns its plain size, 0 when it does not fit.
std::size_t write_egress_packet(MutableBytes out, Time now, const sfu::Subscription& subscription,
                                const sfu::LineCodec& codec, const PacketFacts& facts,
                                const sfu::EgressNumbers& numbers);

/// The same as a retransmission (RFC 4588 section 4): its own SSRC and sequence number, the original one
/// before the payload.
std::size_t write_rtx_packet(MutableBytes out, Time now, sfu::Subscription& subscription,
                             const sfu::LineCodec& codec, const PacketFacts& facts,
                             const sfu::EgressNumbers& numbers);

}  // namespace weir::engine
