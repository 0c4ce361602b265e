// VP8 payload descriptor (RFC 7741 section 4.2), then in the first packet of a key frame the frame header
// (RFC 6386 section 9.1): |Size0| H |VER|P| size size | 9d 01 2a | scale (2) width (14) | scale (2) height
// (14)  little endian. VP9 has all in its descriptor. The other codecs: codec_payloads.h.
#include "rtp/payload.h"

#include <algorithm>

#include "rtp/codec_payloads.h"

namespace weir::rtp {
namespace {

std::optional<PayloadFacts> parse_vp8(Bytes payload) {
  const auto descriptor = parse_vp8_descriptor(payload);
  if (!descriptor || descriptor->size == payload.size()) return std::nullopt;
  PayloadFacts facts;
  facts.vp8 = *descriptor;
  facts.frame_start = descriptor->start_of_partition && descriptor->partition == 0;
  const Bytes frame = payload.subspan(descriptor->size);
  facts.key_frame = facts.frame_start && (frame[0] & 1) == 0;
  facts.layered = descriptor->temporal_layer.has_value();
  facts.temporal = descriptor->temporal_layer.value_or(0);
  facts.temporal_switch = descriptor->layer_sync;
  facts.switch_to = facts.temporal_switch ? facts.temporal : std::uint8_t{0};
  facts.non_reference = descriptor->non_reference;
  facts.inter_picture = !facts.key_frame;
  const bool has_size = frame.size() >= 10 && frame[3] == 0x9d && frame[4] == 0x01 && frame[5] == 0x2a;
  if (facts.key_frame && has_size) {
    facts.width = static_cast<std::uint16_t>((frame[6] | (frame[7] << 8)) & 0x3fff);
    facts.height = static_cast<std::uint16_t>((frame[8] | (frame[9] << 8)) & 0x3fff);
  }
  return facts;
}

std::optional<PayloadFacts> parse_vp9(Bytes payload) {
  const auto descriptor = parse_vp9_descriptor(payload);
  if (!descriptor || descriptor->size == payload.size()) return std::nullopt;
  const Vp9Descriptor& d = *descriptor;
  PayloadFacts facts;
  facts.vp9 = d;
  facts.frame_start = d.start_of_frame;
  facts.frame_end = d.end_of_frame;
  facts.layered = d.layered;
  facts.spatial = d.spatial;
  facts.temporal = d.temporal;
  facts.inter_picture = d.inter_picture;
  facts.inter_layer = d.inter_layer;
  facts.key_frame = d.start_of_frame && d.spatial == 0 && !d.inter_picture;
  facts.temporal_switch = d.switching_up;
  // RFC 9628 section 4.2 promises it to the layers above; encoders (libvpx in browsers) set the bit on frames
  // that refer to lower layers only, which makes them the first of their own layer.
  // Z promises that no higher layer, of this picture or a later one, depends on the frame (section 4.2).
  if (d.not_for_inter_layer) facts.needed = static_cast<std::uint8_t>(1U << d.spatial);
  if (!d.inter_picture && d.temporal == 0) facts.opens = kMaxTemporalLayer + 1;
  if (d.switching_up) facts.switch_to = d.temporal == 0 ? kMaxTemporalLayer : d.temporal;
  for (const PictureSize& size : d.sizes) {
    facts.width = std::max(facts.width, size.width);
    facts.height = std::max(facts.height, size.height);
  }
  return facts;
}

std::optional<PayloadFacts> parse_of(Codec codec, Bytes payload) {
  switch (codec) {
    case Codec::vp8:
      return parse_vp8(payload);
    case Codec::vp9:
      return parse_vp9(payload);
    case Codec::h264:
      return parse_h264_payload(payload);
    case Codec::h265:
      return parse_h265_payload(payload);
    case Codec::av1:
      return parse_av1_payload(payload);
    case Codec::opus:
    case Codec::pcmu:
    case Codec::pcma:
    case Codec::telephone_event:
      // Every packet is a frame, and decoding may begin with any.
      return PayloadFacts{.frame_start = true, .key_frame = true, .inter_picture = false};
    case Codec::none:
      break;
  }
  return PayloadFacts{};
}

}  // namespace

std::optional<Vp8Descriptor> parse_vp8_descriptor(Bytes payload) {
  ByteReader reader{payload};
  const auto offset = [&] { return static_cast<std::uint8_t>(payload.size() - reader.remaining()); };
  Vp8Descriptor d;
  const std::uint8_t first = reader.u8();
  d.non_reference = (first & 0x20) != 0;
  d.start_of_partition = (first & 0x10) != 0;
  d.partition = first & 0x07;
  const std::uint8_t extended = (first & 0x80) != 0 ? reader.u8() : std::uint8_t{0};
  if ((extended & 0x80) != 0) {
    d.picture_id_offset = offset();
    std::uint16_t id = reader.u8();
    d.picture_id_long = (id & 0x80) != 0;
    id &= 0x7f;
    if (d.picture_id_long) id = static_cast<std::uint16_t>((id << 8) | reader.u8());
    d.picture_id = id;
  }
  if ((extended & 0x40) != 0) {
    d.tl0_offset = offset();
    d.tl0_picture_index = reader.u8();
  }
  if ((extended & 0x30) != 0) {
    const std::uint8_t layer = reader.u8();
    if ((extended & 0x20) != 0) {
      d.temporal_layer = static_cast<std::uint8_t>(layer >> 6);
      d.layer_sync = (layer & 0x20) != 0;
    }
  }
  if (!reader.ok()) return std::nullopt;
  d.size = static_cast<std::uint8_t>(payload.size() - reader.remaining());
  return d;
}

void rewrite_vp8_descriptor(MutableBytes payload, const Vp8Descriptor& descriptor, std::uint16_t picture_id,
                            std::uint8_t tl0_picture_index) {
  if (payload.size() < descriptor.size) return;
  if (descriptor.picture_id) {
    std::uint8_t* at = &payload[descriptor.picture_id_offset];
    if (descriptor.picture_id_long) {
      store_u16(at, static_cast<std::uint16_t>(0x8000 | picture_id));
    } else {
      *at = picture_id & 0x7f;
    }
  }
  if (descriptor.tl0_picture_index) payload[descriptor.tl0_offset] = tl0_picture_index;
}

std::optional<PayloadFacts> parse_payload(Codec codec, Bytes payload) {
  if (payload.empty()) return std::nullopt;
  auto facts = parse_of(codec, payload);
  if (facts && facts->key_frame) facts->switch_to = kMaxTemporalLayer;
  return facts;
}

}  // namespace weir::rtp
