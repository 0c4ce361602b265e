// What is read of an ingress packet once, and the egress packet that is made of it for one receiver.
#pragma once

#include <array>
#include <optional>

#include "rtp/packet.h"
#include "rtp/payload.h"
#include "sfu/model.h"

namespace weir::engine {

/// UDP payload that passes every usual path: 1500 less IPv6 and UDP headers, less what SRTP adds.
inline constexpr std::size_t kMaxDatagram = 1500 - 48 - 20;

/// Everything the data path needs to know of a packet.
struct PacketFacts {
  rtp::Packet packet;
  Codec codec = Codec::none;
  rtp::PayloadFacts payload;
  sfu::LayerFacts layer;
  sfu::SourceNumbers numbers;  // sequence is filled by the owner of the unwrapper
  bool padding_only = false;   // it leaves as padding, whatever its payload
  std::uint8_t level = 127;
  Bytes audio_level;  // extension data that goes through as it is; empty: absent
  Bytes video_orientation;
  Bytes abs_capture_time;
  Bytes playout_delay;
  Bytes color_space;
};

/// Nothing when the payload cannot be read. A packet of padding alone has an empty payload and no facts about
/// it.
std::optional<PacketFacts> read_facts(const sfu::Track& track, Codec codec, const rtp::Packet& packet);

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
