// NAL unit header (RFC 6184 section 1.3): |F|NRI|  Type   |
//   1 to 23: one NAL unit   24: STAP-A, then |size (16)| NAL unit| ...   28: FU-A, then |S|E|R|  Type   |
//   fragment
// Types 14 (prefix of the slice behind it) and 20 (slice of an upper layer) go on with (RFC 6190 section
// 1.1.3, ITU-T H.264 section G.7.3.1.1)
//   |R|I|PRID (6)| |N| DID (3) | QID (4)| | TID (3) |U|D|O| RR|
//
// Layers are known where these headers are. An encoder of temporal layers that writes none (as OpenH264 in
// browsers) still marks the pictures nobody refers to with NRI 0. They are reported as `non_reference`, which
// says that each may be left out by itself, and not as a temporal layer: from one packet nobody can tell a
// layer from an encoder that skips a reference now and then. From many one can: sfu/reference_pattern.h.
#include "rtp/codec_payloads.h"
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
  kPrefix = 14,
  kSubsetSps = 15,
  kSliceExtension = 20,
  kLastSingle = 23,
  kStapA = 24,
  kFuA = 28
};

/// The three bytes behind the NAL unit header. The highest layer of an aggregate counts.
void add_layers(PayloadFacts& facts, Bytes nal) {
  if (nal.size() < 4 || (nal[1] & 0x80) == 0) return;  // without R the header is that of multiview coding
  facts.layered = true;
  facts.spatial = (nal[2] >> 4) & 7;
  facts.temporal = static_cast<std::uint8_t>(nal[3] >> 5);
  facts.inter_layer = facts.spatial > 0 && (nal[2] & 0x80) == 0;
  facts.inter_picture = (nal[1] & 0x40) == 0;
}

void add_slice(PayloadFacts& facts, Bytes nal) {
  // first_mb_in_slice is ue(v): a leading 1 bit is 0, the first slice of a picture.
  facts.frame_start |= nal.size() > 1 && (nal[1] & 0x80) != 0;
  facts.non_reference = (nal[0] & 0x60) == 0;
}

/// Adds what the beginning of a NAL unit tells. `nal` may be cut short.
void add_nal(PayloadFacts& facts, std::uint8_t type, Bytes nal) {
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
      add_slice(facts, nal);
      facts.key_frame |= nal.size() > 1 && (nal[1] & 0x80) != 0;
      facts.inter_picture = false;
      break;
    case kSlice:
      add_slice(facts, nal);
      break;
    case kPrefix:
    case kSliceExtension:
      add_layers(facts, nal);
      break;
    case kAccessUnitDelimiter:
    case kSei:
    case kPps:
    case kSubsetSps:
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
  if ((payload[1] & 0x80) != 0) {
    // The FU header stands where the NAL unit header was, with the same type.
    add_nal(facts, type, payload.subspan(1));
  }
  const bool slice = type == kSlice || type == kIdrSlice;
  facts.non_reference = slice && (payload[0] & 0x60) == 0;  // NRI is that of the fragmented unit
  if (type == kIdrSlice) facts.inter_picture = false;
  return facts;
}

}  // namespace

std::optional<PayloadFacts> parse_h264_payload(Bytes payload) {
  const std::uint8_t type = payload[0] & 0x1f;
  if (type == kStapA) return parse_stap_a(payload.subspan(1));
  if (type == kFuA) return parse_fu_a(payload);
  // The other types are undefined or belong to the interleaved mode.
  if (type == 0 || type > kLastSingle) return std::nullopt;
  PayloadFacts facts;
  add_nal(facts, type, payload);
  return facts;
}

}  // namespace weir::rtp
