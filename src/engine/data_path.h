// A packet's way through the engine. data_path.cpp reads top to bottom in the order in which it happens.
#pragma once

#include "engine/core.h"
#include "engine/egress_packet.h"

namespace weir::engine {

/// A packet of RTP as its sender wrote it, in a buffer of the pool.
void take_rtp(Core& core, Time now, Peer& peer, const PacketRef& buffer);

/// A DTLS association begins. What comes through it has nothing to do with what came through one before:
/// numbers begin anew, and the client may not know the SSRCs of its lines.
void begin_association(Core& core, Time now, Peer& peer);

/// Packets of local tracks, as far as the egress arena has room: the same door as packets from the network.
void pump_local(Core& core, Time now);

/// One receiver's share of routing: forward, or drop with a reason. True when it was forwarded.
bool route_to(Core& core, Time now, sfu::Subscription& subscription, sfu::Track& track,
              const sfu::Encoding& encoding, const FactsRef& facts);

/// A packet as it was sent.
struct SentPacket {
  const sfu::Track* track = nullptr;
  PacketFacts facts;
  sfu::EgressNumbers numbers;
};
/// The packet that a receiver knows by this number, as long as it is held.
std::optional<SentPacket> recall(Core& core, Time now, const sfu::Subscription& subscription,
                                 std::uint16_t sequence);

/// A receiver asks for a packet again.
void repair(Core& core, Time now, Peer& peer, sfu::Subscription& subscription, std::uint16_t sequence);

/// The egress arena has room for whatever one more input may cause.
bool has_room(const Core& core);

}  // namespace weir::engine
