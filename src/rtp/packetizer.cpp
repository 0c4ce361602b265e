// VP8 (RFC 7741 section 4.2), the descriptor written here:
//   |X=1|R|N|S|R| PID=0 | I=1|L|T|K| RSV | M=1| PictureID (15) |
// VP9 (RFC 9628 section 4.2), likewise, of a stream without layers, in non-flexible mode:
//   |I=1|P|L|F|B|E|V|Z=1| M=1| PictureID (15) |
// H.264 (RFC 6184 section 5.6 to 5.8):
//   NAL unit   |   STAP-A header, then |size (16)| NAL unit| ...   |   FU-A: |F|NRI|28|  |S|E|R|Type|
//   fragment
// H.265 and AV1: h265_frames.cpp, av1_frames.cpp.
#include "rtp/packetizer.h"

#include <algorithm>

#include "rtp/av1_frames.h"
#include "rtp/frame_pieces.h"
#include "rtp/h265_frames.h"

namespace weir::rtp {
namespace {

using Payloads = std::vector<Packetizer::Payload>;

constexpr std::size_t kVp8Descriptor = 4;
constexpr std::size_t kVp9Descriptor = 3;
constexpr std::size_t kFuHeaders = 2;
constexpr std::uint8_t kStapA = 24;
constexpr std::uint8_t kFuA = 28;

Payloads split_vp8(Bytes frame, std::size_t max_payload, std::uint16_t picture_id) {
  Payloads payloads;
  if (max_payload <= kVp8Descriptor) return payloads;
  in_equal_pieces(frame, max_payload - kVp8Descriptor, [&](Bytes piece, bool first, bool last) {
    std::vector<std::uint8_t> bytes(kVp8Descriptor + piece.size());
    bytes[0] = first ? 0x90 : 0x80;
    bytes[1] = 0x80;
    store_u16(&bytes[2], static_cast<std::uint16_t>(0x8000 | picture_id));
    std::copy(piece.begin(), piece.end(), bytes.begin() + kVp8Descriptor);
    payloads.push_back({std::move(bytes), last});
  });
  return payloads;
}

/// Of a VP9 frame (VP9 bitstream specification section 6.2): marker, profile, show_existing_frame,
/// frame_type.
bool is_vp9_key_frame(Bytes frame) {
  const bool profile_3 = (frame[0] & 0x30) == 0x30;  // with a reserved bit after it
  const unsigned first = frame[0];
  const unsigned rest = profile_3 ? first << 1U : first;
  return (rest & 0x08) == 0 && (rest & 0x04) == 0;
}

Payloads split_vp9(Bytes frame, std::size_t max_payload, std::uint16_t picture_id) {
  Payloads payloads;
  if (max_payload <= kVp9Descriptor || (frame[0] & 0xc0) != 0x80) return payloads;  // frame_marker is 2
  const std::uint8_t inter = is_vp9_key_frame(frame) ? 0 : 0x40;
  in_equal_pieces(frame, max_payload - kVp9Descriptor, [&](Bytes piece, bool first, bool last) {
    std::vector<std::uint8_t> bytes(kVp9Descriptor + piece.size());
    bytes[0] = static_cast<std::uint8_t>(0x81 | inter | (first ? 0x08 : 0) | (last ? 0x04 : 0));
    store_u16(&bytes[1], static_cast<std::uint16_t>(0x8000 | picture_id));
    std::copy(piece.begin(), piece.end(), bytes.begin() + kVp9Descriptor);
    payloads.push_back({std::move(bytes), last});
  });
  return payloads;
}

/// Units of types that no NAL unit of a stream has are left out: as a payload they would mean something else.
bool is_unit(Bytes nal) {
  const std::uint8_t type = nal[0] & 0x1f;
  return type != 0 && type < kStapA;
}

void append_fragments(Payloads& payloads, Bytes nal, std::size_t max_payload) {
  const std::uint8_t header = nal[0];
  in_equal_pieces(nal.subspan(1), max_payload - kFuHeaders, [&](Bytes piece, bool first, bool last) {
    std::vector<std::uint8_t> bytes(kFuHeaders + piece.size());
    bytes[0] = static_cast<std::uint8_t>((header & 0xe0) | kFuA);
    bytes[1] = static_cast<std::uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) | (header & 0x1f));
    std::copy(piece.begin(), piece.end(), bytes.begin() + kFuHeaders);
    payloads.push_back({std::move(bytes), false});
  });
}

/// One unit alone, several as a STAP-A, whose F bit is the disjunction and whose NRI is the maximum
/// (section 5.7.1).
void append_together(Payloads& payloads, std::span<const Bytes> units) {
  std::vector<std::uint8_t> bytes;
  if (units.size() == 1) {
    bytes.assign(units[0].begin(), units[0].end());
  } else {
    std::uint8_t forbidden = 0;
    std::uint8_t importance = 0;
    bytes.push_back(0);
    for (const Bytes& unit : units) {
      forbidden = std::max<std::uint8_t>(forbidden, unit[0] & 0x80);
      importance = std::max<std::uint8_t>(importance, unit[0] & 0x60);
      std::uint8_t size[2];
      store_u16(size, static_cast<std::uint16_t>(unit.size()));
      bytes.insert(bytes.end(), size, size + 2);
      bytes.insert(bytes.end(), unit.begin(), unit.end());
    }
    bytes[0] = static_cast<std::uint8_t>(forbidden | importance | kStapA);
  }
  payloads.push_back({std::move(bytes), false});
}

Payloads split_h264(Bytes frame, std::size_t max_payload) {
  Payloads payloads;
  if (max_payload <= kFuHeaders) return payloads;
  const std::vector<Bytes> units = nal_units(frame, is_unit);
  in_shared_payloads(
      units, max_payload, 1, [&](std::span<const Bytes> some) { append_together(payloads, some); },
      [&](Bytes unit) { append_fragments(payloads, unit, max_payload); });
  if (!payloads.empty()) payloads.back().marker = true;
  return payloads;
}

}  // namespace

std::vector<Packetizer::Payload> Packetizer::split(Bytes frame) {
  if (frame.empty()) return {};
  switch (codec_) {
    case Codec::vp8: {
      Payloads payloads = split_vp8(frame, max_payload_, picture_id_);
      if (!payloads.empty()) picture_id_ = (picture_id_ + 1) & 0x7fff;
      return payloads;
    }
    case Codec::vp9: {
      Payloads payloads = split_vp9(frame, max_payload_, picture_id_);
      if (!payloads.empty()) picture_id_ = (picture_id_ + 1) & 0x7fff;
      return payloads;
    }
    case Codec::h264:
      return split_h264(frame, max_payload_);
    case Codec::h265:
      return split_h265(frame, max_payload_);
    case Codec::av1:
      return split_av1(frame, max_payload_);
    case Codec::opus:
    case Codec::pcmu:  // RFC 3551 section 4.5.14: any number of samples, one octet each
    case Codec::pcma:
      if (frame.size() > max_payload_) return {};
      return {Payload{{frame.begin(), frame.end()}, false}};
    case Codec::telephone_event:
    case Codec::none:
      break;
  }
  return {};
}

}  // namespace weir::rtp
