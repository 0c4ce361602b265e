// OBU (AV1 section 5.3): |0| type (4) |X|S|-|  then if X |TID (3)|SID (2)|-|, if S the size (leb128), payload
// Payload (RTP payload format for AV1, section 4.4): |Z|Y| W |N|-|-|-|, then elements, which are OBUs without
// a size or parts of them. Z: the first one goes on from the payload before; Y: the last one goes on in the
// next; N: a coded video sequence begins; W: the number of elements, of which the last has no length before
// it, or 0: all have one (leb128).
//
// Temporal delimiters, tile lists and padding are not sent (section 5). A payload holds OBUs of one layer.
#include "rtp/av1_frames.h"

#include <algorithm>
#include <optional>

#include "rtp/av1_obu.h"
#include "rtp/leb128.h"
#include "rtp/payload.h"

namespace weir::rtp {
namespace {

constexpr std::size_t kMostElements = 3;  // that W can count
constexpr std::size_t kLeastRoom = 4;     // an element's length, header, extension and a byte of the frame

struct Obu {
  std::uint8_t type = 0;
  std::uint8_t layer = 0;  // the extension, which names its layers
  std::size_t head = 1;    // bytes of the header without a size
  Bytes body;
  std::uint8_t first = 0;  // of the header, as an element has it
};

/// Takes an OBU off the front. `rest`: it has no size field and goes on to the end.
std::optional<Obu> next_obu(ByteReader& reader) {
  Obu obu;
  const std::uint8_t first = reader.u8();
  if (!reader.ok() || (first & 0x80) != 0) return std::nullopt;
  obu.type = (first >> 3) & 0x0f;
  obu.first = static_cast<std::uint8_t>(first & ~0x02U);
  if ((first & 0x04) != 0) {
    obu.layer = reader.u8();
    obu.head = 2;
  }
  std::size_t size = reader.remaining();
  if ((first & 0x02) != 0) {
    const auto told = read_leb128(reader);
    if (!told) return std::nullopt;
    size = *told;
  }
  obu.body = reader.bytes(size);
  if (!reader.ok()) return std::nullopt;
  return obu;
}

bool is_sent(std::uint8_t type) {
  return type != kTemporalDelimiter && type != kTileList && type != kPadding;
}

void append_leb128(std::vector<std::uint8_t>& out, std::size_t value) {
  for (; value > 0x7f; value >>= 7U) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

std::size_t leb128_size(std::size_t value) {
  std::size_t size = 1;
  for (; value > 0x7f; value >>= 7U) ++size;
  return size;
}

/// Whether a frame or its header is that of a key frame that is shown (section 5.9.2): show_existing_frame,
/// frame_type, show_frame. `still`: the sequence holds one such picture and says so instead.
bool is_key(const Obu& obu, bool still) {
  return still || (!obu.body.empty() && (obu.body[0] & 0xf0) == 0x10);
}

/// A coded video sequence begins with a sequence header and a key frame (AV1 section 7.5).
bool begins_sequence(const std::vector<Obu>& obus) {
  bool header = false;
  bool still = false;
  for (const Obu& obu : obus) {
    if (obu.type == kSequenceHeader) {
      header = true;
      still = !obu.body.empty() && (obu.body[0] & 0x08) != 0;  // reduced_still_picture_header
    }
    if (obu.type == kFrame || obu.type == kFrameHeader) return header && is_key(obu, still);
  }
  return false;
}

/// Fills payloads with elements one after the other.
class Writer {
 public:
  Writer(std::size_t limit, std::size_t size, bool begins) : begins_(begins) {
    // About equal in size, like those of other codecs.
    const std::size_t room = limit - 1;
    const std::size_t pieces = (size + room - 1) / room;
    room_ = std::min(room, size / pieces + kLeastRoom);
  }

  void add(const Obu& obu) {
    if (obu.head == 2) {
      if (layer_ && *layer_ != obu.layer) flush(false);
      layer_ = obu.layer;
    }
    std::vector<std::uint8_t> bytes{obu.first};
    if (obu.head == 2) bytes.push_back(obu.layer);
    bytes.insert(bytes.end(), obu.body.begin(), obu.body.end());
    for (std::size_t at = 0; at < bytes.size();) {
      if (used_ + kLeastRoom > room_) flush(at != 0);
      const std::size_t free = room_ - used_;
      const std::size_t size = std::min(bytes.size() - at, free - leb128_size(free));
      const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      elements_.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
      used_ += leb128_size(size) + size;
      at += size;
    }
  }

  std::vector<Packetizer::Payload> finish() {
    flush(false);
    if (!payloads_.empty()) payloads_.back().marker = true;
    return std::move(payloads_);
  }

 private:
  /// `goes_on`: the last element ends in the next payload.
  void flush(bool goes_on) {
    if (elements_.empty()) return;
    const bool counted = elements_.size() <= kMostElements;
    const std::size_t count = counted ? elements_.size() : 0;
    std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>((continued_ ? 0x80 : 0) | (goes_on ? 0x40 : 0) |
                                                              count << 4 | (begins_ ? 0x08 : 0))};
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      if (!counted || i + 1 < count) append_leb128(bytes, elements_[i].size());
      bytes.insert(bytes.end(), elements_[i].begin(), elements_[i].end());
    }
    payloads_.push_back({std::move(bytes), false});
    elements_.clear();
    used_ = 0;
    continued_ = goes_on;
    begins_ = false;
  }

  std::vector<Packetizer::Payload> payloads_;
  std::vector<std::vector<std::uint8_t>> elements_;  // of the present payload
  std::optional<std::uint8_t> layer_;
  std::size_t room_;
  std::size_t used_ = 0;
  bool continued_ = false;
  bool begins_;
};

}  // namespace

std::vector<Packetizer::Payload> split_av1(Bytes unit, std::size_t max_payload) {
  if (max_payload < 1 + kLeastRoom) return {};
  std::vector<Obu> obus;
  std::size_t size = 0;
  ByteReader reader{unit};
  while (reader.remaining() != 0) {
    const auto obu = next_obu(reader);
    if (!obu) return {};
    if (!is_sent(obu->type)) continue;
    const std::size_t element = obu->head + obu->body.size();
    size += leb128_size(element) + element;
    obus.push_back(*obu);
  }
  if (obus.empty()) return {};
  Writer writer{max_payload, size, begins_sequence(obus)};
  for (const Obu& obu : obus) writer.add(obu);
  return writer.finish();
}

bool Av1Joiner::take(Bytes bytes) {
  ByteReader reader{bytes};
  const auto obu = next_obu(reader);
  if (!obu || reader.remaining() != 0) return false;
  if (!is_sent(obu->type)) return true;
  units_.push_back(obu->first | 0x02);
  if (obu->head == 2) units_.push_back(obu->layer);
  append_leb128(units_, obu->body.size());
  units_.insert(units_.end(), obu->body.begin(), obu->body.end());
  return true;
}

bool Av1Joiner::add(Bytes payload) {
  const auto facts = parse_payload(Codec::av1, payload);
  if (!facts) return false;
  const bool continues = (payload[0] & 0x80) != 0;
  const bool goes_on = (payload[0] & 0x40) != 0;
  if (continues != in_fragments_) return false;
  key_frame_ |= facts->key_frame;
  const std::size_t count = (payload[0] >> 4) & 3;
  ByteReader reader{payload.subspan(1)};
  for (std::size_t i = 1; reader.remaining() != 0; ++i) {
    // The lengths are as parse_payload found them.
    const Bytes element = reader.bytes(i == count ? reader.remaining() : *read_leb128(reader));
    const bool last = reader.remaining() == 0;
    in_fragments_ = last && goes_on;
    const bool whole = partial_.empty() && !in_fragments_;
    if (whole) {
      if (!take(element)) return false;
      continue;
    }
    partial_.insert(partial_.end(), element.begin(), element.end());
    if (in_fragments_) continue;
    if (!take(partial_)) return false;
    partial_.clear();
  }
  return true;
}

bool Av1Joiner::finish(AssembledFrame& frame) {
  if (in_fragments_ || units_.empty()) return false;
  frame.bytes.assign({kTemporalDelimiter << 3 | 0x02, 0});
  frame.bytes.insert(frame.bytes.end(), units_.begin(), units_.end());
  frame.key_frame = key_frame_;
  return true;
}

}  // namespace weir::rtp
