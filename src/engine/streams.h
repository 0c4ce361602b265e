// Which track, encoding and role an SSRC of a participant has, and what has arrived on it.
#pragma once

#include "engine/core.h"
#include "rtp/packet.h"

namespace weir::engine {

/// The stream of a packet; nullptr, counted, when it belongs to nothing. An SSRC that no offer announced is
/// bound by its extensions: mid (RFC 8843 section 9.2), rid and repaired-rid (RFC 8852 section 3); without a
/// mid, by a payload type that only one line uses.
Stream* stream_of(Core& core, Peer& peer, const rtp::Packet& packet);

/// A new SSRC of an encoding takes over at once (a restarted sender). One that was there before comes back
/// only when the present one is silent: late packets of before, and a sender with several SSRCs on one line,
/// would make every receiver begin again and again.
bool may_take_over(Time now, Peer& peer, const sfu::Encoding& encoding, Stream& stream);

/// Whether an RTX stream repeats packets of the SSRC that is present. The numbers inside those of one that is
/// over would be taken for others.
bool repairs_present(Time now, const Peer& peer, const sfu::Reception& reception, Stream& stream);

/// The reception of the packet's SSRC; begins one when the SSRC or its numbering is new.
sfu::Reception& reception_of(Core& core, Time now, sfu::Track& track, sfu::Encoding& encoding,
                             const rtp::Packet& packet);

/// What arrived so far is over: another SSRC, another numbering or another association begins.
void end_reception(Core& core, Time now, sfu::Track& track, sfu::Encoding& encoding);

}  // namespace weir::engine
