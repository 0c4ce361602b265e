#include "engine/capture_time.h"

namespace weir::engine {

namespace {

/// The sender's clock less the node's. Its reports took half a round trip, where that is known.
std::optional<std::int64_t> clock_offset(const NodeClock& clock, const sfu::Participant& sender) {
  if (!sender.clock.known()) return std::nullopt;
  const std::int64_t theirs = sender.clock.sender_us(clock.now) + to_us(sender.round_trip) / 2;
  return rtp::clock_offset_from_us(theirs - us_from_ntp(clock.ntp));
}

}  // namespace

void pass_on_capture_time(const NodeClock& clock, const sfu::Track& track, PacketFacts& facts) {
  // The host's clock is any.
  if (!facts.capture_time || !facts.capture_time->clock_offset || track.local) return;
  std::optional<std::int64_t>& offset = facts.capture_time->clock_offset;
  const auto ours = clock_offset(clock, track.participant);
  // Modulo 2^64, whatever a sender says.
  if (ours)
    offset =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(*offset) + static_cast<std::uint64_t>(*ours));
  if (!ours) offset.reset();
}

std::optional<rtp::CaptureTime> reported_capture_time(const NodeClock& clock, const sfu::Track& track,
                                                      const sfu::Encoding& encoding,
                                                      const PacketFacts& facts) {
  if (track.local) return std::nullopt;
  const auto captured = encoding.clock.captured_us(facts.packet.timestamp(), clock_rate_of(facts.codec));
  if (!captured || *captured < 0) return std::nullopt;
  return rtp::CaptureTime{.at = NtpTime{ntp_from_us(*captured)},
                          .clock_offset = clock_offset(clock, track.participant)};
}

}  // namespace weir::engine
