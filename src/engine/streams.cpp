#include "engine/streams.h"

#include <algorithm>

namespace weir::engine {

namespace {

std::string_view text_extension(const rtp::Packet& packet, std::uint8_t id) {
  if (id == 0) return {};
  const auto data = packet.extension(id);
  return data ? as_text(*data) : std::string_view{};
}

/// The encoding that the packet names; nothing when it names one that is not there, or none where there are
/// several. An RTX packet may name the encoding that it repairs or itself (RFC 8852 section 3).
std::optional<std::uint8_t> encoding_of(const Peer& peer, const sfu::Track& track, const rtp::Packet& packet,
                                        bool rtx) {
  if (track.encodings.size() == 1) return std::uint8_t{0};
  std::string_view rid = rtx ? text_extension(packet, peer.repaired_rid_extension) : std::string_view{};
  if (rid.empty()) rid = text_extension(packet, peer.rid_extension);
  for (const sfu::Encoding& encoding : track.encodings) {
    if (!rid.empty() && encoding.rid == rid) return encoding.index;
  }
  return std::nullopt;
}

}  // namespace

Stream* stream_of(Core& core, Peer& peer, const rtp::Packet& packet) {
  if (Stream* known = peer.find_stream(packet.ssrc())) return known;
  const auto refuse = [&](DropReason reason) -> Stream* {
    core.drops.count(reason);
    return nullptr;
  };
  const std::string_view mid = text_extension(packet, peer.mid_extension);
  const sfu::Track* match = nullptr;
  bool rtx = false;
  for (const sfu::Track* track : peer.participant.tracks) {
    if (!mid.empty() && track->line.mid != mid) continue;
    for (const sfu::LineCodec& codec : track->line.codecs) {
      const bool media = codec.carried_by(packet.payload_type());
      if (!media && codec.rtx_payload_type != packet.payload_type()) continue;
      if (match != nullptr && match != track) return refuse(DropReason::RTP_UNKNOWN_STREAM);
      match = track;
      rtx = !media;
    }
  }
  if (match == nullptr) return refuse(DropReason::RTP_UNKNOWN_STREAM);
  const auto encoding = encoding_of(peer, *match, packet, rtx);
  if (!encoding) return refuse(DropReason::RTP_UNKNOWN_STREAM);
  if (peer.streams.size() >= Peer::kMaxStreams) return refuse(DropReason::STREAM_LIMIT);
  return &peer.streams.emplace_back(
      Stream{.ssrc = packet.ssrc(), .track = match->id, .encoding = *encoding, .rtx = rtx});
}

bool may_take_over(Time now, Peer& peer, const sfu::Encoding& encoding, Stream& stream) {
  constexpr Duration kSilent = std::chrono::seconds{1};
  if (!encoding.reception || encoding.reception->ssrc == stream.ssrc) return true;
  if (stream.over && now - encoding.reception->last_arrival < kSilent) return false;
  if (Stream* before = peer.find_stream(encoding.reception->ssrc)) before->over = true;
  stream.over = false;
  return true;
}

bool repairs_present(Time now, const Peer& peer, const sfu::Reception& reception, Stream& stream) {
  constexpr Duration kUnderWay = std::chrono::seconds{2};
  if (stream.repairs == reception.ssrc) return true;
  const bool has_another = std::any_of(peer.streams.begin(), peer.streams.end(), [&](const Stream& other) {
    return other.rtx && other.repairs == reception.ssrc;
  });
  if (has_another || (stream.repairs != 0 && now - reception.since < kUnderWay)) return false;
  stream.repairs = reception.ssrc;
  return true;
}

void end_reception(Core& core, Time now, sfu::Track& track, sfu::Encoding& encoding) {
  if (!encoding.reception) return;
  constexpr std::int64_t kApart = std::int64_t{1} << 17;
  encoding.sequence_base += encoding.reception->unwrapper.newest().value_or(0) + kApart;
  track.counters.packets_before += encoding.reception->statistics.packets();
  track.counters.payload_bytes_before += encoding.reception->statistics.payload_bytes();
  track.counters.lost_before += encoding.reception->statistics.cumulative_lost();
  encoding.reception.reset();
  encoding.clock = {};
  encoding.structure.reset();
  encoding.references.reset();
  encoding.active_targets = UINT32_MAX;
  encoding.last_frame.reset();
  encoding.last_key_frame.reset();
  encoding.key_start.reset();
  core.sfu.restart(now, track, encoding.index);
}

sfu::Reception& reception_of(Core& core, Time now, sfu::Track& track, sfu::Encoding& encoding,
                             const rtp::Packet& packet) {
  if (encoding.reception && encoding.reception->ssrc == packet.ssrc() &&
      !encoding.reception->numbered_anew(packet.sequence())) {
    return *encoding.reception;
  }
  end_reception(core, now, track, encoding);
  encoding.reception.emplace(now, packet.ssrc(), clock_rate_of(track.expected_codec()));
  core.timers.wake(track.participant.id, encoding.keyframes.deadline());
  return *encoding.reception;
}

}  // namespace weir::engine
