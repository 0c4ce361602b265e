#include "engine/replay.h"

#include <algorithm>
#include <vector>

#include "engine/capture_time.h"
#include "engine/data_path.h"

namespace weir::engine {

namespace {

constexpr Duration kRecent = std::chrono::milliseconds{350};
/// With a longer way through the pacer a fresh key frame is as soon there.
constexpr Duration kSoon = std::chrono::milliseconds{150};
constexpr std::int64_t kMostPackets = 400;

/// What came of an encoding from its newest key frame on; nothing unless all of it is held.
std::vector<PacketRef> held_since_key_frame(const Core& core, Time now, const sfu::Track& track,
                                            const sfu::Encoding& encoding) {
  if (!encoding.key_start || !encoding.reception || now - encoding.key_start->at > kRecent) return {};
  const std::int64_t first = encoding.key_start->sequence;
  const std::int64_t newest = encoding.sequence_base + encoding.reception->unwrapper.newest().value_or(0);
  if (newest < first || newest - first >= kMostPackets) return {};
  std::vector<PacketRef> packets;
  packets.reserve(static_cast<std::size_t>(newest - first + 1));
  for (std::int64_t sequence = first; sequence <= newest; ++sequence) {
    packets.push_back(core.history.find({track.id, encoding.index}, encoding.history, sequence));
    if (!packets.back()) return {};
  }
  return packets;
}

bool fits(const Core& core, const sfu::Subscription& subscription, const std::vector<PacketRef>& packets) {
  if (subscription.local != nullptr) return packets.size() <= subscription.local->room();
  const Peer* peer = core.peer(subscription.receiver.id);
  if (peer == nullptr || peer->transport == nullptr || !peer->transport->connected() ||
      !peer->transport->selected()) {
    return false;
  }
  std::size_t bytes = 0;
  for (const PacketRef& packet : packets) bytes += packet.data().size();
  return bytes <= core.egress.free_bytes() / 4 && peer->downlink.time_to_send(bytes) <= kSoon;
}

/// The encoding that is wanted, then others that a receiver may begin with, the larger first.
std::vector<const sfu::Encoding*> entries_of(const sfu::Track& track,
                                             const sfu::LayerSelector::Target& target) {
  std::vector<const sfu::Encoding*> entries;
  for (const sfu::Encoding& encoding : track.encodings) {
    const bool entry = ((target.entries >> encoding.index) & 1U) != 0;
    if (entry || encoding.index == target.layer.encoding) entries.push_back(&encoding);
  }
  const auto rank = [&](const sfu::Encoding* entry) {
    return entry->index == target.layer.encoding ? UINT32_MAX : std::uint32_t{entry->width} * entry->height;
  };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const auto* a, const auto* b) { return rank(a) > rank(b); });
  return entries;
}

bool replay(Core& core, Time now, sfu::Subscription& subscription, sfu::Track& track,
            const sfu::Encoding& encoding, const std::vector<PacketRef>& packets) {
  std::int64_t sequence = encoding.key_start->sequence;
  for (const PacketRef& packet : packets) {
    const auto parsed = rtp::Packet::parse(packet.data());
    const sfu::LineCodec* codec = parsed ? track.line.carried_by(parsed->payload_type()) : nullptr;
    auto facts = codec != nullptr ? read_facts(track, encoding, codec->codec, *parsed) : std::nullopt;
    if (!facts) return subscription.pending != &track;
    facts->numbers.sequence = sequence++;
    facts->buffer = packet;
    facts->age = now - encoding.key_start->at;
    pass_on_capture_time({now, core.ntp(now)}, track, *facts);
    route_to(core, now, subscription, track, encoding, core.facts.share(std::move(*facts)));
    if (subscription.pending == &track) return false;  // the first packet does not begin it
  }
  return true;
}

}  // namespace

bool replay_key_frame(Core& core, Time now, sfu::Subscription& subscription) {
  sfu::Track* track = subscription.pending;
  if (track == nullptr || track->kind != MediaKind::video || track->muted || !subscription.next.target() ||
      !subscription.receiver.connected) {
    return false;
  }
  for (const sfu::Encoding* encoding : entries_of(*track, *subscription.next.target())) {
    const std::vector<PacketRef> packets = held_since_key_frame(core, now, *track, *encoding);
    if (packets.empty() || !fits(core, subscription, packets)) continue;
    if (replay(core, now, subscription, *track, *encoding, packets)) return true;
  }
  return false;
}

}  // namespace weir::engine
