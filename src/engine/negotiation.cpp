#include "engine/negotiation.h"

#include <algorithm>

#include "crypto/certificate.h"
#include "engine/departure.h"
#include "sdp/answer.h"
#include "sdp/session.h"

namespace weir::engine {

namespace {

sdp::Policy policy_of(const sfu::Participant& participant, const Peer* peer) {
  const auto may = [&](std::uint32_t bit) { return (participant.options.may & bit) != 0; };
  sdp::Policy policy;
  policy.receive_audio = may(WEIR_MAY_SEND_AUDIO);
  policy.receive_video = may(WEIR_MAY_SEND_VIDEO);
  policy.send_audio = may(WEIR_MAY_RECEIVE_AUDIO);
  policy.send_video = may(WEIR_MAY_RECEIVE_VIDEO);
  policy.data_channels = may(WEIR_MAY_SEND_DATA) || may(WEIR_MAY_RECEIVE_DATA);
  policy.max_message_size = kMaxDataMessage;
  // Keys for media are agreed on when an association begins, or not at all (RFC 5764 section 4.1).
  policy.media = peer == nullptr || peer->transport == nullptr || !peer->transport->connected() ||
                 peer->transport->srtp() != nullptr;
  // A running association keeps its roles (RFC 8842 section 5.5).
  policy.prefer_dtls_client = peer != nullptr && peer->transport != nullptr && peer->transport->dtls_client();
  return policy;
}

sfu::Line line_of(const sdp::NegotiatedLine& negotiated) {
  sfu::Line line;
  line.mid = negotiated.mid;
  line.extensions = negotiated.extensions;
  for (const sdp::NegotiatedCodec& codec : negotiated.codecs) {
    line.codecs.push_back({.codec = codec.codec,
                           .payload_type = codec.payload_type,
                           .rtx_payload_type = codec.rtx_payload_type,
                           .nack = codec.nack,
                           .pli = codec.pli,
                           .fir = codec.fir,
                           .clock_rate = codec.clock_rate,
                           .red_payload_type = codec.red_payload_type});
    line.remb = line.remb || codec.remb;
    line.transport_cc = line.transport_cc || codec.transport_cc;
    line.ccfb = line.ccfb || codec.ccfb;
  }
  for (const sdp::SendEncoding& encoding : negotiated.encodings) line.rids.push_back(encoding.rid);
  return line;
}

sfu::Track* track_at(const sfu::Participant& participant, std::string_view mid) {
  for (sfu::Track* track : participant.tracks) {
    if (track->line.mid == mid) return track;
  }
  return nullptr;
}

sfu::Subscription* subscription_at(const sfu::Participant& participant, std::string_view mid) {
  for (sfu::Subscription* subscription : participant.subscriptions) {
    if (subscription->line.mid == mid) return subscription;
  }
  return nullptr;
}

const sdp::NegotiatedLine* line_at(const sdp::Negotiated& negotiated, std::string_view mid) {
  for (const sdp::NegotiatedLine& line : negotiated.lines) {
    if (!line.rejected && line.mid == mid) return &line;
  }
  return nullptr;
}

/// Whether a track or subscription at `mid` can stay what it is.
bool same_kind(const sdp::NegotiatedLine* line, MediaKind kind) {
  return line != nullptr && line->kind == kind;
}

std::optional<Error> check_limits(const Core& core, const sdp::Negotiated& negotiated) {
  std::size_t tracks = 0;
  std::size_t subscriptions = 0;
  for (const sdp::NegotiatedLine& line : negotiated.lines) {
    if (line.rejected) continue;
    tracks += line.to_node ? 1U : 0U;
    subscriptions += line.from_node ? 1U : 0U;
  }
  if (tracks > core.options.max_tracks_per_participant) {
    return Error{WEIR_ERR_LIMIT, "max_tracks_per_participant is reached: the offer sends on more lines", 0};
  }
  if (subscriptions > core.options.max_subscriptions_per_participant) {
    return Error{WEIR_ERR_LIMIT,
                 "max_subscriptions_per_participant is reached: the offer receives on more lines", 0};
  }
  return std::nullopt;
}

/// SSRCs that the offer announces for a track; those of before that it no longer names stay bound until the
/// track ends.
void bind_streams(Peer& peer, const sdp::NegotiatedLine& line, Id track) {
  const auto bind = [&](const Stream& stream) {
    if (peer.find_stream(stream.ssrc) != nullptr) return;
    if (peer.streams.size() >= Peer::kMaxStreams) {
      std::erase_if(peer.streams, [](const Stream& s) { return s.over; });
    }
    if (peer.streams.size() < Peer::kMaxStreams) peer.streams.push_back(stream);
  };
  // Where encodings have names, packets tell which one an SSRC carries.
  const auto encoding_of = [&](std::uint32_t ssrc) -> std::optional<std::uint8_t> {
    if (line.encodings.empty()) return std::uint8_t{0};
    for (std::size_t i = 0; i < line.encodings.size(); ++i) {
      if (line.encodings[i].ssrc == ssrc) return static_cast<std::uint8_t>(i);
    }
    return std::nullopt;
  };
  for (const std::uint32_t ssrc : line.ssrcs) {
    if (const auto encoding = encoding_of(ssrc)) bind({.ssrc = ssrc, .track = track, .encoding = *encoding});
  }
  for (const auto& [media, rtx] : line.rtx_ssrcs) {
    const auto encoding = encoding_of(media);
    if (encoding) bind({.ssrc = rtx, .track = track, .encoding = *encoding, .rtx = true, .repairs = media});
  }
}

void remove_gone(Core& core, Time now, Peer& peer, const sdp::Negotiated& negotiated) {
  sfu::Participant& participant = peer.participant;
  const std::vector<sfu::Track*> tracks = participant.tracks;
  for (sfu::Track* track : tracks) {
    const sdp::NegotiatedLine* line = line_at(negotiated, track->line.mid);
    if (same_kind(line, track->kind) && line->to_node) continue;
    std::erase_if(peer.streams, [&](const Stream& stream) { return stream.track == track->id; });
    core.sfu.remove_track(now, *track);
  }
  const std::vector<sfu::Subscription*> subscriptions = participant.subscriptions;
  for (sfu::Subscription* subscription : subscriptions) {
    const sdp::NegotiatedLine* line = line_at(negotiated, subscription->line.mid);
    if (same_kind(line, subscription->kind) && line->from_node) continue;
    if (srtp::Session* srtp = peer.transport->srtp()) {
      srtp->end_sending(subscription->ssrc);
      srtp->end_sending(subscription->rtx_ssrc);
    }
    core.sfu.remove_subscription(now, *subscription);
  }
}

weir_status apply_line(Core& core, Time now, Peer& peer, const sdp::NegotiatedLine& line) {
  sfu::Participant& participant = peer.participant;
  if (line.to_node) {
    sfu::Track* track = track_at(participant, line.mid);
    if (track != nullptr) {
      core.sfu.update_track_line(now, *track, line_of(line));
    } else {
      auto added = core.sfu.add_track(now, participant, line.kind, line_of(line),
                                      line.screen ? WEIR_CONTENT_SCREEN : WEIR_CONTENT_MAIN);
      if (!added) return added.error().status;
      track = *added;
    }
    bind_streams(peer, line, track->id);
  }
  if (line.from_node) {
    if (sfu::Subscription* subscription = subscription_at(participant, line.mid)) {
      core.sfu.update_subscription_line(now, *subscription, line_of(line));
    } else if (auto added = core.sfu.add_subscription(now, participant, line.kind, line_of(line)); !added) {
      return added.error().status;
    }
  }
  if (const std::uint8_t id = line.extensions.id(rtp::Extension::mid)) peer.mid_extension = id;
  if (const std::uint8_t id = line.extensions.id(rtp::Extension::rid)) peer.rid_extension = id;
  if (const std::uint8_t id = line.extensions.id(rtp::Extension::repaired_rid)) {
    peer.repaired_rid_extension = id;
  }
  if (const std::uint8_t id = line.extensions.id(rtp::Extension::transport_cc))
    peer.transport_cc_extension = id;
  return WEIR_OK;
}

/// Subscriptions stand in the order of their lines, also when a line went away and came back.
void sort_subscriptions(sfu::Participant& participant, const sdp::Negotiated& negotiated) {
  const auto place = [&](const sfu::Subscription* subscription) {
    return line_at(negotiated, subscription->line.mid);
  };
  std::stable_sort(participant.subscriptions.begin(), participant.subscriptions.end(),
                   [&](const auto* a, const auto* b) { return place(a) < place(b); });
}

weir_status apply(Core& core, Time now, Peer& peer, const sdp::Negotiated& negotiated) {
  remove_gone(core, now, peer, negotiated);
  for (const sdp::NegotiatedLine& line : negotiated.lines) {
    if (line.rejected) continue;
    if (const weir_status status = apply_line(core, now, peer, line); status != WEIR_OK) return status;
  }
  sort_subscriptions(peer.participant, negotiated);
  return WEIR_OK;
}

sdp::LocalDescription describe(const Core& core, const Peer& peer, const sdp::Negotiated& negotiated) {
  sdp::LocalDescription local;
  local.session_id = peer.session_id;
  local.version = peer.session_version;
  local.ice = {.ufrag = peer.transport->local_credentials().ufrag,
               .password = peer.transport->local_credentials().password};
  const crypto::Sha256& fingerprint = core.certificate->fingerprint();
  local.fingerprint.assign(fingerprint.begin(), fingerprint.end());
  local.cname = peer.cname;
  local.candidates = core.options.candidates;
  std::size_t audio = 0;
  std::size_t video = 0;
  for (const sdp::NegotiatedLine& line : negotiated.lines) {
    auto& identity = local.lines.emplace_back();
    if (line.rejected || !line.from_node) continue;
    const sfu::Subscription* subscription = subscription_at(peer.participant, line.mid);
    if (subscription == nullptr) continue;
    const std::size_t ordinal = line.kind == MediaKind::audio ? audio++ : video++;
    const bool paired = peer.participant.options.pair_lines != 0;
    const std::string kind = line.kind == MediaKind::audio ? "audio" : "video";
    identity = {
        .ssrc = subscription->ssrc,
        .rtx_ssrc = subscription->rtx_ssrc,
        .stream = paired ? "weir-" + std::to_string(ordinal) : "weir-" + kind + "-" + std::to_string(ordinal),
        .track = kind + "-" + std::to_string(ordinal)};
  }
  return local;
}

weir_status set_remote(Core& core, Time now, Peer& peer, const sdp::Negotiated& negotiated) {
  core.mux.set_media(*peer.transport, std::any_of(negotiated.lines.begin(), negotiated.lines.end(),
                                                  [](const sdp::NegotiatedLine& line) {
                                                    return !line.rejected && !line.data_channel;
                                                  }));
  return core.mux.set_remote(now, *peer.transport,
                             {negotiated.remote_ice.ufrag, negotiated.remote_ice.password},
                             negotiated.node_is_dtls_client ? dtls::Role::client : dtls::Role::server,
                             negotiated.fingerprint.algorithm, negotiated.fingerprint.value);
}

/// Makes the transport fit the offer. One that ended or failed gives way to a new one.
weir_status open_path(Core& core, Time now, Peer& peer, const sdp::Negotiated& negotiated) {
  const bool usable = std::any_of(negotiated.lines.begin(), negotiated.lines.end(),
                                  [](const sdp::NegotiatedLine& line) { return !line.rejected; });
  if (!usable) return peer.transport != nullptr ? WEIR_OK : WEIR_ERR_SDP;
  const bool fresh = peer.transport == nullptr;
  if (fresh) peer.transport = &core.mux.open(peer.participant.id);
  weir_status status = set_remote(core, now, peer, negotiated);
  if (status == WEIR_ERR_CLOSED) {
    core.close_transport(now, peer);
    peer.transport = &core.mux.open(peer.participant.id);
    status = set_remote(core, now, peer, negotiated);
  }
  if (status != WEIR_OK && fresh) core.close_transport(now, peer);
  return status;
}

/// A line of data channels begins them, its end or rejection ends them.
void apply_data(Core& core, Time now, Peer& peer, const sdp::Negotiated& negotiated) {
  const auto line =
      std::find_if(negotiated.lines.begin(), negotiated.lines.end(),
                   [](const sdp::NegotiatedLine& each) { return each.data_channel && !each.rejected; });
  if (line == negotiated.lines.end()) return core.mux.end_data(now, *peer.transport);
  const std::uint64_t most = std::min<std::uint64_t>(line->max_message_size, kMaxDataMessage);
  core.mux.allow_data(now, *peer.transport,
                      {.remote_port = line->sctp_port, .max_message_sent = static_cast<std::uint32_t>(most)});
}

}  // namespace

Result<std::string> negotiate(Core& core, Time now, sfu::Participant& participant, std::string_view text) {
  if (participant.local()) return Error{WEIR_ERR_STATE, "a local participant does not negotiate", 0};
  if (text.size() > core.options.max_sdp_bytes)
    return Error{WEIR_ERR_LIMIT, "the offer is longer than max_sdp_bytes", 0};
  const auto offer = sdp::parse(text);
  if (!offer) return offer.error();
  Peer* known = core.peer(participant.id);
  const auto negotiated = sdp::negotiate(*offer, policy_of(participant, known));
  if (!negotiated) return negotiated.error();
  if (auto over = check_limits(core, *negotiated)) return *over;

  Peer& peer = known != nullptr ? *known : core.make_peer(participant);
  if (const weir_status status = open_path(core, now, peer, *negotiated); status != WEIR_OK) {
    const bool unusable = peer.transport == nullptr;
    if (known == nullptr) core.drop_peer(now, participant.id);
    return Error{status,
                 unusable ? "no line of the offer can be used here"
                          : "the offer names another certificate than the running connection",
                 0};
  }
  weir_status status = WEIR_OK;
  core.sfu.batch(now, participant.room, [&] { status = apply(core, now, peer, *negotiated); });
  if (peer.transport != nullptr) apply_data(core, now, peer, *negotiated);
  if (status != WEIR_OK) return Error{status, "the node's tracks or subscriptions are used up", 0};
  const auto digest = crypto::sha256(as_bytes(text));
  configure_downlink(core, now, peer);
  if (digest != peer.offer_digest) ++peer.session_version;
  peer.offer_digest = digest;
  return sdp::write_answer(*offer, *negotiated, describe(core, peer, *negotiated));
}

}  // namespace weir::engine
