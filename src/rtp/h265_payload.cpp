// NAL unit header, two bytes (RFC 7798 section 1.1.4): |F| Type (6) | LayerId (6) | TID (3) |
//   0 to 47: one NAL unit (section 4.4.1)
//   48: aggregation packet (section 4.4.2), then |size (16)| NAL unit| ...
//   49: fragmentation unit (section 4.4.3), then |S|E| Type (6) | fragment
//   50: PACI (section 4.4.4), then |A| cType (6) | PHSsize (5) |F0|F1|F2|Y| extension | payload of that type
// The fields DONL and DOND belong to sprop-max-don-diff above 0, which the node does not agree to.
#include "rtp/codec_payloads.h"
#include "rtp/h265_sps.h"

namespace weir::rtp {
namespace {

// NAL unit types (ITU-T H.265 table 7-1). Below 16 the even ones have no other picture of their sub-layer
// that refers to them.
enum NalType : std::uint8_t {
  kTsaN = 2,
  kTsaR = 3,
  kStsaN = 4,
  kStsaR = 5,
  kFirstIrap = 16,
  kLastIrap = 23,
  kLastSlice = 31,
  kVps = 32,
  kSps = 33,
  kPps = 34,
  kAccessUnitDelimiter = 35,
  kPrefixSei = 39,
  kLastSingle = 47,
  kAggregation = 48,
  kFragment = 49,
  kPaci = 50
};

constexpr std::size_t kHead = 2;

std::uint8_t type_of(Bytes nal) {
  return (nal[0] >> 1) & 0x3f;
}

bool is_irap(std::uint8_t type) {
  return type >= kFirstIrap && type <= kLastIrap;
}

/// What the type alone tells of a picture.
void add_type(PayloadFacts& facts, std::uint8_t type) {
  if (is_irap(type)) facts.inter_picture = false;
  const bool all_above = type == kTsaN || type == kTsaR;
  if (!all_above && type != kStsaN && type != kStsaR) return;
  // Sections 3.154 and 3.139: a TSA picture opens its sub-layer and those above, an STSA picture its own.
  facts.temporal_switch = true;
  facts.switch_to = all_above ? kMaxTemporalLayer : facts.temporal;
}

/// Adds what the beginning of a NAL unit tells; `body` follows its header.
void add_nal(PayloadFacts& facts, std::uint8_t type, Bytes body) {
  switch (type) {
    case kVps:
    case kSps:
      facts.key_frame = true;
      facts.frame_start = true;
      break;
    case kPps:
    case kAccessUnitDelimiter:
    case kPrefixSei:
      facts.frame_start = true;
      break;
    default:
      if (type > kLastSlice) break;
      add_type(facts, type);
      // first_slice_segment_in_pic_flag
      if (!body.empty() && (body[0] & 0x80) != 0) {
        facts.frame_start = true;
        facts.key_frame |= is_irap(type);
      }
      break;
  }
}

void add_whole_nal(PayloadFacts& facts, Bytes nal) {
  add_nal(facts, type_of(nal), nal.subspan(kHead));
  if (const auto size = parse_h265_sps(nal)) {
    facts.width = size->width;
    facts.height = size->height;
  }
}

bool add_aggregate(PayloadFacts& facts, Bytes units) {
  if (units.empty()) return false;
  ByteReader reader{units};
  while (reader.remaining() != 0) {
    const Bytes nal = reader.bytes(reader.u16());
    if (!reader.ok() || nal.size() < kHead || type_of(nal) > kLastSingle) return false;
    add_whole_nal(facts, nal);
  }
  return true;
}

bool add_fragment(PayloadFacts& facts, Bytes body) {
  if (body.size() < 2) return false;
  const std::uint8_t type = body[0] & 0x3f;
  if (type > kLastSingle) return false;
  if ((body[0] & 0x80) != 0) {
    add_nal(facts, type, body.subspan(1));
  } else if (type <= kLastSlice) {
    add_type(facts, type);
  }
  return true;
}

bool add_structure(PayloadFacts& facts, std::uint8_t type, Bytes payload) {
  switch (type) {
    case kAggregation:
      return add_aggregate(facts, payload.subspan(kHead));
    case kFragment:
      return add_fragment(facts, payload.subspan(kHead));
    default:
      if (type > kLastSingle) return false;
      add_whole_nal(facts, payload);
      return true;
  }
}

/// The payload behind the PACI header has its NAL unit header's type in cType.
bool add_paci(PayloadFacts& facts, Bytes payload) {
  if (payload.size() < kHead + 2) return false;
  const std::uint16_t head = load_u16(&payload[kHead]);
  const auto type = static_cast<std::uint8_t>((head >> 9) & 0x3f);
  const std::size_t extension = (head >> 4) & 0x1f;
  const Bytes body = payload.subspan(kHead + 2);
  if (body.size() <= extension) return false;
  const Bytes inner = body.subspan(extension);
  if (type == kAggregation) return add_aggregate(facts, inner);
  if (type == kFragment) return add_fragment(facts, inner);
  if (type > kLastSingle) return false;
  add_nal(facts, type, inner);
  return true;
}

}  // namespace

std::optional<PayloadFacts> parse_h265_payload(Bytes payload) {
  // F is forbidden, and so is a TID of 0 (section 1.1.4).
  if (payload.size() < kHead || (payload[0] & 0x80) != 0 || (payload[1] & 7) == 0) return std::nullopt;
  PayloadFacts facts;
  facts.layered = true;
  facts.temporal = static_cast<std::uint8_t>((payload[1] & 7) - 1);
  const std::uint8_t type = type_of(payload);
  const bool good = type == kPaci ? add_paci(facts, payload) : add_structure(facts, type, payload);
  if (!good) return std::nullopt;
  return facts;
}

}  // namespace weir::rtp
