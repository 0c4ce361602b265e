#include "engine/sound.h"

#include <algorithm>
#include <array>

#include "rtp/red.h"

namespace weir::engine {

namespace {

const sfu::LineCodec* codec_of_red(const sfu::Line& line, std::uint8_t payload_type) {
  for (const sfu::LineCodec& codec : line.codecs) {
    if (codec.red_payload_type == payload_type) return &codec;
  }
  return nullptr;
}

/// A packet that the receiver was sent `back` numbers before, as it lies in the history.
struct Earlier {
  PacketRef held;
  std::uint32_t timestamp = 0;
  Bytes media;
};

std::optional<Earlier> earlier(const sfu::History& history, const sfu::Subscription& subscription,
                               const sfu::Track& track, std::uint16_t egress_sequence) {
  const auto found = subscription.rewriter.find(egress_sequence);
  if (!found || found->origin != subscription.rewriter.origin()) return std::nullopt;
  const sfu::Encoding& encoding = track.encodings[found->origin.encoding];
  Earlier before{.held = history.find(found->origin, encoding.history, found->sequence), .media = {}};
  const auto packet = before.held ? rtp::Packet::parse(before.held.data()) : std::nullopt;
  const sfu::LineCodec* opus = track.line.find(Codec::opus);
  if (!packet || opus == nullptr || !opus->carried_by(packet->payload_type())) return std::nullopt;
  const auto media = media_of(track.line, *packet);
  if (!media || media->empty()) return std::nullopt;
  before.timestamp = packet->timestamp();
  before.media = *media;
  return before;
}

/// A publisher's RED, in the receiver's payload types.
Bytes passed_on(MutableBytes room, const sfu::Line& line, const sfu::LineCodec& to,
                const PacketFacts& facts) {
  const sfu::LineCodec* from = codec_of_red(line, facts.packet.payload_type());
  auto red = rtp::parse_red(facts.red);
  if (from == nullptr || !red) return {};
  std::array<rtp::RedBlock, rtp::kMaxRedBlocks> blocks;
  std::size_t count = 0;
  for (const rtp::RedBlock& block : red->redundant()) {
    if (block.payload_type != from->payload_type) continue;
    blocks[count] = block;
    blocks[count++].payload_type = to.payload_type;
  }
  ByteWriter out{room};
  rtp::write_red(out, {blocks.data(), count}, {.payload_type = to.payload_type, .data = facts.media});
  return out.ok() ? out.written() : Bytes{};
}

/// The RED payload that a subscription gets, written to `room`. Empty: it gets the packet without, be it that
/// it did not negotiate RED or that there is nothing to repeat.
Bytes redundant_payload(MutableBytes room, const sfu::History& history, sfu::Subscription& subscription,
                        const sfu::Track& track, const PacketFacts& facts,
                        const sfu::EgressNumbers& numbers) {
  const sfu::LineCodec* codec = subscription.line.find(Codec::opus);
  if (facts.codec != Codec::opus || codec == nullptr || !codec->red_payload_type) return {};
  if (facts.padding_only || facts.media.empty()) return {};
  if (!facts.red.empty()) return passed_on(room, track.line, *codec, facts);

  // Two frames at most, the older one first.
  std::array<Earlier, 2> frames;
  std::array<rtp::RedBlock, 2> blocks;
  std::size_t count = 0;
  for (int back = std::min(subscription.redundancy.frames(), 2); back > 0; --back) {
    auto before = earlier(history, subscription, track, static_cast<std::uint16_t>(numbers.sequence - back));
    const std::uint32_t offset = before ? facts.packet.timestamp() - before->timestamp : 0;
    if (offset == 0 || offset > rtp::kMaxRedOffset || before->media.size() > rtp::kMaxRedBlockSize) continue;
    frames[count] = std::move(*before);
    blocks[count] = {.payload_type = codec->payload_type,
                     .timestamp_offset = static_cast<std::uint16_t>(offset),
                     .data = frames[count].media};
    ++count;
  }
  if (count == 0) return {};
  ByteWriter out{room};
  rtp::write_red(out, {blocks.data(), count}, {.payload_type = codec->payload_type, .data = facts.media});
  if (!out.ok()) return {};
  subscription.made_redundancy = true;
  return out.written();
}

}  // namespace

void account_level(Core& core, Time now, sfu::Track& track, const PacketFacts& facts, bool known) {
  if (known) track.last_level = facts.level;
  const auto span = track.frames.advance(facts.packet.timestamp(), clock_rate_of(facts.codec));
  if (!span) return;  // came late: what it tells is over
  sfu::Room& room = track.participant.room;
  const bool begins = known ? track.voice.on_level(now, facts.level, *span)
                            : track.voice.on_unknown_level(now, facts.media.size(), *span);
  if (begins) core.sfu.voice_began(now, room);
  if (track.voice.active(now, core.options.voice_hold))
    core.timers.wake(room.id, now + sfu::Sfu::kSpeakerInterval);
}

void service_speakers(Core& core, Time now, sfu::Room& room) {
  core.sfu.consider_speakers(now, room);
  const auto active = [&](const sfu::Track* voice) {
    return voice->voice.active(now, core.options.voice_hold);
  };
  if (std::any_of(room.voices.begin(), room.voices.end(), active)) {
    core.timers.wake(room.id, now + sfu::Sfu::kSpeakerInterval);
  }
}

const sfu::LineCodec* receiver_codec(const sfu::Subscription& subscription, const sfu::Track& track,
                                     const PacketFacts& facts) {
  if (facts.codec != Codec::telephone_event) return subscription.line.find(facts.codec);
  const sfu::LineCodec* from = track.line.carried_by(facts.packet.payload_type());
  for (const sfu::LineCodec& codec : subscription.line.codecs) {
    if (codec.codec == facts.codec && from != nullptr && codec.clock_rate == from->clock_rate) return &codec;
  }
  return nullptr;
}

bool is_red(const sfu::Line& line, const rtp::Packet& packet) {
  return codec_of_red(line, packet.payload_type()) != nullptr;
}

std::optional<Bytes> media_of(const sfu::Line& line, const rtp::Packet& packet) {
  const sfu::LineCodec* codec = codec_of_red(line, packet.payload_type());
  if (codec == nullptr || packet.payload().empty()) return packet.payload();
  const auto red = rtp::parse_red(packet.payload());
  if (!red || red->primary().payload_type != codec->payload_type) return std::nullopt;
  return red->primary().data;
}

std::size_t sound_size_bound(const PacketFacts& facts) {
  return egress_size_bound(facts) + kMaxDatagram;
}

std::size_t write_sound_packet(MutableBytes out, const Stamp& stamp, const sfu::History& history,
                               sfu::Subscription& subscription, const sfu::Track& track,
                               const sfu::LineCodec& codec, const PacketFacts& facts,
                               const sfu::EgressNumbers& numbers) {
  std::uint8_t room[kMaxDatagram];
  const Bytes red = redundant_payload(room, history, subscription, track, facts, numbers);
  if (red.empty()) return write_egress_packet(out, stamp, subscription, codec, facts, numbers);
  PacketFacts with = facts;
  with.media = red;
  sfu::LineCodec as_red = codec;
  as_red.payload_type = *codec.red_payload_type;
  const std::size_t size = write_egress_packet(out, stamp, subscription, as_red, with, numbers);
  // What does not pass with the frames before goes alone.
  return size != 0 && size <= kMaxDatagram
             ? size
             : write_egress_packet(out, stamp, subscription, codec, facts, numbers);
}

}  // namespace weir::engine
