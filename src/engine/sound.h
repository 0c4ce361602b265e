// What is special about sound on its way through the node: levels, telephone events, and RED (RFC 2198). Who
// negotiated RED gets a publisher's with payload types of its own, others the primary block alone; and where
// a path loses packets the node makes RED of what came without, from the history.
#pragma once

#include <optional>

#include "engine/core.h"
#include "engine/egress_packet.h"
#include "sfu/history.h"
#include "sfu/model.h"

namespace weir::engine {

/// What a packet of a microphone means for who speaks. Runs before routing, so that a voice's first packet
/// already has a line. `known`: its level is.
void account_level(Core& core, Time now, sfu::Track& track, const PacketFacts& facts, bool known);

/// When a room's timer is due: who speaks is considered, and again while anybody sounds.
void service_speakers(Core& core, Time now, sfu::Room& room);

/// The codec of a packet as the receiver negotiated it; nullptr: it did not. Telephone events stand in the
/// clock of the sound beside them (RFC 4733 section 2.1) and cannot be told in another.
const sfu::LineCodec* receiver_codec(const sfu::Subscription& subscription, const sfu::Track& track,
                                     const PacketFacts& facts);

/// Whether a packet of the line is RED.
bool is_red(const sfu::Line& line, const rtp::Packet& packet);

/// The codec's payload of a packet: of RED the primary block. Nothing when the RED cannot be read or carries
/// something else.
std::optional<Bytes> media_of(const sfu::Line& line, const rtp::Packet& packet);

/// Room that write_sound_packet() may need, SRTP's overhead included.
std::size_t sound_size_bound(const PacketFacts& facts);

/// As write_egress_packet(), for a packet of sound that has its numbers: as RED where the receiver negotiated
/// it and there is something to repeat.
std::size_t write_sound_packet(MutableBytes out, const Stamp& stamp, const sfu::History& history,
                               sfu::Subscription& subscription, const sfu::Track& track,
                               const sfu::LineCodec& codec, const PacketFacts& facts,
                               const sfu::EgressNumbers& numbers);

}  // namespace weir::engine
