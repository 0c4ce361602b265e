#include "engine/departure.h"

#include <algorithm>
#include <utility>

#include "engine/data_path.h"
#include "engine/sound.h"
#include "srtp/profile.h"

namespace weir::engine {

namespace {

using bwe::PacketKind;

// Header, extensions and SRTP's tag, as they usually are. What really left is what counts afterwards.
constexpr std::size_t kUsualOverhead = 50;
constexpr std::size_t kWholePacket = 700;
constexpr std::uint8_t kMostPadding = 255;  // RFC 3550 section 5.1: one octet counts it

bool reachable(const Peer& peer) {
  return peer.transport != nullptr && peer.transport->connected() && peer.transport->srtp() != nullptr &&
         peer.transport->selected();
}

std::size_t usual_size(const PacketFacts& facts) {
  return kUsualOverhead + (facts.padding_only ? 1 : facts.media.size() + facts.dependency_descriptor.size());
}

Stamp stamp_of(Time now, const Peer& peer, const sfu::Line& line) {
  Stamp stamp{now};
  if (peer.downlink.numbers(line)) stamp.transport_sequence = peer.downlink.transport_sequence();
  return stamp;
}

/// Sends what was written, once it is protected; its size, 0 when it was dropped.
std::size_t launch(Core& core, Time now, Peer& peer, const sfu::Line& line, MutableBytes out,
                   std::size_t plain, PacketKind kind, std::uint32_t probe) {
  if (plain == 0 || plain > kMaxDatagram) return core.drops.count(DropReason::TOO_LARGE), 0;
  Downlink::Departure departure{.kind = kind,
                                .probe = probe,
                                .numbered = peer.downlink.numbers(line),
                                .tracked = peer.downlink.tracks(line),
                                .ssrc = load_u32(&out[8]),
                                .sequence = load_u16(&out[2])};
  departure.size = plain + srtp::rtp_tag_size(peer.transport->srtp_profile());
  core.send(peer, departure.size);
  core.protection.add(*peer.transport->srtp(), out.first(departure.size), plain);
  peer.downlink.departed(now, departure);
  return departure.size;
}

void account(Core& core, Peer& peer, sfu::Subscription& subscription, const sfu::LineCodec& codec,
             const sfu::EgressNumbers& numbers, PacketKind kind) {
  if (kind == PacketKind::retransmission) {
    ++subscription.counters.retransmitted;
    ++core.counters.retransmitted;
  } else if (kind != PacketKind::padding) {
    ++core.counters.forwarded;
    if (!subscription.departed || is_newer(numbers.sequence, *subscription.departed)) {
      subscription.departed = numbers.sequence;
    }
  }
  if (kind == PacketKind::video && codec.rtx_payload_type) {
    peer.downlink.remember({subscription.id, numbers.sequence, numbers.timestamp, *codec.rtx_payload_type});
  }
}

/// Writes a packet as this receiver is to have it; its plain size, 0 when it does not fit.
std::size_t write(MutableBytes out, const Stamp& stamp, const Core& core, sfu::Subscription& subscription,
                  const sfu::Track* track, const sfu::LineCodec& codec, const PacketFacts& facts,
                  const sfu::EgressNumbers& numbers, bool again) {
  if (again && codec.rtx_payload_type) {
    return write_rtx_packet(out, stamp, subscription, codec, facts, numbers);
  }
  // Sound repeats what went before it, unless it is repeated itself.
  if (track != nullptr && track->kind == MediaKind::audio && (!again || !facts.red.empty())) {
    return write_sound_packet(out, stamp, core.history, subscription, *track, codec, facts, numbers);
  }
  return write_egress_packet(out, stamp, subscription, codec, facts, numbers);
}

/// `track`: the source; nullptr when it is gone meanwhile.
std::size_t depart(Core& core, Time now, Peer& peer, sfu::Subscription& subscription, const sfu::Track* track,
                   const PacketFacts& facts, const sfu::EgressNumbers& numbers, PacketKind kind,
                   std::uint32_t probe) {
  const sfu::LineCodec* codec =
      track != nullptr ? receiver_codec(subscription, *track, facts) : subscription.line.find(facts.codec);
  // A packet that leaves as padding has any payload type.
  if (codec == nullptr && facts.padding_only) codec = &subscription.line.codecs.front();
  if (codec == nullptr) return core.drops.count(DropReason::CODEC), 0;
  const bool sound = subscription.kind == MediaKind::audio;
  const MutableBytes out = core.egress.reserve(sound ? sound_size_bound(facts) : egress_size_bound(facts));
  if (out.empty()) return core.drops.count(DropReason::SEND_BUFFER), 0;
  const bool again = kind == PacketKind::retransmission || kind == PacketKind::padding;
  const std::size_t plain = write(out, stamp_of(now, peer, subscription.line), core, subscription, track,
                                  *codec, facts, numbers, again);
  const std::size_t size = launch(core, now, peer, subscription.line, out, plain, kind, probe);
  if (size != 0) account(core, peer, subscription, *codec, numbers, kind);
  return size;
}

sfu::Subscription* subscription_of(Core& core, const Peer& peer, Id id) {
  sfu::Subscription* subscription = core.sfu.subscriptions().find(id);
  return subscription != nullptr && subscription->receiver.id == peer.participant.id ? subscription : nullptr;
}

/// An RTX packet of padding alone, on the line that sent last, or before that on one whose SSRCs the answer
/// announced: receivers open odd streams for padding that they cannot place.
std::size_t send_padding(Core& core, Time now, Peer& peer, std::uint32_t probe) {
  const auto newest = peer.downlink.newest();
  sfu::Subscription* subscription = newest ? subscription_of(core, peer, newest->subscription) : nullptr;
  if (subscription == nullptr) return 0;
  const MutableBytes out = core.egress.reserve(padding_size_bound(kMostPadding));
  if (out.empty()) return core.drops.count(DropReason::SEND_BUFFER), 0;
  const std::size_t plain = write_padding_packet(out, stamp_of(now, peer, subscription->line), *subscription,
                                                 newest->rtx_payload_type, newest->timestamp, kMostPadding);
  return launch(core, now, peer, subscription->line, out, plain, PacketKind::padding, probe);
}

/// What probes are filled with: packets of a moment ago first, which repair what was lost and count as media.
/// Not where they are too large for a probe of a narrow path.
void pad(Core& core, Time now, Peer& peer, const bwe::Pacer::Item& item) {
  std::size_t size = 0;
  while (size == 0 && item.size >= kWholePacket) {
    const auto candidate = peer.downlink.take_repeatable();
    if (!candidate) break;
    sfu::Subscription* subscription = subscription_of(core, peer, candidate->subscription);
    const auto packet =
        subscription != nullptr ? recall(core, now, *subscription, candidate->sequence) : std::nullopt;
    if (!packet) continue;
    size = depart(core, now, peer, *subscription, packet->track, packet->facts, packet->numbers, item.kind,
                  item.probe);
  }
  if (size == 0) size = send_padding(core, now, peer, item.probe);
  peer.downlink.padded(now, item, size);
}

/// Lets the layers follow the queue. Only when it changes, so that packets need not ask.
void shed(Peer& peer) {
  const std::uint8_t layers = peer.downlink.shed_layers();
  if (layers == peer.shed_layers) return;
  peer.shed_layers = layers;
  for (sfu::Subscription* subscription : peer.participant.subscriptions) {
    subscription->selector.shed(layers);
    subscription->next.shed(layers);
  }
}

/// Buffers that what waits must leave to what comes in.
bool pool_is_short(const Core& core) {
  return core.pool.capacity() - core.pool.used() <= core.inbox_limit + 16;
}

void schedule(Core& core, Peer& peer) {
  const Time at = peer.downlink.deadline();
  if (at >= peer.next_departure) return;
  peer.next_departure = at;
  core.departures.wake(peer.participant.id, at);
}

/// Layers are decided anew when there is notably more or less for them; at once when there is less.
void tell_allocation(Core& core, Time now, Peer& peer) {
  if (peer.transport != nullptr) core.mux.set_data_rate(*peer.transport, peer.downlink.data_rate(now));
  const Downlink::Available available = peer.downlink.available(now);
  if (available.generation == peer.told_generation) return;
  peer.told_generation = available.generation;
  const bool less = available.bitrate < peer.told_bitrate;
  peer.told_bitrate = available.bitrate;
  core.sfu.touch_layers(peer.participant, less);
}

void leave(Core& core, Time now, Peer& peer, const Downlink::Turn& turn) {
  if (!turn.packet) return pad(core, now, peer, turn.item);
  sfu::Subscription* subscription = subscription_of(core, peer, turn.packet->subscription);
  if (subscription == nullptr) return core.drops.count(DropReason::NOT_CONNECTED);
  depart(core, now, peer, *subscription, core.sfu.tracks().find(turn.packet->track), *turn.packet->facts,
         turn.packet->numbers, turn.item.kind, turn.item.probe);
}

/// The arena is written and sent by pieces that stay in the processor's cache.
bool turn_is_full(const Core& core) {
  constexpr std::size_t kTurn = std::size_t{512} << 10;
  return core.egress.used_bytes() >= std::min(kTurn, core.egress.capacity() / 2);
}

void let_leave(Core& core, Peer& peer) {
  if (std::exchange(peer.leaving, true)) return;
  core.leaving.push_back(peer.participant.id);
}

}  // namespace

void send_packet(Core& core, Time now, Peer& peer, sfu::Subscription& subscription, const sfu::Track* track,
                 const FactsRef& facts, const sfu::EgressNumbers& numbers, PacketKind kind) {
  const bool waits = peer.downlink.queued() != 0 && peer.downlink.departure() > now;
  if ((waits && pool_is_short(core)) ||
      !peer.downlink.hold(usual_size(*facts), kind,
                          {subscription.id, track != nullptr ? track->id : Id{}, facts, numbers})) {
    core.drops.count(DropReason::PACER_QUEUE);
  }
  if (peer.leaving) return;
  if (peer.downlink.departure() <= now) return let_leave(core, peer);
  shed(peer);
  schedule(core, peer);
}

void depart_leaving(Core& core, Time now) {
  while (!core.leaving.empty() && !turn_is_full(core)) {
    Peer* const peer = core.peer(core.leaving.front());
    core.leaving.pop_front();
    if (peer == nullptr) continue;
    peer->leaving = false;
    service_downlink(core, now, *peer);
  }
}

bool make_way(Core& core, sfu::Subscription& subscription) {
  Peer* peer = core.peer(subscription.receiver.id);
  if (peer == nullptr || !subscription.departed || !peer->downlink.behind()) return false;
  const std::size_t dropped = peer->downlink.drop_media(subscription.id);
  if (dropped == 0) return false;
  core.drops.count(DropReason::OBSOLETE, dropped);
  subscription.rewriter.take_back(*subscription.departed);
  shed(*peer);
  return true;
}

void service_downlink(Core& core, Time now, Peer& peer) {
  peer.next_departure = kNever;
  Downlink& downlink = peer.downlink;
  if (!reachable(peer)) {
    core.drops.count(DropReason::NOT_CONNECTED, downlink.clear());
    return shed(peer);
  }
  downlink.advance(now);
  bool full = turn_is_full(core);
  while (!full) {
    const auto turn = downlink.next(now);
    if (!turn) break;
    leave(core, now, peer, *turn);
    full = turn_is_full(core);
  }
  downlink.end_turn(now);
  shed(peer);
  if (full) return let_leave(core, peer);
  wake_downlink(core, now, peer);
}

void wake_downlink(Core& core, Time now, Peer& peer) {
  tell_allocation(core, now, peer);
  schedule(core, peer);
}

void begin_downlink(Core& core, Time now, Peer& peer) {
  peer.downlink.begin(now);
  peer.next_departure = kNever;
  wake_downlink(core, now, peer);
}

void configure_downlink(Core& core, Time now, Peer& peer) {
  Downlink& downlink = peer.downlink;
  downlink.configure(peer.participant);
  bool video = false;
  for (const sfu::Subscription* subscription : peer.participant.subscriptions) {
    video |= subscription->kind == MediaKind::video;
    for (const sfu::LineCodec& codec : subscription->line.codecs) {
      if (codec.rtx_payload_type)
        downlink.set_padding_line({subscription->id, 0, 0, *codec.rtx_payload_type});
    }
  }
  // Until something says what is wanted: one video as publishers are asked to send it.
  if (video && downlink.wanted() == 0) downlink.set_wanted(now, core.options.default_publish_bitrate);
  wake_downlink(core, now, peer);
}

}  // namespace weir::engine
