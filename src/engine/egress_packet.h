// The egress packet that is made of an ingress packet for one receiver.
#pragma once

#include <optional>

#include "engine/packet_facts.h"

namespace weir::engine {

/// UDP payload that passes every usual path: 1500 less IPv6 and UDP headers, less what SRTP adds.
inline constexpr std::size_t kMaxDatagram = 1500 - 48 - 20;

/// When a packet leaves, as the packet itself says it.
struct Stamp {
  Stamp(Time at = {}) : now(at) {}
  Time now;
  std::optional<std::uint16_t> transport_sequence;  // where the line has the extension
};

/// Room that an egress packet of these facts may need, SRTP's overhead included.
std::size_t egress_size_bound(const PacketFacts& facts);

/// Writes the packet for a receiver; returns its plain size, 0 when it does not fit.
std::size_t write_egress_packet(MutableBytes out, const Stamp& stamp, const sfu::Subscription& subscription,
                                const sfu::LineCodec& codec, const PacketFacts& facts,
                                const sfu::EgressNumbers& numbers);

/// The same as a retransmission (RFC 4588 section 4): its own SSRC and sequence number, the original one
/// before the payload.
std::size_t write_rtx_packet(MutableBytes out, const Stamp& stamp, sfu::Subscription& subscription,
                             const sfu::LineCodec& codec, const PacketFacts& facts,
                             const sfu::EgressNumbers& numbers);

/// An RTX packet that repeats nothing: `padding` octets of padding, 1 to 255 (RFC 3550 section 5.1).
std::size_t write_padding_packet(MutableBytes out, const Stamp& stamp, sfu::Subscription& subscription,
                                 std::uint8_t payload_type, std::uint32_t timestamp, std::uint8_t padding);
std::size_t padding_size_bound(std::uint8_t padding);

}  // namespace weir::engine
