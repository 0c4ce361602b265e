#include "engine/feedback.h"

#include <algorithm>
#include <array>

#include "engine/data_path.h"
#include "engine/departure.h"
#include "engine/rtcp_datagram.h"

namespace weir::engine {

namespace {

constexpr Duration kReportInterval = std::chrono::seconds{1};
constexpr Duration kTransportFeedbackInterval = std::chrono::milliseconds{50};
constexpr Duration kUnknownRoundTrip = std::chrono::milliseconds{60};
constexpr Duration kMinPause = std::chrono::milliseconds{1};
constexpr Duration kRequestInterval = std::chrono::milliseconds{500};
constexpr int kMaxRepairsPerDatagram = 256;

sfu::Subscription* subscription_of(const Peer& peer, std::uint32_t ssrc) {
  for (sfu::Subscription* subscription : peer.participant.subscriptions) {
    if (subscription->ssrc == ssrc) return subscription;
  }
  return nullptr;
}

sfu::Encoding* encoding_of(Core& core, const Peer& peer, std::uint32_t ssrc) {
  const Stream* stream = peer.find_stream(ssrc);
  if (stream == nullptr || stream->rtx) return nullptr;
  sfu::Track* track = core.sfu.tracks().find(stream->track);
  return track == nullptr || stream->encoding >= track->encodings.size()
             ? nullptr
             : &track->encodings[stream->encoding];
}

/// Round-trip time by RFC 3550 section 6.4.1, from when something of ours was sent (middle 32 bits of the
/// time) and how long its receiver kept the answer; nothing when it answers nothing or cannot be true.
std::optional<Duration> round_trip(NtpTime now, std::uint32_t sent, std::uint32_t kept) {
  if (sent == 0) return std::nullopt;
  const std::uint32_t units = now.middle() - sent - kept;
  if (units > 0x7fffffffU)
    return std::chrono::microseconds{1};  // the other clock is coarse: almost no time at all
  const Duration rtt{std::max<std::int64_t>(1, std::int64_t{units} * 1'000'000 / 65'536)};
  return rtt > std::chrono::seconds{30} ? std::nullopt : std::optional{rtt};
}

void note_round_trip(sfu::Participant& participant, Duration rtt) {
  Duration& smoothed = participant.round_trip;
  smoothed = smoothed == Duration{} ? rtt : (smoothed * 7 + rtt) / 8;
}

void take_blocks(Core& core, Time now, Peer& peer, const rtp::ReportBlocks& blocks) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const rtp::ReportBlock block = blocks[i];
    sfu::Subscription* subscription = subscription_of(peer, block.ssrc);
    if (subscription == nullptr) continue;
    subscription->acknowledged = true;
    sfu::SubscriptionCounters& counters = subscription->counters;
    counters.lost = block.cumulative_lost;
    counters.fraction_lost = block.fraction_lost / 256.0;
    const bool audio = subscription->kind == MediaKind::audio;
    if (audio) subscription->redundancy.on_report(now, counters.fraction_lost);
    const Codec carried = subscription->current != nullptr ? subscription->current->expected_codec()
                          : audio                          ? Codec::opus
                                                           : Codec::vp8;
    counters.jitter = block.jitter / static_cast<double>(clock_rate_of(carried));
    const auto rtt = round_trip(core.ntp(now), block.last_sr, block.delay_since_last_sr);
    if (!rtt) continue;
    counters.round_trip = *rtt;
    note_round_trip(peer.participant, *rtt);
  }
  // Its losses may be a publisher's: they never lower the estimate (mediasoup PR 962).
  if (blocks.size() != 0) peer.downlink.on_receiver_report(now);
}

void want_keyframe(Core& core, Time now, const Peer& peer, std::uint32_t ssrc) {
  sfu::Subscription* subscription = subscription_of(peer, ssrc);
  if (subscription == nullptr) return;
  ++subscription->counters.plis;
  // A key frame costs everybody who watches. One receiver, broken or hostile, does not get them all the time.
  if (now < subscription->next_request) return;
  subscription->next_request = now + kRequestInterval;
  core.sfu.want_keyframe(now, *subscription);
}

struct Taker {
  Core& core;
  Time now;
  Peer& peer;
  int repairs_left = kMaxRepairsPerDatagram;

  void operator()(const rtp::SenderReport& report) {
    if (sfu::Encoding* encoding = encoding_of(core, peer, report.ssrc)) {
      encoding->clock = {
          .sender_us = us_from_ntp(report.ntp), .timestamp = report.rtp_timestamp, .known = true};
      peer.participant.clock.observe(now, us_from_ntp(report.ntp));
      if (encoding->reception) encoding->reception->statistics.on_sender_report(now, report.ntp);
    }
    take_blocks(core, now, peer, report.blocks);
  }
  void operator()(const rtp::ReceiverReport& report) { take_blocks(core, now, peer, report.blocks); }
  void operator()(const rtp::Nack& nack) {
    sfu::Subscription* subscription = subscription_of(peer, nack.media_ssrc);
    if (subscription == nullptr || !peer.transport->connected() || !peer.transport->selected()) return;
    ++subscription->counters.nacks;
    nack.for_each([&](std::uint16_t sequence) {
      if (repairs_left <= 0) return core.drops.count(DropReason::REPAIR_LIMIT);
      --repairs_left;
      repair(core, now, peer, *subscription, sequence);
    });
  }
  void operator()(const rtp::Pli& pli) { want_keyframe(core, now, peer, pli.media_ssrc); }
  void operator()(const rtp::Fir& fir) {
    for (std::size_t i = 0; i < fir.size(); ++i) want_keyframe(core, now, peer, fir.ssrc(i));
  }
  void operator()(const rtp::Remb& remb) {
    peer.downlink.on_remb(now, remb.bitrate);
    wake_downlink(core, now, peer);
  }
  void operator()(const rtp::TransportFeedback& feedback) {
    const bool readable = peer.downlink.on_transport_feedback(now, feedback.fci);
    if (!readable) core.drops.count(DropReason::RTCP_MALFORMED);
    wake_downlink(core, now, peer);
  }
  void operator()(const rtp::CongestionFeedback& feedback) {
    const bool readable = peer.downlink.on_congestion_feedback(now, feedback);
    if (!readable) core.drops.count(DropReason::RTCP_MALFORMED);
    wake_downlink(core, now, peer);
  }
  void operator()(const rtp::ExtendedReport& report) {
    report.for_each_answer([&](const rtp::ReferenceAnswer& answer) {
      if (answer.ssrc != peer.ssrc) return;
      const auto rtt = round_trip(core.ntp(now), answer.last_rr, answer.delay);
      if (rtt) note_round_trip(peer.participant, *rtt);
    });
  }
  void operator()(const rtp::SourceDescription&) {}
  void operator()(const rtp::Bye&) {}
  void operator()(const rtp::OtherRtcp&) {}
};

/// Calls f(track, encoding) for each encoding that a participant sends.
template <typename F>
void for_each_encoding(const sfu::Participant& participant, F&& f) {
  for (sfu::Track* track : participant.tracks) {
    for (sfu::Encoding& encoding : track->encodings) f(*track, encoding);
  }
}

void ask_for_keyframe(Peer& peer, const sfu::Track& track, std::uint32_t ssrc, RtcpDatagram& out) {
  const sfu::LineCodec* codec = track.line.find(track.codec);
  if (codec != nullptr && !codec->pli && codec->fir) {
    out.add([&](ByteWriter& w) { rtp::write_fir(w, peer.ssrc, ssrc, peer.fir_sequence); });
    ++peer.fir_sequence;
  } else {
    out.add([&](ByteWriter& w) { rtp::write_pli(w, peer.ssrc, ssrc); });
  }
}

/// Key frames that are due, asked for in the way the line negotiated.
void ask_for_keyframes(Core& core, Time now, sfu::Participant& participant, Peer* peer, RtcpDatagram* out) {
  for_each_encoding(participant, [&](sfu::Track& track, sfu::Encoding& encoding) {
    if (track.local) {
      if (!encoding.keyframes.take(now)) return;
      ++track.counters.plis_sent;
      core.sfu.emit(now, WEIR_EVENT_KEYFRAME_WANTED, participant).track = track.id.value;
    } else if (out != nullptr && encoding.reception && encoding.keyframes.take(now)) {
      ++track.counters.plis_sent;
      ask_for_keyframe(*peer, track, encoding.reception->ssrc, *out);
    }
  });
}

/// Whether packets of a track that did not come are asked for again.
bool repairs_wanted(const sfu::Track& track) {
  const sfu::LineCodec* codec = track.line.find(track.codec);
  return codec != nullptr && codec->nack && !track.muted;
}

void ask_for_packets(Time now, Peer& peer, RtcpDatagram& out) {
  for_each_encoding(peer.participant, [&](sfu::Track& track, sfu::Encoding& encoding) {
    if (!encoding.reception || !repairs_wanted(track)) return;
    const Duration rtt =
        peer.participant.round_trip == Duration{} ? kUnknownRoundTrip : peer.participant.round_trip;
    const std::vector<std::uint16_t> missing = encoding.reception->nack.due(now, rtt);
    if (!missing.empty()) {
      ++track.counters.nacks_sent;
      out.add([&](ByteWriter& w) { rtp::write_nack(w, peer.ssrc, encoding.reception->ssrc, missing); });
    }
    if (encoding.reception->nack.take_overflow() && !track.routes.empty()) encoding.keyframes.want(now);
  });
}

void send_transport_feedback(Time now, Peer& peer, RtcpDatagram& out) {
  if (now < peer.next_transport_feedback) return;
  peer.next_transport_feedback = kNever;
  const std::uint32_t media = peer.streams.empty() ? 0 : peer.streams.front().ssrc;
  while (peer.transport_feedback.pending()) {
    bool wrote = false;
    out.add([&](ByteWriter& w) { wrote = peer.transport_feedback.write(w, peer.ssrc, media); });
    if (!wrote) break;
  }
}

void send_receiver_reports(Core& core, Time now, Peer& peer, RtcpDatagram& out) {
  std::vector<rtp::ReportBlock> blocks;
  std::vector<std::uint32_t> remb_ssrcs;
  for_each_encoding(peer.participant, [&](sfu::Track& track, sfu::Encoding& encoding) {
    if (!encoding.reception || blocks.size() == 31) return;
    blocks.push_back(encoding.reception->statistics.report(now, encoding.reception->ssrc));
    if (track.kind == MediaKind::video && track.line.remb && !track.line.transport_cc) {
      remb_ssrcs.push_back(encoding.reception->ssrc);
    }
  });
  if (!blocks.empty()) {
    out.add([&](ByteWriter& w) { rtp::write_receiver_report(w, peer.ssrc, blocks); });
    // Who only sends has no report of the node to answer. How far away it is, repairs must know all the same.
    out.add([&](ByteWriter& w) { rtp::write_reference_time(w, peer.ssrc, core.ntp(now)); });
  }
  if (!remb_ssrcs.empty()) {
    out.add([&](ByteWriter& w) {
      rtp::write_remb(w, peer.ssrc, core.options.default_publish_bitrate, remb_ssrcs);
    });
  }
}

/// Sender reports in the node's clock: the source's capture time now, in the receiver's timestamps.
void send_sender_reports(Core& core, Time now, Peer& peer, RtcpDatagram& out) {
  for (const sfu::Subscription* subscription : peer.participant.subscriptions) {
    const sfu::Track* track = subscription->current;
    if (track == nullptr || subscription->counters.packets == 0) continue;
    const std::uint8_t carried = subscription->rewriter.origin().encoding;
    if (carried >= track->encodings.size()) continue;
    const auto timestamp = track->encodings[carried].clock.at(now, track->participant.clock,
                                                              clock_rate_of(track->expected_codec()));
    if (!timestamp) continue;
    out.add([&](ByteWriter& w) {
      rtp::write_sender_report(w, subscription->ssrc, core.ntp(now),
                               *timestamp + subscription->rewriter.timestamp_delta(),
                               static_cast<std::uint32_t>(subscription->counters.packets),
                               static_cast<std::uint32_t>(subscription->counters.payload_bytes), {});
    });
    out.add([&](ByteWriter& w) { rtp::write_sdes_cname(w, subscription->ssrc, peer.cname); });
  }
}

Time next_deadline(const sfu::Participant& participant, const Peer* peer) {
  Time at = keyframe_deadline(participant);
  for_each_encoding(participant, [&](sfu::Track& track, sfu::Encoding& encoding) {
    if (encoding.reception && repairs_wanted(track)) {
      at = std::min(at, encoding.reception->nack.deadline());
    }
  });
  return peer == nullptr ? at : std::min({at, peer->next_report, peer->next_transport_feedback});
}

}  // namespace

Time keyframe_deadline(const sfu::Participant& participant) {
  Time at = kNever;
  for_each_encoding(participant, [&](sfu::Track& track, sfu::Encoding& encoding) {
    if (track.local || encoding.reception) at = std::min(at, encoding.keyframes.deadline());
  });
  return at;
}

void take_rtcp(Core& core, Time now, Peer& peer, Bytes compound) {
  rtp::RtcpReader reader{compound};
  Taker taker{core, now, peer};
  while (const auto packet = reader.next()) std::visit(taker, *packet);
  if (reader.malformed()) core.drops.count(DropReason::RTCP_MALFORMED);
}

void note_transport_sequence(Core& core, Time now, Peer& peer, std::uint16_t sequence) {
  peer.transport_feedback.on_packet(now, sequence);
  if (peer.next_transport_feedback != kNever) return;
  peer.next_transport_feedback = now + kTransportFeedbackInterval;
  core.timers.wake(peer.participant.id, peer.next_transport_feedback);
}

// The first report comes within half an interval; spread, so that those who join together do not report
// together (RFC 3550 section 6.3.1).
void start_reports(Core& core, Time now, Peer& peer) {
  const auto spread =
      static_cast<std::int64_t>(core.random.below(static_cast<std::uint64_t>(to_us(kReportInterval)) / 2));
  peer.next_report = now + Duration{spread};
  core.timers.wake(peer.participant.id, now);
}

void service_participant(Core& core, Time now, sfu::Participant& participant) {
  Peer* peer = core.peer(participant.id);
  if (peer == nullptr) {
    ask_for_keyframes(core, now, participant, nullptr, nullptr);
  } else if (!participant.connected || !peer->transport->connected() || !peer->transport->selected()) {
    return;  // woken again when the path is back
  } else {
    RtcpDatagram out{core, *peer};
    ask_for_keyframes(core, now, participant, peer, &out);
    ask_for_packets(now, *peer, out);
    send_transport_feedback(now, *peer, out);
    if (now >= peer->next_report) {
      peer->next_report = now + kReportInterval;
      send_receiver_reports(core, now, *peer, out);
      send_sender_reports(core, now, *peer, out);
    }
    out.flush();
  }
  // What is still due now did not fit or cannot be done yet; a millisecond's pause keeps this from spinning.
  const Time at = next_deadline(participant, peer);
  if (at != kNever) core.timers.wake(participant.id, std::max(at, now + kMinPause));
}

}  // namespace weir::engine
