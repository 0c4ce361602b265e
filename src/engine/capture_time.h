// When media was captured, as its receivers are told (abs-capture-time). Their sender reports carry the
// node's clock, the capture time that of who captured, so the node says how far apart the two are: with that
// a receiver knows how old a picture is, whatever clocks and paths lie between.
#pragma once

#include "engine/packet_facts.h"

namespace weir::engine {

/// One moment on the clock of all deadlines, and as the node's sender reports tell it.
struct NodeClock {
  Time now;
  NtpTime ntp;
};

/// A packet's capture time as it goes on from here: the offset that came, and that of its sender's clock to
/// the node's on top. Not known while the sender has not reported.
void pass_on_capture_time(const NodeClock& clock, const sfu::Track& track, PacketFacts& facts);

/// The capture time of a packet that came without, from its sender's reports: the first of another source has
/// to say it, or it would be reckoned on from the one before.
std::optional<rtp::CaptureTime> reported_capture_time(const NodeClock& clock, const sfu::Track& track,
                                                      const sfu::Encoding& encoding,
                                                      const PacketFacts& facts);

}  // namespace weir::engine
