// VP8 payload descriptor (RFC 7741 section 4.2), then in the first packet of a key frame the frame header
// (RFC 6386 section 9.1): |Size0| H |VER|P| size size | 9d 01 2a | scale (2) width (14) | scale (2) height
// (14)  little endian
//
// H.264 NAL unit header (RFC 6184 section 1.3): |F|NRI|  Type   |
//   1 to 23: one NAL unit   24: STAP-A, then |size (16)| NAL unit| ...   28: FU-A, then |S|E|R|  Type   |
//   fragment
#include "rtp/payload.h"

#include "rtp/h264_sps.h"

namespace weir::rtp {
namespace {

enum NalType : std::uint8_t {
  kSlice = 1,
  kIdrSlice = 5,
  kSei = 6,
  kSps = 7,
  kPps = 8,
  kAccessUnitDelimiter = 9,
  kLastSingle = 23,
  kStapA = 24,
  kFuA = 28
};

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
  facts.inter_picture = !facts.key_frame;
  const bool has_size = frame.size() >= 10 && frame[3] == 0x9d && frame[4] == 0x01 && frame[5] == 0x2a;
  if (facts.key_frame && has_size) {
    facts.width = static_cast<std::uint16_t>((frame[6] | (frame[7] << 8)) & 0x3fff);
    facts.height = static_cast<std::uint16_t>((frame[8] | (frame[9] << 8)) & 0x3fff);
  }
  return facts;
}

/// Adds what the beginning of a NAL unit tells. `nal` may be cut short.
void add_nal(PayloadFacts& facts, std::uint8_t type, Bytes nal) {
  // first_mb_in_slice is ue(v): a leading 1 bit is 0, the first slice of a picture.
  const bool first_slice = nal.size() > 1 && (nal[1] & 0x80) != 0;
  switch (type) {
    case kSps:
      facts.frame_start = true;
      facts.key_frame = true;
      if (const auto size = parse_h264_sps(nal)) {
        facts.width = size->width;
        facts.height = size->height;
      }
      break;
    case kIdrSlice:
      facts.frame_start |= first_slice;
      facts.key_frame |= first_slice;
      break;
    case kSlice:
      facts.frame_start |= first_slice;
      break;
    case kAccessUnitDelimiter:
    case kSei:
    case kPps:
      facts.frame_start = true;
      break;
    default:
      break;
  }
}

std::optional<PayloadFacts> parse_stap_a(Bytes units) {
  if (units.empty()) return std::nullopt;
  PayloadFacts facts;
  ByteReader reader{units};
  while (reader.remaining() != 0) {
    const Bytes nal = reader.bytes(reader.u16());
    if (!reader.ok() || nal.empty()) return std::nullopt;
    add_nal(facts, nal[0] & 0x1f, nal);
  }
  return facts;
}

std::optional<PayloadFacts> parse_fu_a(Bytes payload) {
  if (payload.size() < 3) return std::nullopt;
  const std::uint8_t type = payload[1] & 0x1f;
  if (type == 0 || type > kLastSingle) return std::nullopt;
  PayloadFacts facts;
  if ((payload[1] & 0x80) == 0) return facts;
  // The FU header stands where the NAL unit header was, with the same type.
  add_nal(facts, type, payload.subspan(1));
  return facts;
}

std::optional<PayloadFacts> parse_h264(Bytes payload) {
  const std::uint8_t type = payload[0] & 0x1f;
  if (type == kStapA) return parse_stap_a(payload.subspan(1));
  if (type == kFuA) return parse_fu_a(payload);
  // The other types are undefined or belong to the interleaved mode.
  if (type == 0 || type > kLastSingle) return std::nullopt;
  PayloadFacts facts;
  add_nal(facts, type, payload);
  return facts;
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
  switch (codec) {
    case Codec::vp8:
      return parse_vp8(payload);
    case Codec::h264:
      return parse_h264(payload);
    case Codec::opus:
    case Codec::pcmu:
    case Codec::pcma:
    case Codec::telephone_event:
      // Every packet is a frame, and decoding may begin with any.
      return PayloadFacts{.frame_start = true, .key_frame = true, .inter_picture = false};
    case Codec::vp9:
    case Codec::av1:
    case Codec::h265:
    case Codec::none:
      break;
  }
  return PayloadFacts{};
}

}  // namespace weir::rtp
