// VP8 (RFC 7741 section 4.2), the descriptor written here:
//   |X=1|R|N|S|R| PID=0 | I=1|L|T|K| RSV | M=1| PictureID (15) |
// VP9 (RFC 9628 section 4.2), likewise, of a stream without layers, in non-flexible mode:
//   |I=1|P|L|F|B|E|V|Z=1| M=1| PictureID (15) |
// H.264 (RFC 6184 section 5.6 to 5.8):
//   NAL unit   |   STAP-A header, then |size (16)| NAL unit| ...   |   FU-A: |F|NRI|28|  |S|E|R|Type|
//   fragment
#include "rtp/packetizer.h"

#include <algorithm>

namespace weir::rtp {
namespace {

using Payloads = std::vector<Packetizer::Payload>;

constexpr std::size_t kVp8Descriptor = 4;
constexpr std::size_t kVp9Descriptor = 3;
constexpr std::size_t kFuHeaders = 2;
constexpr std::uint8_t kStapA = 24;
constexpr std::uint8_t kFuA = 28;

/// Calls f(piece, first, last) for pieces of at most `limit` bytes that differ by one byte at most, so that a
/// frame leaves as a run of equal datagrams.
template <typename F>
void in_equal_pieces(Bytes data, std::size_t limit, F&& f) {
  const std::size_t pieces = (data.size() + limit - 1) / limit;
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::size_t begin = data.size() * i / pieces;
    const std::size_t end = data.size() * (i + 1) / pieces;
    f(data.subspan(begin, end - begin), i == 0, i + 1 == pieces);
  }
}

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

/// Position of the next 00 00 01 at or after `from`; the size when there is none.
std::size_t find_start_code(Bytes stream, std::size_t from) {
  for (std::size_t i = from; i + 3 <= stream.size(); ++i) {
    if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1) return i;
  }
  return stream.size();
}

/// NAL units of an Annex B stream (ITU-T H.264 annex B.1). Zeros before a start code belong to it or are
/// trailing zeros. Units of types that no NAL unit of a stream has are left out: as a payload they would mean
/// something else.
std::vector<Bytes> nal_units(Bytes stream) {
  std::vector<Bytes> units;
  std::size_t at = find_start_code(stream, 0);
  while (at < stream.size()) {
    const std::size_t begin = at + 3;
    at = find_start_code(stream, begin);
    std::size_t end = at;
    while (end > begin && stream[end - 1] == 0) --end;
    if (end == begin) continue;
    const std::uint8_t type = stream[begin] & 0x1f;
    if (type != 0 && type < kStapA) units.push_back(stream.subspan(begin, end - begin));
  }
  return units;
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

/// Neighbours share a payload while they fit, which puts parameter sets with the slice that needs them.
Payloads split_h264(Bytes frame, std::size_t max_payload) {
  Payloads payloads;
  if (max_payload <= kFuHeaders) return payloads;
  const std::vector<Bytes> units = nal_units(frame);
  const std::size_t limit = std::min<std::size_t>(max_payload, UINT16_MAX);  // a STAP-A size has 16 bits
  for (std::size_t i = 0; i < units.size();) {
    if (units[i].size() > max_payload) {
      append_fragments(payloads, units[i], max_payload);
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    std::size_t size = 1 + 2 + units[i].size();
    while (end < units.size() && size + 2 + units[end].size() <= limit) size += 2 + units[end++].size();
    append_together(payloads, std::span{units}.subspan(i, end - i));
    i = end;
  }
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
    case Codec::opus:
    case Codec::pcmu:  // RFC 3551 section 4.5.14: any number of samples, one octet each
    case Codec::pcma:
      if (frame.size() > max_payload_) return {};
      return {Payload{{frame.begin(), frame.end()}, false}};
    default:  // the others are forwarded only
      break;
  }
  return {};
}

}  // namespace weir::rtp
