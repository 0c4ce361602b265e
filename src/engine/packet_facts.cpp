#include "engine/packet_facts.h"

#include "engine/sound.h"

namespace weir::engine {

namespace {

sfu::LayerFacts layer_facts(const rtp::Packet& packet, const rtp::PayloadFacts& facts) {
  sfu::LayerFacts layer;
  layer.timestamp = packet.timestamp();
  layer.spatial = facts.spatial;
  layer.temporal = facts.temporal;
  layer.frame_start = facts.frame_start;
  layer.frame_end = facts.frame_end;
  layer.marker = packet.marker();
  layer.key_frame = facts.key_frame;
  layer.sync = facts.temporal_switch;
  layer.switch_to = facts.switch_to;
  layer.inter_picture = facts.inter_picture;
  layer.inter_layer = facts.inter_layer;
  layer.needed = facts.needed;
  layer.opens = facts.opens;
  layer.reach = facts.reach;
  return layer;
}

/// Picture ids as VP8 and VP9 have them.
template <typename Descriptor>
void take_picture(const Descriptor& descriptor, sfu::SourceNumbers& numbers) {
  numbers.picture = descriptor.picture_id.has_value();
  numbers.picture_id = descriptor.picture_id.value_or(0);
  numbers.picture_bits = descriptor.picture_id_long ? 15 : 7;
  numbers.tl0_picture_index = descriptor.tl0_picture_index.value_or(0);
}

/// What the descriptor tells holds also where the payload is encrypted. False when there is none, or the
/// structure that it needs was lost.
bool take_descriptor(const sfu::Encoding& encoding, PacketFacts& facts) {
  const auto descriptor =
      rtp::parse_dependency_descriptor(facts.dependency_descriptor, encoding.structure.get());
  if (!descriptor) return false;
  const bool brought = descriptor->structure != nullptr;
  facts.structure = brought ? descriptor->structure : encoding.structure;
  facts.active_targets = descriptor->active_targets;
  const rtp::PayloadFacts told = rtp::facts_of(*descriptor, *facts.structure);
  facts.layer = layer_facts(facts.packet, told);
  facts.layer.described = true;
  facts.layer.frame_number = descriptor->frame_number;
  if (told.width != 0) {
    facts.payload.width = told.width;
    facts.payload.height = told.height;
  }
  facts.numbers.described = true;
  facts.numbers.frame_number = descriptor->frame_number;
  if (brought) {
    facts.numbers.first_template = facts.structure->template_id_offset;
    facts.numbers.templates = static_cast<std::uint8_t>(facts.structure->templates.size());
  }
  return true;
}

/// Likewise the frame marking. A stream that it shows without layers may have two of them all the same.
bool take_marking(PacketFacts& facts) {
  const auto marking = rtp::parse_frame_marking(facts.frame_marking);
  if (!marking) {
    facts.frame_marking = {};
    return false;
  }
  const rtp::PayloadFacts told = rtp::facts_of(*marking, facts.codec);
  facts.layer = layer_facts(facts.packet, told);
  facts.unnumbered = !told.layered;
  facts.unreferenced = told.non_reference;
  if (marking->tl0_picture_index) {
    facts.numbers.indexed = true;
    if (!facts.numbers.picture) facts.numbers.tl0_picture_index = *marking->tl0_picture_index;
  }
  return true;
}

/// The upper layer of two, of which each picture may be joined with.
void set_layer_of_references(const sfu::ReferencePattern& references, PacketFacts& facts) {
  facts.layer.temporal = references.temporal_of(facts.layer.timestamp, facts.unreferenced);
  facts.layer.sync = facts.layer.temporal != 0;
  if (facts.layer.sync) facts.layer.switch_to = facts.layer.temporal;
}

}  // namespace

bool take_reference(sfu::Encoding& encoding, PacketFacts& facts) {
  if (!facts.unnumbered || facts.packet.payload().empty()) return false;
  const bool begins = encoding.references.on_packet(facts.layer.timestamp, facts.unreferenced);
  set_layer_of_references(encoding.references, facts);
  return begins;
}

std::optional<PacketFacts> read_facts(const sfu::Track& track, const sfu::Encoding& encoding, Codec codec,
                                      const rtp::Packet& packet) {
  PacketFacts facts;
  facts.packet = packet;
  facts.codec = codec;
  const auto find = [&](rtp::Extension extension) {
    const std::uint8_t id = track.line.extensions.id(extension);
    return id == 0 ? Bytes{} : packet.extension(id).value_or(Bytes{});
  };
  const auto media = media_of(track.line, packet);
  if (!media) return std::nullopt;
  facts.media = *media;
  if (is_red(track.line, packet)) facts.red = packet.payload();
  std::optional<rtp::PayloadFacts> payload;
  if (!facts.media.empty()) payload = rtp::parse_payload(codec, facts.media);
  if (payload) facts.payload = *payload;
  facts.layer = layer_facts(packet, facts.payload);
  facts.numbers.timestamp = packet.timestamp();
  if (codec == Codec::vp9) {
    take_picture(facts.payload.vp9, facts.numbers);
  } else {
    take_picture(facts.payload.vp8, facts.numbers);
  }
  facts.capture_time = rtp::parse_capture_time(find(rtp::Extension::abs_capture_time));
  if (track.kind == MediaKind::audio) {
    facts.audio_level = find(rtp::Extension::audio_level);
    if (const auto level = rtp::parse_audio_level(facts.audio_level)) facts.level = level->level;
  } else {
    facts.video_orientation = find(rtp::Extension::video_orientation);
    facts.playout_delay = find(rtp::Extension::playout_delay);
    facts.color_space = find(rtp::Extension::color_space);
    facts.layers_allocation = find(rtp::Extension::video_layers_allocation);
    facts.dependency_descriptor = find(rtp::Extension::dependency_descriptor);
    facts.frame_marking = find(rtp::Extension::frame_marking);
    facts.unnumbered = codec == Codec::h264 && !facts.payload.layered;
    facts.unreferenced = facts.payload.non_reference;
  }
  const bool marked = !facts.frame_marking.empty() && take_marking(facts);
  const bool described = !facts.dependency_descriptor.empty() && take_descriptor(encoding, facts);
  if (!facts.media.empty() && !payload && !described && !marked) return std::nullopt;
  if (described) facts.unnumbered = false;
  if (facts.unnumbered) set_layer_of_references(encoding.references, facts);
  return facts;
}

}  // namespace weir::engine
