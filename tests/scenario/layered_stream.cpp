#include "scenario/layered_stream.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "rtp/payload.h"
#include "scenario/client_numbers.h"

namespace weir::scenario {

namespace {

constexpr std::uint8_t kMagic = 0x57;
constexpr int kWidth = 320;  // of the lowest layer
constexpr int kHeight = 180;

void append_record(std::vector<std::uint8_t>& out, const FrameRecord& record) {
  std::array<std::uint8_t, 64> room;
  ByteWriter w{room};
  w.u8(kMagic);
  w.u32(record.id);
  w.u32(record.picture);
  for (const int value : {record.key ? 1 : 0, record.spatial, record.temporal, record.packet, record.packets,
                          static_cast<int>(record.refers_to.size())}) {
    w.u8(static_cast<std::uint8_t>(value));
  }
  for (const std::uint32_t id : record.refers_to) w.u32(id);
  out.insert(out.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(w.size()));
}

}  // namespace

class Bits {
 public:
  void put(std::uint32_t value, unsigned count) {
    for (unsigned i = count; i > 0; --i) {
      if (used_ % 8 == 0) bytes_.push_back(0);
      if (((value >> (i - 1)) & 1U) != 0) bytes_.back() |= static_cast<std::uint8_t>(0x80U >> (used_ % 8));
      ++used_;
    }
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t used_ = 0;
};

LayeredStream::LayeredStream(const ScalabilityMode& mode, Client& client, std::uint32_t first)
    : mode_(mode), client_(client), spatial_(mode.spatial), next_id_(first) {}

void LayeredStream::send_picture(Time now) {
  const auto asked = static_cast<std::size_t>(client_.plis_received());
  const bool key = !key_sent_ || asked != answered_;
  answered_ = asked;
  key_sent_ = true;
  // 0 | 0 1 | 0 2 1 2
  static constexpr int kPattern[3][4] = {{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 2}};
  position_ = key ? 0 : (position_ + 1) % 4;
  const int temporal = kPattern[mode_.temporal - 1][position_];
  ++picture_;
  picture_id_ = static_cast<std::uint16_t>((picture_id_ + 1) & 0x7fff);
  if (temporal == 0) ++tl0_;
  if (key) {
    ++key_pictures_;
    for (auto& layer : last_) layer.fill(std::nullopt);
  }
  std::vector<Frame> frames;
  for (int s = 0; s < spatial_; ++s) {
    const bool skip = skipped_ == s && temporal == mode_.temporal - 1 && temporal > 0;
    if (skip) continue;
    if (auto frame = make_frame(s, temporal, key)) frames.push_back(std::move(*frame));
  }
  for (int s = spatial_; s < mode_.spatial; ++s) last_[static_cast<std::size_t>(s)].fill(std::nullopt);
  const auto timestamp = static_cast<std::uint32_t>(to_us(now) * 9 / 100);
  for (const Frame& frame : frames) send_frame(frame, timestamp, &frame == &frames.back());
}

void LayeredStream::refer(Frame& frame, const Last& last) {
  frame.record.refers_to.push_back(last.id);
  if (last.picture == picture_) {
    frame.inter_layer = true;
  } else {
    frame.inter_picture = true;
    frame.picture_diffs.push_back(static_cast<std::uint8_t>(picture_ - last.picture));
  }
}

/// Nothing when the layer has to wait: what comes back begins with the lowest temporal layer.
std::optional<LayeredStream::Frame> LayeredStream::make_frame(int spatial, int temporal, bool key) {
  auto& own = last_[static_cast<std::size_t>(spatial)];
  const bool first = !own[0];
  if (first && temporal != 0) return std::nullopt;
  Frame frame;
  frame.record = {
      .id = next_id_++, .picture = picture_, .key = key, .spatial = spatial, .temporal = temporal};
  frame.record.packets = mode_.codec == Codec::h265 ? 1 : 2;
  frame.number = ++frame_number_;
  const bool below = spatial > 0 && (mode_.inter_layer == InterLayer::always ||
                                     (mode_.inter_layer == InterLayer::key_pictures && key));
  if (below) {
    for (const auto& last : last_[static_cast<std::size_t>(spatial) - 1]) {
      if (last && last->picture == picture_) refer(frame, *last);
    }
  }
  if (!first) {
    // 0 refers to 0; 1 and the first 2 to 0; the second 2 to 1.
    const bool to_one = temporal == 2 && own[1] && own[1]->picture > own[0]->picture;
    refer(frame, to_one ? *own[1] : *own[0]);
  }
  own[static_cast<std::size_t>(temporal)] = Last{frame.record.id, frame.number, picture_};
  return frame;
}

std::vector<std::uint8_t> LayeredStream::vp9_head(const Frame& frame, bool first, bool last) const {
  const FrameRecord& record = frame.record;
  const bool top = record.spatial + 1 == mode_.spatial;
  const bool alone = top || mode_.inter_layer == InterLayer::never ||
                     (mode_.inter_layer == InterLayer::key_pictures && !record.key);
  const bool structure = record.key && record.spatial == 0 && first;
  const auto bit = [](bool set, unsigned value) { return set ? value : 0U; };
  std::vector<std::uint8_t> out{
      static_cast<std::uint8_t>(0x80 | bit(frame.inter_picture, 0x40) | 0x20 | bit(mode_.flexible, 0x10) |
                                bit(first, 8) | bit(last, 4) | bit(structure, 2) | bit(alone, 1)),
      static_cast<std::uint8_t>(0x80 | (picture_id_ >> 8)), static_cast<std::uint8_t>(picture_id_),
      static_cast<std::uint8_t>((record.temporal << 5) | 0x10 | (record.spatial << 1) |
                                (frame.inter_layer ? 1 : 0))};
  if (!mode_.flexible) out.push_back(tl0_);
  if (mode_.flexible && frame.inter_picture) {
    for (std::size_t i = 0; i < frame.picture_diffs.size(); ++i) {
      const bool more = i + 1 < frame.picture_diffs.size();
      out.push_back(static_cast<std::uint8_t>((frame.picture_diffs[i] << 1) | (more ? 1 : 0)));
    }
  }
  if (structure) {
    out.push_back(static_cast<std::uint8_t>(((mode_.spatial - 1) << 5) | 0x10));
    for (int s = 0; s < mode_.spatial; ++s) {
      for (const int side : {kWidth << s, kHeight << s}) {
        out.push_back(static_cast<std::uint8_t>(side >> 8));
        out.push_back(static_cast<std::uint8_t>(side));
      }
    }
  }
  return out;
}

std::vector<std::uint8_t> LayeredStream::head(const Frame& frame, bool first, bool last) const {
  const FrameRecord& record = frame.record;
  switch (mode_.codec) {
    case Codec::vp9:
      return vp9_head(frame, first, last);
    case Codec::vp8: {
      const bool sync = of_base_alone(record);
      std::vector<std::uint8_t> out{static_cast<std::uint8_t>(0x80 | (first ? 0x10 : 0)),
                                    0xe0,
                                    static_cast<std::uint8_t>(0x80 | (picture_id_ >> 8)),
                                    static_cast<std::uint8_t>(picture_id_),
                                    tl0_,
                                    static_cast<std::uint8_t>((record.temporal << 6) | (sync ? 0x20 : 0))};
      if (first) {
        const std::uint8_t tag = record.key ? 0x10 : 0x11;
        out.insert(out.end(), {tag, 0, 0, 0x9d, 0x01, 0x2a, kWidth & 0xff, kWidth >> 8, kHeight, 0});
      }
      return out;
    }
    case Codec::h265: {
      // A slice, the first of its picture (RFC 7798 section 1.1.4): IDR_W_RADL, TRAIL_R, or above the lowest
      // layer TSA_R, where nothing of the layers above refers to what was before.
      const std::uint8_t type = record.temporal > 0 ? 0x06 : 0x02;
      return {record.key ? std::uint8_t{0x26} : type, static_cast<std::uint8_t>(record.temporal + 1), 0x80};
    }
    case Codec::h264:
      if (mode_.marking == Marking::references) {
        // A slice, the first of its picture or not (first_mb_in_slice 0, 1), of an IDR picture or not.
        const bool unreferenced = record.temporal > 0 && record.temporal + 1 == mode_.temporal;
        const std::uint8_t other = unreferenced ? 0x01 : 0x61;
        return {record.key ? std::uint8_t{0x65} : other, static_cast<std::uint8_t>(first ? 0xb8 : 0x58)};
      }
      return {0xff, 0xee, 0xdd};
    default:  // as if encrypted
      return {0xff, 0xee, 0xdd};
  }
}

/// Above the lowest temporal layer, and refers to that alone.
bool LayeredStream::of_base_alone(const FrameRecord& record) const {
  return record.temporal == 1 || (record.temporal == 2 && position_ == 1);
}

std::vector<std::uint8_t> LayeredStream::marking(const Frame& frame, bool first, bool last) const {
  const FrameRecord& record = frame.record;
  const bool unreferenced = record.temporal > 0 && record.temporal + 1 == mode_.temporal;
  const auto flags = static_cast<std::uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) |
                                               (record.key ? 0x20 : 0) | (unreferenced ? 0x10 : 0));
  if (mode_.marking == Marking::pictures) return {flags};
  const auto layer =
      static_cast<std::uint8_t>((of_base_alone(record) ? 0x08 : 0) | static_cast<unsigned>(record.temporal));
  return {static_cast<std::uint8_t>(flags | layer), 0, tl0_};
}

/// Table A.1, as libwebrtc's structures have it.
unsigned LayeredStream::indication(bool key, int spatial, int temporal, int to_spatial,
                                   int to_temporal) const {
  constexpr unsigned kNotPresent = 0;
  constexpr unsigned kDiscardable = 1;
  constexpr unsigned kSwitch = 2;
  constexpr unsigned kRequired = 3;
  const bool carried =
      mode_.inter_layer == InterLayer::always || (mode_.inter_layer == InterLayer::key_pictures && key);
  if (temporal > to_temporal || spatial > to_spatial || (spatial != to_spatial && !carried))
    return kNotPresent;
  if (key || (spatial == to_spatial && (temporal == 0 || temporal < to_temporal))) return kSwitch;
  return spatial == to_spatial ? kDiscardable : kRequired;
}

/// Two templates for each layer: in key pictures, and otherwise. Their references are told by each frame.
void LayeredStream::write_structure(Bits& bits) const {
  constexpr std::uint32_t kSame = 0;
  constexpr std::uint32_t kNextTemporal = 1;
  constexpr std::uint32_t kNextSpatial = 2;
  constexpr std::uint32_t kEnd = 3;
  const int targets = mode_.spatial * mode_.temporal;
  bits.put(0, 6);
  bits.put(static_cast<std::uint32_t>(targets - 1), 5);
  for (int s = 0; s < mode_.spatial; ++s) {
    for (int t = 0; t < mode_.temporal; ++t) {
      bits.put(kSame, 2);
      const bool last = t + 1 == mode_.temporal;
      bits.put(!last ? kNextTemporal : s + 1 == mode_.spatial ? kEnd : kNextSpatial, 2);
    }
  }
  for (int s = 0; s < mode_.spatial; ++s) {
    for (int t = 0; t < mode_.temporal; ++t) {
      for (const bool key : {true, false}) {
        for (int i = 0; i < targets; ++i) {
          bits.put(indication(key, s, t, i / mode_.temporal, i % mode_.temporal), 2);
        }
      }
    }
  }
  for (int i = 0; i < 2 * targets; ++i) bits.put(0, 1);  // no fdiffs
  unsigned width = 0;
  while ((targets + 1) >> (width + 1) != 0) ++width;
  bits.put(0, width);  // no chains, in ns(targets + 1)
  bits.put(1, 1);
  for (int s = 0; s < mode_.spatial; ++s) {
    bits.put(static_cast<std::uint32_t>((kWidth << s) - 1), 16);
    bits.put(static_cast<std::uint32_t>((kHeight << s) - 1), 16);
  }
}

std::vector<std::uint8_t> LayeredStream::descriptor(const Frame& frame, bool first, bool last) const {
  const FrameRecord& record = frame.record;
  Bits bits;
  bits.put(first ? 1 : 0, 1);
  bits.put(last ? 1 : 0, 1);
  const int layer = record.spatial * mode_.temporal + record.temporal;
  bits.put(static_cast<std::uint32_t>(2 * layer + (record.key ? 0 : 1)), 6);
  bits.put(frame.number, 16);
  const bool structure = record.key && record.spatial == 0 && first;
  bits.put(structure ? 1 : 0, 1);
  bits.put(0, 1);
  bits.put(0, 1);
  bits.put(1, 1);  // own references
  bits.put(0, 1);
  if (structure) write_structure(bits);
  for (const std::uint32_t id : record.refers_to) {
    bits.put(2, 2);
    bits.put(record.id - id - 1, 8);  // ids and frame numbers rise together
  }
  bits.put(0, 2);
  return bits.take();
}

void LayeredStream::send_frame(const Frame& frame, std::uint32_t timestamp, bool last) {
  FrameRecord record = frame.record;
  for (record.packet = 0; record.packet < record.packets; ++record.packet) {
    const bool begins = record.packet == 0;
    const bool ends = record.packet + 1 == record.packets;
    std::vector<std::uint8_t> packet(400);
    rtp::HeaderWriter writer{{.marker = last && ends,
                              .payload_type = kVp8,
                              .sequence = sequence_++,
                              .timestamp = timestamp,
                              .ssrc = client_.camera_ssrc()}};
    writer.add_extension(kMidId, as_bytes("cam"));
    const auto told = mode_.descriptor ? descriptor(frame, begins, ends) : std::vector<std::uint8_t>{};
    if (!told.empty()) writer.add_extension(kDescriptorId, told);
    const bool marked = mode_.marking == Marking::layers || mode_.marking == Marking::pictures;
    const auto mark = marked ? marking(frame, begins, ends) : std::vector<std::uint8_t>{};
    if (marked) writer.add_extension(kMarkingId, mark);
    packet.resize(writer.write(packet));
    const auto codec = head(frame, begins, ends);
    packet.insert(packet.end(), codec.begin(), codec.end());
    packet.resize(packet.size() + 60 + 60 * static_cast<std::size_t>(record.spatial), 0xaa);
    append_record(packet, record);
    packet.push_back(static_cast<std::uint8_t>(15 + 4 * record.refers_to.size()));
    client_.send_rtp(packet);
  }
}

}  // namespace weir::scenario
