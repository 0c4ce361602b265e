// NAL unit header (RFC 7798 section 1.1.4): |F| Type (6) | LayerId (6) | TID (3) |, and as payloads:
//   NAL unit (section 4.4.1)
//   aggregation packet (section 4.4.2): header of type 48, then |size (16)| NAL unit| ...
//   fragmentation unit (section 4.4.3): header of type 49, then |S|E| Type (6)| fragment
//   PACI (section 4.4.4), only received: header of type 50, then |A| Type (6) | PHSsize (5) |flags (4)|
//   extension | what follows the header of a payload of that type
// Without DONL and DOND: sprop-max-don-diff is 0.
#include "rtp/h265_frames.h"

#include <algorithm>

#include "rtp/frame_pieces.h"
#include "rtp/payload.h"

namespace weir::rtp {
namespace {

constexpr std::size_t kHead = 2;
constexpr std::size_t kFuHeaders = 3;
constexpr std::uint8_t kFirstIrap = 16;
constexpr std::uint8_t kLastIrap = 23;
constexpr std::uint8_t kVps = 32;
constexpr std::uint8_t kSps = 33;
constexpr std::uint8_t kDelimiter = 35;
constexpr std::uint8_t kLastSingle = 47;
constexpr std::uint8_t kAggregation = 48;
constexpr std::uint8_t kFragment = 49;
constexpr std::uint8_t kPaci = 50;

std::uint8_t type_of(Bytes nal) {
  return (nal[0] >> 1) & 0x3f;
}
std::uint8_t with_type(std::uint8_t first, std::uint8_t type) {
  return static_cast<std::uint8_t>((first & 0x81) | (type << 1));
}
/// The highest bit of LayerId ends the first byte of the header.
unsigned layer_of(Bytes nal) {
  return (nal[0] & 1U) << 5 | nal[1] >> 3;
}

/// What a stream can hold and a payload can be: neither F nor a TID of 0, nor a type that means a structure.
bool is_unit(Bytes nal) {
  return nal.size() >= kHead && (nal[0] & 0x80) == 0 && (nal[1] & 7) != 0 && type_of(nal) <= kLastSingle;
}

void append_fragments(std::vector<Packetizer::Payload>& payloads, Bytes nal, std::size_t max_payload) {
  in_equal_pieces(nal.subspan(kHead), max_payload - kFuHeaders, [&](Bytes piece, bool first, bool last) {
    std::vector<std::uint8_t> bytes(kFuHeaders + piece.size());
    bytes[0] = with_type(nal[0], kFragment);
    bytes[1] = nal[1];
    bytes[2] = static_cast<std::uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) | type_of(nal));
    std::copy(piece.begin(), piece.end(), bytes.begin() + kFuHeaders);
    payloads.push_back({std::move(bytes), false});
  });
}

/// Several in an aggregation packet, of which LayerId and TID are the lowest in it (section 4.4.2).
std::vector<std::uint8_t> together(std::span<const Bytes> units) {
  if (units.size() == 1) return {units[0].begin(), units[0].end()};
  unsigned layer = 0x3f;
  unsigned temporal = 7;
  std::vector<std::uint8_t> bytes(kHead);
  for (const Bytes& unit : units) {
    layer = std::min(layer, layer_of(unit));
    temporal = std::min<unsigned>(temporal, unit[1] & 7);
    std::uint8_t size[2];
    store_u16(size, static_cast<std::uint16_t>(unit.size()));
    bytes.insert(bytes.end(), size, size + 2);
    bytes.insert(bytes.end(), unit.begin(), unit.end());
  }
  bytes[0] = static_cast<std::uint8_t>(kAggregation << 1 | layer >> 5);
  bytes[1] = static_cast<std::uint8_t>((layer & 0x1f) << 3 | temporal);
  return bytes;
}

void append_nal(AssembledFrame& frame, std::uint8_t first, std::uint8_t second, Bytes rest) {
  frame.bytes.insert(frame.bytes.end(), std::begin(kStartCode), std::end(kStartCode));
  frame.bytes.push_back(first);
  frame.bytes.push_back(second);
  frame.bytes.insert(frame.bytes.end(), rest.begin(), rest.end());
  const std::uint8_t type = (first >> 1) & 0x3f;
  frame.key_frame |= type >= kFirstIrap && type <= kLastIrap;
}

/// `body` follows a payload header of these two bytes with this type.
bool append_structure(AssembledFrame& frame, std::uint8_t first, std::uint8_t second, Bytes body,
                      bool& in_fragments) {
  const auto type = static_cast<std::uint8_t>((first >> 1) & 0x3f);
  if (type == kFragment) {
    const bool start = (body[0] & 0x80) != 0;
    if (start == in_fragments) return false;
    const Bytes fragment = body.subspan(1);
    if (start) {
      append_nal(frame, with_type(first, body[0] & 0x3f), second, fragment);
    } else {
      frame.bytes.insert(frame.bytes.end(), fragment.begin(), fragment.end());
    }
    in_fragments = (body[0] & 0x40) == 0;
    return true;
  }
  if (in_fragments) return false;
  if (type != kAggregation) {
    append_nal(frame, first, second, body);
    return true;
  }
  ByteReader reader{body};
  while (reader.remaining() != 0) {
    const Bytes nal = reader.bytes(reader.u16());
    append_nal(frame, nal[0], nal[1], nal.subspan(kHead));
  }
  return true;
}

/// What follows the extension of a PACI, and in `first` the header's first byte with its type.
Bytes inside_paci(Bytes payload, std::uint8_t& first) {
  const std::uint16_t head = load_u16(&payload[kHead]);
  first = with_type(first, static_cast<std::uint8_t>((head >> 9) & 0x3f));
  return payload.subspan(kHead + 2 + ((head >> 4) & 0x1f));
}

}  // namespace

std::vector<Packetizer::Payload> split_h265(Bytes frame, std::size_t max_payload) {
  std::vector<Packetizer::Payload> payloads;
  if (max_payload <= kFuHeaders) return payloads;
  const std::vector<Bytes> units = nal_units(frame, is_unit);
  in_shared_payloads(
      units, max_payload, kHead,
      [&](std::span<const Bytes> some) {
        payloads.push_back({together(some), false});
      },
      [&](Bytes unit) { append_fragments(payloads, unit, max_payload); });
  if (!payloads.empty()) payloads.back().marker = true;
  return payloads;
}

bool begins_h265_access_unit(Bytes payload) {
  std::uint8_t type = type_of(payload);
  if (type == kAggregation) type = type_of(payload.subspan(kHead + 2));
  return type == kVps || type == kSps || type == kDelimiter;
}

bool append_h265(AssembledFrame& frame, Bytes payload, bool& in_fragments) {
  // All lengths below are as parse_payload found them.
  if (!parse_payload(Codec::h265, payload)) return false;
  std::uint8_t first = payload[0];
  const Bytes body = type_of(payload) == kPaci ? inside_paci(payload, first) : payload.subspan(kHead);
  return append_structure(frame, first, payload[1], body, in_fragments);
}

}  // namespace weir::rtp
