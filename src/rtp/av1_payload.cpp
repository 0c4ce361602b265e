// Aggregation header (RTP payload format for AV1, section 4.4), then OBU elements:
//   |Z|Y| W |N|-|-|-|
//   Z: the first element continues an OBU   Y: the last one is continued   N: first packet of a coded video
//   sequence   W: number of elements, the last without length; 0: each has its length (leb128) before it
// OBU header (AV1 section 5.3.2): |0| type (4) |X|S|-|  then if X |TID (3)|SID (2)|-|, if S the size (leb128)
//
// A packet holds parts of one frame only, so what its first OBU is tells whether the frame begins here.
#include "rtp/av1_obu.h"
#include "rtp/av1_sequence_header.h"
#include "rtp/codec_payloads.h"
#include "rtp/leb128.h"

namespace weir::rtp {
namespace {

bool begins_frame(std::uint8_t type) {
  return type == kSequenceHeader || type == kTemporalDelimiter || type == kFrameHeader || type == kMetadata ||
         type == kFrame;
}

/// Adds what an OBU tells that begins in this packet; `obu` may be cut short.
void add_obu(PayloadFacts& facts, Bytes obu) {
  ByteReader reader{obu};
  const std::uint8_t head = reader.u8();
  const std::uint8_t type = (head >> 3) & 0x0f;
  if ((head & 0x04) != 0) {
    const std::uint8_t layers = reader.u8();
    if (!reader.ok()) return;
    facts.layered = true;
    facts.temporal = static_cast<std::uint8_t>(layers >> 5);
    facts.spatial = (layers >> 3) & 3;
    // Whether it uses the layer below stands deep in the frame header; most frames do.
    facts.inter_layer = facts.spatial > 0;
  }
  if ((head & 0x02) != 0 && !read_leb128(reader)) return;
  const Bytes body = reader.bytes(reader.remaining());
  if (body.empty()) return;
  if (type == kSequenceHeader) {
    if (const auto size = parse_av1_sequence_header(body)) {
      facts.width = size->width;
      facts.height = size->height;
    }
  } else if (type == kFrame || type == kFrameHeader) {
    // show_existing_frame (1), frame_type (2): 0 key, 1 inter, 2 intra only, 3 switch (section 5.9.2).
    const bool shown_again = (body[0] & 0x80) != 0;
    const bool inter = (body[0] & 0x20) != 0;
    facts.inter_picture = shown_again || inter;
  }
}

/// The next element; nothing when its length is malformed. `left` is the number of elements, 0: all have a
/// length.
std::optional<Bytes> next_element(ByteReader& reader, std::size_t left) {
  if (left == 1) return reader.bytes(reader.remaining());
  const auto size = read_leb128(reader);
  if (!size) return std::nullopt;
  const Bytes element = reader.bytes(*size);
  if (!reader.ok()) return std::nullopt;
  return element;
}

}  // namespace

std::optional<PayloadFacts> parse_av1_payload(Bytes payload) {
  const bool continues = (payload[0] & 0x80) != 0;
  const bool new_sequence = (payload[0] & 0x08) != 0;
  const std::size_t count = (payload[0] >> 4) & 3;
  if ((continues && new_sequence) || payload.size() < 2) return std::nullopt;

  PayloadFacts facts;
  ByteReader reader{payload.subspan(1)};
  std::size_t at = 0;
  for (; reader.remaining() != 0; ++at) {
    const auto element = next_element(reader, count == 0 ? 0 : count - at);
    if (!element) return std::nullopt;
    if (at == 0 && continues) continue;
    if (element->empty()) return std::nullopt;  // an OBU has a header
    if (at == 0) facts.frame_start = begins_frame(((*element)[0] >> 3) & 0x0f);
    add_obu(facts, *element);
  }
  if (count != 0 && at != count) return std::nullopt;
  facts.key_frame = new_sequence;
  if (new_sequence) {
    facts.frame_start = true;
    facts.inter_picture = false;
  }
  return facts;
}

}  // namespace weir::rtp
