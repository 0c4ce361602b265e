#include "rtp/vp9_descriptor.h"

namespace weir::rtp {
namespace {

enum Bits : std::uint8_t {
  kPictureId = 0x80,
  kInterPicture = 0x40,
  kLayers = 0x20,
  kFlexible = 0x10,
  kStart = 0x08,
  kEnd = 0x04,
  kStructure = 0x02,
  kNotForInterLayer = 0x01,
};

/// Where the reader stands in the payload. What matters lies within the first few bytes.
std::uint8_t offset_of(const ByteReader& reader, Bytes payload) {
  return static_cast<std::uint8_t>(payload.size() - reader.remaining());
}

void read_picture_id(ByteReader& reader, Bytes payload, Vp9Descriptor& d) {
  d.picture_id_offset = offset_of(reader, payload);
  std::uint16_t id = reader.u8();
  d.picture_id_long = (id & 0x80) != 0;
  id &= 0x7f;
  if (d.picture_id_long) id = static_cast<std::uint16_t>((id << 8) | reader.u8());
  d.picture_id = id;
}

void read_layers(ByteReader& reader, Bytes payload, Vp9Descriptor& d) {
  const std::uint8_t layers = reader.u8();
  d.layered = true;
  d.temporal = static_cast<std::uint8_t>(layers >> 5);
  d.switching_up = (layers & 0x10) != 0;
  d.spatial = (layers >> 1) & 7;
  d.inter_layer = (layers & 1) != 0;
  if (d.flexible) return;
  d.tl0_offset = offset_of(reader, payload);
  d.tl0_picture_index = reader.u8();
}

/// False when a fourth reference is announced.
bool read_references(ByteReader& reader, Vp9Descriptor& d) {
  for (bool more = true; more && reader.ok();) {
    if (d.reference_count == Vp9Descriptor::kMaxReferences) return false;
    const std::uint8_t reference = reader.u8();
    d.references[d.reference_count++] = static_cast<std::uint8_t>(reference >> 1);
    more = (reference & 1) != 0;
  }
  return true;
}

void read_structure(ByteReader& reader, Vp9Descriptor& d) {
  const std::uint8_t head = reader.u8();
  d.spatial_layers = static_cast<std::uint8_t>((head >> 5) + 1);
  if ((head & 0x10) != 0) {
    for (std::size_t i = 0; i < d.spatial_layers; ++i) {
      d.sizes[i].width = reader.u16();
      d.sizes[i].height = reader.u16();
    }
  }
  if ((head & 0x08) == 0) return;
  // The picture group repeats what every packet says of itself; only its length matters.
  const std::size_t pictures = reader.u8();
  for (std::size_t i = 0; i < pictures && reader.ok(); ++i) reader.skip((reader.u8() >> 2) & 3);
}

}  // namespace

std::optional<Vp9Descriptor> parse_vp9_descriptor(Bytes payload) {
  ByteReader reader{payload};
  Vp9Descriptor d;
  const std::uint8_t first = reader.u8();
  d.inter_picture = (first & kInterPicture) != 0;
  d.flexible = (first & kFlexible) != 0;
  d.start_of_frame = (first & kStart) != 0;
  d.end_of_frame = (first & kEnd) != 0;
  d.not_for_inter_layer = (first & kNotForInterLayer) != 0;
  if ((first & kPictureId) != 0) read_picture_id(reader, payload, d);
  if ((first & kLayers) != 0) read_layers(reader, payload, d);
  if (d.flexible && d.inter_picture && !read_references(reader, d)) return std::nullopt;
  if ((first & kStructure) != 0) read_structure(reader, d);
  if (!reader.ok()) return std::nullopt;
  d.size = static_cast<std::uint16_t>(payload.size() - reader.remaining());
  return d;
}

void rewrite_vp9_descriptor(MutableBytes payload, const Vp9Descriptor& descriptor, std::uint16_t picture_id,
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

}  // namespace weir::rtp
