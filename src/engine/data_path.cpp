// A packet's day:
//
//   demultiplex -> unprotect in a pool buffer (intake.cpp) -> parse once into facts -> account -> keep for
//   repair -> route
//   -> each subscription: forward, or drop with a reason -> the receiver's numbers -> its downlink;
//   at the end of the input, receiver by receiver (departure.cpp): write into the egress arena -> protect
//
// From unprotect on the ingress packet is constant and shared; each subscription owns its copy in the arena
// (law 4). Retransmissions come in by the same door once their RTX wrapping is off, packets of local tracks
// behind the unprotecting.
#include "engine/data_path.h"

#include <algorithm>

#include "engine/capture_time.h"
#include "engine/choice.h"
#include "engine/departure.h"
#include "engine/egress_packet.h"
#include "engine/feedback.h"
#include "engine/layers.h"
#include "engine/sound.h"
#include "engine/streams.h"
#include "rtp/packet.h"
#include "rtp/payload.h"
#include "rtp/rtx.h"

namespace weir::engine {

namespace {

void drop(Core& core, DropReason reason) {
  core.drops.count(reason);
}

/// The size of each spatial layer, as far as the packet tells.
void note_sizes(sfu::LayerMeter& meter, const PacketFacts& facts) {
  const auto note = [&](const auto& sizes, std::size_t layers) {
    for (std::size_t s = 0; s < std::min<std::size_t>(layers, sfu::kSpatialLayers); ++s) {
      if (sizes[s].width != 0) meter.on_size(static_cast<std::uint8_t>(s), sizes[s].width, sizes[s].height);
    }
  };
  if (facts.structure != nullptr && facts.structure->sized) {
    note(facts.structure->resolutions, facts.structure->spatial_layers);
  } else if (facts.payload.vp9.spatial_layers != 0) {
    note(facts.payload.vp9.sizes, facts.payload.vp9.spatial_layers);
  } else {
    meter.on_size(facts.layer.spatial, facts.payload.width, facts.payload.height);
  }
}

/// Counts frames and key frames, and tells who asked for a key frame that it is here.
void account_frame(Time now, sfu::Track& track, sfu::Encoding& encoding, const PacketFacts& facts) {
  if (facts.packet.payload().empty()) return;
  const sfu::LayerFacts& layer = facts.layer;
  if (layer.spatial != 0 && layer.frame_start && layer.inter_picture) {
    encoding.meter.set_independent(!layer.inter_layer);
  }
  const std::uint32_t timestamp = facts.packet.timestamp();
  // Late packets belong to a frame that is counted; a timestamp of long ago is another clock.
  constexpr std::int32_t kLongAgo = -10 * 90'000;
  const auto begins = [&](std::optional<std::uint32_t>& last) {
    const std::int32_t ahead = last ? sequence_distance(timestamp, *last) : 1;
    if (ahead <= 0 && ahead > kLongAgo) return false;
    last = timestamp;
    return true;
  };
  if (begins(encoding.last_frame)) ++track.counters.frames;
  const bool first = layer.key_frame && begins(encoding.last_key_frame);  // of a key picture
  if (first) {
    ++track.counters.key_frames;
    encoding.meter.begin_key_picture(now);
  }
  encoding.meter.on_packet(now, layer.spatial, layer.temporal, facts.packet.bytes().size(), layer.frame_start,
                           encoding.last_key_frame == timestamp);
  if (!layer.key_frame) return;
  if (layer.frame_start && layer.spatial == 0) {
    if (first) {
      encoding.key_start = sfu::KeyStart{facts.numbers.sequence, now};
    }
  } else if (first) {
    encoding.key_start.reset();  // its first packet is late or lost
  }
  encoding.keyframes.on_keyframe();
  if (facts.payload.width != 0) {
    encoding.width = facts.payload.width;
    encoding.height = facts.payload.height;
    note_sizes(encoding.meter, facts);
  }
}

/// Sends to a remote receiver.
void deliver_remote(Core& core, Time now, sfu::Subscription& subscription, const sfu::Track& track,
                    const FactsRef& facts, const sfu::EgressNumbers& numbers) {
  Peer* peer = core.peer(subscription.receiver.id);
  if (peer == nullptr || peer->transport == nullptr || !peer->transport->connected() ||
      !peer->transport->selected()) {
    return drop(core, DropReason::NOT_CONNECTED);
  }
  const auto kind = track.kind == MediaKind::audio ? bwe::PacketKind::audio : bwe::PacketKind::video;
  send_packet(core, now, *peer, subscription, &track, facts, numbers, kind);
}

/// Gives to the host's reader.
void deliver_local(Core& core, Time now, sfu::Subscription& subscription, sfu::Track& track,
                   const PacketFacts& facts, const sfu::EgressNumbers& numbers) {
  const sfu::LineCodec* codec = subscription.line.find(facts.codec);
  if (codec == nullptr) return drop(core, DropReason::CODEC);
  std::uint8_t room[PacketPool::kBufferSize + 64];
  const std::size_t size = write_egress_packet(room, now, subscription, *codec, facts, numbers);
  if (size == 0) return drop(core, DropReason::TOO_LARGE);
  const bool readable = subscription.local->push(facts.codec, track.id, facts.level, Bytes{room, size});
  if (readable) {
    core.sfu.emit(now, WEIR_EVENT_SUBSCRIPTION_READABLE, subscription.receiver).subscription =
        subscription.id.value;
  }
  core.drops.count(DropReason::QUEUE_FULL, subscription.local->take_new_drops());
  if (subscription.local->take_loss()) core.sfu.want_keyframe(now, subscription);
}

void deliver(Core& core, Time now, sfu::Subscription& subscription, sfu::Track& track, const FactsRef& facts,
             const sfu::EgressNumbers& numbers) {
  if (subscription.local != nullptr) {
    deliver_local(core, now, subscription, track, *facts, numbers);
  } else {
    deliver_remote(core, now, subscription, track, facts, numbers);
  }
}

/// The receiver does not get the packet, and shall not miss it: later numbers close up, and a number that is
/// already open is filled with padding.
void leave_out(Core& core, Time now, sfu::Subscription& subscription, sfu::Track& track,
               const FactsRef& facts, bool close_picture) {
  const auto open = subscription.rewriter.skip(facts->numbers, close_picture);
  if (!open) return;
  PacketFacts padding = *facts;
  padding.padding_only = true;
  deliver(core, now, subscription, track, core.facts.share(std::move(padding)), *open);
}

void route(Core& core, Time now, sfu::Track& track, const sfu::Encoding& encoding, const FactsRef& facts) {
  for (sfu::Subscription* subscription : track.routes) {
    route_to(core, now, *subscription, track, encoding, facts);
  }
}

/// A change of codec may change what many receive. Packets of the one before that come late are no change
/// back.
bool may_change_codec(Time now, const sfu::Track& track, Codec codec) {
  constexpr Duration kHold = std::chrono::milliseconds{500};
  return track.codec == codec || track.codec == Codec::none || now - track.codec_since >= kHold;
}

/// From here on a packet is the same whether it came from the network, was repaired, or was written by the
/// host.
void take_media(Core& core, Time now, sfu::Track& track, sfu::Encoding& encoding, const PacketRef& buffer,
                const rtp::Packet& packet, std::uint8_t local_level, bool retransmitted) {
  const sfu::LineCodec* codec = track.line.carried_by(packet.payload_type());
  if (codec == nullptr ||
      (codec->codec != Codec::telephone_event && !may_change_codec(now, track, codec->codec))) {
    return drop(core, DropReason::RTP_UNKNOWN_PAYLOAD_TYPE);
  }
  const bool event = codec->codec == Codec::telephone_event;  // beside the track's codec, not instead
  if (!event) core.sfu.set_codec(now, track, codec->codec);
  sfu::Reception& reception = reception_of(core, now, track, encoding, packet);
  reception.last_arrival = now;
  const auto arrival = reception.nack.on_packet(now, packet.sequence());
  if (arrival == rtp::NackTracker::Arrival::duplicate) return drop(core, DropReason::RTP_DUPLICATE);
  if (arrival == rtp::NackTracker::Arrival::repaired) ++track.counters.repaired;
  reception.statistics.on_packet(now, packet.sequence(), packet.timestamp(), packet.payload().size(),
                                 retransmitted);
  const std::int64_t sequence = encoding.sequence_base + reception.unwrapper.unwrap(packet.sequence());
  if (track.muted) return drop(core, DropReason::MUTED);

  auto facts = read_facts(track, encoding, codec->codec, packet);
  if (!facts) return drop(core, DropReason::RTP_PAYLOAD_MALFORMED);
  facts->numbers.sequence = sequence;
  facts->buffer = buffer;
  pass_on_capture_time({now, core.ntp(now)}, track, *facts);
  if (track.kind == MediaKind::video) {
    if (take_reference(encoding, *facts)) split_layer(track, encoding.index);
    const std::uint8_t announced = track.line.extensions.id(rtp::Extension::video_layers_allocation);
    if (const auto told = announced != 0 ? packet.extension(announced) : std::nullopt) {
      take_announcement(track, *told);
    }
    if (facts->numbers.templates != 0) encoding.structure = facts->structure;
    if (facts->active_targets) encoding.active_targets = *facts->active_targets;
    const bool was_active = encoding.meter.active(now);
    account_frame(now, track, encoding, *facts);
    if (!was_active || facts->payload.width != 0) core.sfu.layers_changed(now, track);
    if (facts->layer.key_frame) reception.nack.on_keyframe(packet.sequence());
  } else if (!event) {
    if (track.local) facts->level = local_level;
    account_level(core, now, track, *facts, track.local || !facts->audio_level.empty());
  }
  if (codec->nack) core.timers.wake(track.participant.id, reception.nack.deadline());
  core.history.add({track.id, encoding.index}, encoding.history, facts->numbers.sequence, buffer);
  route(core, now, track, encoding, core.facts.share(std::move(*facts)));
}

void take_rtx(Core& core, Time now, Peer& peer, sfu::Track& track, sfu::Encoding& encoding, Stream& stream,
              const rtp::Packet& packet) {
  if (packet.payload().empty()) return drop(core, DropReason::RTP_PADDING_ONLY);
  if (!encoding.reception) return drop(core, DropReason::RTP_UNKNOWN_STREAM);
  if (!repairs_present(now, peer, *encoding.reception, stream))
    return drop(core, DropReason::RTP_UNKNOWN_STREAM);
  const sfu::LineCodec* codec = nullptr;
  for (const sfu::LineCodec& c : track.line.codecs) {
    if (c.rtx_payload_type == packet.payload_type()) codec = &c;
  }
  if (codec == nullptr) return drop(core, DropReason::RTP_UNKNOWN_PAYLOAD_TYPE);
  const PacketRef restored = core.pool.acquire();
  if (!restored) return drop(core, DropReason::NO_BUFFER);
  const std::size_t size =
      rtp::unwrap_rtx(packet, encoding.reception->ssrc, codec->payload_type, restored.buffer());
  restored.resize(size);
  const auto original = rtp::Packet::parse(restored.data());
  if (size == 0 || !original) return drop(core, DropReason::RTX_MALFORMED);
  take_media(core, now, track, encoding, restored, *original, 127, true);
}

}  // namespace

void take_rtp(Core& core, Time now, Peer& peer, const PacketRef& buffer) {
  const auto packet = rtp::Packet::parse(buffer.data());
  if (!packet) return drop(core, DropReason::RTP_MALFORMED);
  if (peer.transport_cc_extension != 0) {
    const auto number = packet->extension(peer.transport_cc_extension);
    if (number && number->size() == 2) note_transport_sequence(core, now, peer, load_u16(number->data()));
  }
  Stream* stream = stream_of(core, peer, *packet);
  if (stream == nullptr) return;
  sfu::Track* track = core.sfu.tracks().find(stream->track);
  if (track == nullptr || stream->encoding >= track->encodings.size()) {
    return drop(core, DropReason::RTP_UNKNOWN_STREAM);
  }
  sfu::Encoding& encoding = track->encodings[stream->encoding];
  if (stream->rtx) {
    take_rtx(core, now, peer, *track, encoding, *stream, *packet);
  } else if (!may_take_over(now, peer, encoding, *stream)) {
    drop(core, DropReason::RTP_UNKNOWN_STREAM);
  } else {
    take_media(core, now, *track, encoding, buffer, *packet, 127, false);
  }
}

bool route_to(Core& core, Time now, sfu::Subscription& subscription, sfu::Track& track,
              const sfu::Encoding& encoding, const FactsRef& facts) {
  const sfu::Origin before = subscription.rewriter.origin();
  const Choice choice = decide(core, now, subscription, track, encoding, *facts);
  if (choice.drop) {
    drop(core, *choice.drop);
    if (choice.close) leave_out(core, now, subscription, track, facts, choice.close_picture);
    return false;
  }
  auto numbers = subscription.rewriter.rewrite(now, facts->numbers, choice.marker);
  if (!numbers) {
    drop(core, DropReason::BEFORE_SWITCH);
    return false;
  }
  numbers->active_targets = targets_told(subscription, encoding, *facts);
  ++subscription.counters.packets;
  subscription.counters.payload_bytes += facts->media.size();
  if (facts->layer.key_frame) ++subscription.counters.key_frames;
  if (facts->capture_time || subscription.rewriter.origin() == before) {
    deliver(core, now, subscription, track, facts, *numbers);
  } else {
    PacketFacts first = *facts;
    first.capture_time = reported_capture_time({now, core.ntp(now)}, track, encoding, first);
    deliver(core, now, subscription, track, core.facts.share(std::move(first)), *numbers);
  }
  return true;
}

void begin_association(Core& core, Time now, Peer& peer) {
  for (sfu::Track* track : peer.participant.tracks) {
    for (sfu::Encoding& encoding : track->encodings) end_reception(core, now, *track, encoding);
  }
  for (sfu::Subscription* subscription : peer.participant.subscriptions) subscription->acknowledged = false;
  peer.transport_feedback = {};
  peer.next_transport_feedback = kNever;
  begin_downlink(core, now, peer);
}

void pump_local(Core& core, Time now) {
  while (!core.inbox.empty() && has_room(core)) {
    const LocalPacket item = std::move(core.inbox.front());
    core.inbox.pop_front();
    sfu::Track* track = core.sfu.tracks().find(item.track);
    const auto packet = rtp::Packet::parse(item.packet.data());
    if (track == nullptr || !packet) continue;
    take_media(core, now, *track, track->encodings.front(), item.packet, *packet, item.level, false);
  }
}

std::optional<SentPacket> recall(Core& core, Time now, const sfu::Subscription& subscription,
                                 std::uint16_t sequence) {
  const auto found = subscription.rewriter.find(sequence);
  const sfu::Track* track = found ? core.sfu.tracks().find(found->origin.track) : nullptr;
  if (track == nullptr || found->origin.encoding >= track->encodings.size()) return std::nullopt;
  const sfu::Encoding& encoding = track->encodings[found->origin.encoding];
  PacketRef held = core.history.find(found->origin, encoding.history, found->sequence);
  const auto packet = held ? rtp::Packet::parse(held.data()) : std::nullopt;
  const sfu::LineCodec* sent_as = packet ? track->line.carried_by(packet->payload_type()) : nullptr;
  auto facts = sent_as != nullptr ? read_facts(*track, encoding, sent_as->codec, *packet) : std::nullopt;
  const sfu::LineCodec* codec = facts ? receiver_codec(subscription, *track, *facts) : nullptr;
  if (codec == nullptr) return std::nullopt;
  // Without RTX a packet can only leave again as it left before: the same number encrypts nothing else.
  if (!codec->rtx_payload_type && subscription.made_redundancy && facts->red.empty()) return std::nullopt;
  facts->numbers.sequence = found->sequence;
  facts->buffer = std::move(held);
  pass_on_capture_time({now, core.ntp(now)}, *track, *facts);
  SentPacket sent{track, *facts, subscription.rewriter.again(*found, facts->numbers)};
  if (found->origin == subscription.rewriter.origin())
    sent.numbers.active_targets = subscription.targets.told();
  return sent;
}

namespace {

/// Whether the decoder can do without what it asks for: a key picture came after it, it is of a layer that
/// has been left, or all of it is about to be left for less.
bool is_needless(const sfu::Subscription& subscription, const SentPacket& packet) {
  if (subscription.kind != MediaKind::video) return false;
  if (subscription.rewriter.is_obsolete(packet.numbers.sequence)) return true;
  const sfu::LayerSelector& selector = subscription.selector;
  const auto carried = selector.current();
  if (!carried || !selector.target()) return true;
  if (selector.target()->lower && selector.needs_keyframe()) return true;
  const sfu::LayerFacts& layer = packet.facts.layer;
  return layer.temporal > carried->temporal || layer.spatial > carried->spatial;
}

}  // namespace

void repair(Core& core, Time now, Peer& peer, sfu::Subscription& subscription, std::uint16_t sequence) {
  const auto sent = recall(core, now, subscription, sequence);
  if (!sent) return drop(core, DropReason::NOT_CACHED);
  if (peer.downlink.tight(now) && is_needless(subscription, *sent)) return drop(core, DropReason::OBSOLETE);
  if (!subscription.repairs.allow(now, sequence, peer.participant.round_trip)) {
    return drop(core, DropReason::REPAIR_LIMIT);
  }
  send_packet(core, now, peer, subscription, sent->track, core.facts.share(sent->facts), sent->numbers,
              bwe::PacketKind::retransmission);
}

bool has_room(const Core& core) {
  return core.egress.free_bytes() >= core.egress.capacity() / 2;
}

}  // namespace weir::engine
