#include "engine/statistics.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "engine/copy_text.h"

namespace weir::engine {

namespace {

double seconds(Duration d) {
  return static_cast<double>(to_us(d)) / 1e6;
}

/// RFC 5764 section 4.1.2 and RFC 7714 section 14.2.
std::string_view name_of(dtls::SrtpProfile profile) {
  switch (profile) {
    case dtls::SrtpProfile::none:
      return "";
    case dtls::SrtpProfile::aes128_cm_sha1_80:
      return "SRTP_AES128_CM_HMAC_SHA1_80";
    case dtls::SrtpProfile::aes128_cm_sha1_32:
      return "SRTP_AES128_CM_HMAC_SHA1_32";
    case dtls::SrtpProfile::aead_aes_128_gcm:
      return "SRTP_AEAD_AES_128_GCM";
    case dtls::SrtpProfile::aead_aes_256_gcm:
      return "SRTP_AEAD_AES_256_GCM";
  }
  return "";
}

void fill_path_stats(const Downlink& downlink, Time now, weir_participant_stats& stats) {
  stats.path_feedback = static_cast<std::uint32_t>(downlink.feedback());
  stats.available_outgoing_bitrate = static_cast<std::uint64_t>(downlink.target());
  stats.target_bitrate = static_cast<std::uint64_t>(downlink.for_video(now));
  stats.pacer_queue_bytes = downlink.queued_bytes();
  stats.pacer_queue_us = to_us(downlink.queued_time());
  stats.probes_sent = downlink.probes();
  stats.probe_bytes_sent = downlink.probe_bytes();
  stats.path_loss = downlink.estimator().loss();
  stats.path_queue_delay = seconds(downlink.estimator().queue_delay());
}

static_assert(WEIR_PATH_FEEDBACK_RTP == static_cast<std::uint32_t>(PathFeedback::rtp));

}  // namespace

void add_node_stats(const Core& core, weir_node_stats& stats) {
  ++stats.workers;
  stats.rooms += core.sfu.rooms().size();
  stats.participants += core.sfu.participants().size();
  core.sfu.participants().for_each(
      [&](const sfu::Participant& p) { stats.connected += p.connected && !p.local() ? 1U : 0U; });
  stats.tracks += core.sfu.tracks().size();
  stats.subscriptions += core.sfu.subscriptions().size();
  stats.datagrams_received += core.counters.datagrams_received;
  stats.datagrams_sent += core.egress.total_datagrams();
  stats.bytes_received += core.counters.bytes_received;
  stats.bytes_sent += core.egress.total_bytes();
  stats.packets_forwarded += core.counters.forwarded;
  stats.retransmitted_packets_sent += core.counters.retransmitted;
  stats.handshakes_completed += core.mux.handshakes_completed();
  stats.handshakes_failed += core.mux.handshakes_failed();
  stats.events_lost += core.counters.events_lost;
  stats.limit_refusals += core.counters.limit_refusals;
  stats.packet_buffers_used += core.pool.used();
  stats.packet_buffers += core.pool.capacity();
  for (std::size_t i = 0; i < WEIR_DROP_COUNT; ++i) stats.drops[i] += core.drops.at(i);
  // The same on every worker.
  stats.srtp_backend =
      core.mux.srtp().kind() == srtp::BackendKind::ipsec_mb ? WEIR_SRTP_IPSEC_MB : WEIR_SRTP_LIBSRTP;
}

void fill_participant_stats(const Core& core, Time now, const sfu::Participant& participant,
                            weir_participant_stats& stats) {
  stats.connected = participant.connected ? 1 : 0;
  stats.connect_us = to_us(participant.connect_time);
  stats.current_round_trip_time = seconds(participant.round_trip);
  if (const auto data = core.data.find(participant.id.value); data != core.data.end()) {
    const DataCounters& counters = data->second.counters;
    stats.data_messages_sent = counters.messages_sent;
    stats.data_bytes_sent = counters.bytes_sent;
    stats.data_messages_received = counters.messages_received;
    stats.data_bytes_received = counters.bytes_received;
    stats.data_messages_dropped = counters.messages_dropped;
  }
  const Peer* peer = core.peer(participant.id);
  if (peer == nullptr) return;
  stats.bytes_sent = peer->bytes_sent;
  stats.bytes_received = peer->bytes_received;
  stats.packets_sent = peer->packets_sent;
  stats.packets_received = peer->packets_received;
  fill_path_stats(peer->downlink, now, stats);
  if (peer->transport == nullptr) return;
  const transport::Transport& transport = *peer->transport;
  stats.stun_requests_received = transport.stun_requests();
  stats.path_changes = transport.path_changes();
  stats.dtls_client = transport.dtls_client() ? 1 : 0;
  if (transport.selected()) copy_text(stats.selected_address, transport.selected()->remote.text());
  if (const sctp::Channels* channels = transport.channels()) {
    stats.data_channels = channels->count();
    stats.data_buffered = channels->buffered();
  }
  copy_text(stats.dtls_cipher, transport.dtls_cipher());
  copy_text(stats.srtp_cipher, name_of(transport.srtp_profile()));
}

void fill_track_stats(Time now, sfu::Track& track, weir_track_stats& stats) {
  stats.packets_repaired = track.counters.repaired;
  stats.nack_count = track.counters.nacks_sent;
  stats.pli_count = track.counters.plis_sent;
  stats.frames_received = track.counters.frames;
  stats.key_frames_received = track.counters.key_frames;
  // RFC 6464 section 3: 0 is the loudest, 127 is silence.
  stats.audio_level = track.last_level >= 127 ? 0.0 : std::pow(10.0, -track.last_level / 20.0);
  stats.subscriptions = static_cast<std::uint64_t>(
      std::count_if(track.routes.begin(), track.routes.end(),
                    [&](const sfu::Subscription* s) { return s->current == &track; }));
  stats.packets_received = track.counters.packets_before;
  stats.bytes_received = track.counters.payload_bytes_before;
  stats.packets_lost = track.counters.lost_before;
  // Counts are of all encodings, the rest of the one with the largest pictures.
  std::uint32_t largest = 0;
  for (sfu::Encoding& encoding : track.encodings) {
    if (!encoding.reception) continue;
    sfu::Reception& reception = *encoding.reception;
    stats.packets_received += reception.statistics.packets();
    stats.bytes_received += reception.statistics.payload_bytes();
    stats.packets_lost += reception.statistics.cumulative_lost();
    stats.bitrate += reception.statistics.bitrate(now);
    const std::uint32_t size = std::uint32_t{encoding.width} * encoding.height;
    if (stats.ssrc != 0 && size <= largest) continue;
    largest = size;
    stats.ssrc = reception.ssrc;
    stats.jitter = reception.statistics.jitter_seconds();
    stats.frame_width = encoding.width;
    stats.frame_height = encoding.height;
  }
}

void fill_subscription_stats(const sfu::Subscription& subscription, weir_subscription_stats& stats) {
  const sfu::SubscriptionCounters& counters = subscription.counters;
  stats.ssrc = subscription.ssrc;
  stats.packets_sent = counters.packets;
  stats.bytes_sent = counters.payload_bytes;
  stats.retransmitted_packets_sent = counters.retransmitted;
  stats.nack_count = counters.nacks;
  stats.pli_count = counters.plis;
  stats.key_frames_sent = counters.key_frames;
  stats.packets_lost = counters.lost;
  stats.fraction_lost = counters.fraction_lost;
  stats.jitter = counters.jitter;
  stats.round_trip_time = seconds(counters.round_trip);
  stats.source_changes = counters.source_changes;
  stats.last_switch_us = to_us(counters.last_switch);
  stats.queue_drops = subscription.local != nullptr ? subscription.local->dropped() : 0;
}

}  // namespace weir::engine
