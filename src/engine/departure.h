// Packets leaving for a remote receiver: at the end of the input that brought them, or when the pacer says
// so. They are written in the moment in which they leave, because that moment is in them (abs-send-time, the
// transport-wide number), receiver by receiver: what leaves for one lies together and becomes one message.
#pragma once

#include "engine/core.h"
#include "engine/egress_packet.h"

namespace weir::engine {

/// Gives a packet to a connected receiver. `kind`: audio, video or retransmission.
void send_packet(Core& core, Time now, Peer& peer, sfu::Subscription& subscription, const sfu::Track* track,
                 const FactsRef& facts, const sfu::EgressNumbers& numbers, bwe::PacketKind kind);

/// Lets go what may leave now, of receivers that were given something, as far as the arena is to be filled in
/// one turn. Core::leaving has who is left.
void depart_leaving(Core& core, Time now);

/// The first packet of a key picture is about to be numbered. Where the path is behind, what waits of the
/// subscription is dropped, so that the picture need not wait for what nobody will miss any more; true then,
/// and the numbers are free again.
bool make_way(Core& core, sfu::Subscription& subscription);

/// Packets whose turn has come, padding for probes, and the estimator's time.
void service_downlink(Core& core, Time now, Peer& peer);

/// Asks for service_downlink() when the downlink next needs it. After whatever changed the downlink.
void wake_downlink(Core& core, Time now, Peer& peer);

/// An association begins: the path is probed for what the receiver may want.
void begin_downlink(Core& core, Time now, Peer& peer);

/// After negotiation.
void configure_downlink(Core& core, Time now, Peer& peer);

}  // namespace weir::engine
