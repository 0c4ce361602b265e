// RTCP of the engine: what receivers and senders report, and what the node reports, asks and repairs.
#pragma once

#include "engine/core.h"

namespace weir::engine {

/// One compound packet from a participant.
void take_rtcp(Core& core, Time now, Peer& peer, Bytes compound);

/// A packet with a transport-wide sequence number arrived.
void note_transport_sequence(Core& core, Time now, Peer& peer, std::uint16_t sequence);

/// Begins the regular reports of a connected participant.
void start_reports(Core& core, Time now, Peer& peer);

/// When a key frame is to be asked for next. An encoding that has not sent yet cannot be asked: its first
/// packet is waited for.
Time keyframe_deadline(const sfu::Participant& participant);

/// Sends what is due to a participant: key-frame requests, NACKs, transport-wide feedback, reports; sets its
/// next deadline.
void service_participant(Core& core, Time now, sfu::Participant& participant);

}  // namespace weir::engine
