// Frames out of payloads (layouts in packetizer.cpp, h265_frames.cpp and av1_frames.cpp). A frame is a run of
// packets without a gap, with one timestamp, that begins where the payload or the end of the frame before
// says so and ends with the marker or before another timestamp.
#include <algorithm>
#include <utility>

#include "rtp/av1_frames.h"
#include "rtp/frame_pieces.h"
#include "rtp/h265_frames.h"
#include "rtp/packetizer.h"
#include "rtp/payload.h"

namespace weir::rtp {
namespace {

constexpr std::size_t kMaxHeldBytes = 2 * Depacketizer::kMaxFrame;
constexpr std::size_t kMaxReadyBytes = 4 * Depacketizer::kMaxFrame;
constexpr int kMaxStale =
    8;  // after so many far too old packets in a row the sender has begun another numbering

bool is_video(Codec codec) {
  return kind_of(codec) == MediaKind::video;
}

/// Whether a H.264 payload begins with an SPS or an access unit delimiter. What is missing before such a one
/// is hardly of this frame; before a slice its parameter sets may be missing.
bool begins_access_unit(Bytes payload) {
  std::uint8_t type = payload[0] & 0x1f;
  if (type == 24) type = payload[3] & 0x1f;
  return type == 7 || type == 9;
}

/// Whether no payload alone tells where a frame begins.
bool begins_behind_another(Codec codec) {
  return is_video(codec) && codec != Codec::vp8;
}

/// Whether a frame begins with this payload though what was before it is missing.
bool begins_for_sure(Codec codec, const PayloadFacts& facts, Bytes payload) {
  switch (codec) {
    case Codec::h264:
      return facts.frame_start && begins_access_unit(payload);
    case Codec::h265:
      return facts.frame_start && begins_h265_access_unit(payload);
    case Codec::vp9:
      return facts.frame_start && facts.spatial == 0;
    case Codec::av1:  // another frame of a temporal unit looks like the first, but for that of a sequence
      return facts.key_frame;
    default:
      return facts.frame_start;
  }
}

/// Appends what one VP8 payload carries; false when it cannot stand at this place of a frame.
bool append_vp8(AssembledFrame& frame, Bytes payload, bool first) {
  const auto facts = parse_payload(Codec::vp8, payload);
  if (!facts || facts->frame_start != first) return false;
  const Bytes data = payload.subspan(facts->vp8.size);
  frame.bytes.insert(frame.bytes.end(), data.begin(), data.end());
  frame.key_frame |= facts->key_frame;
  return true;
}

/// Appends what one VP9 payload carries; layer frames of a picture lie one behind the other.
bool append_vp9(AssembledFrame& frame, Bytes payload) {
  const auto facts = parse_payload(Codec::vp9, payload);
  if (!facts) return false;
  const Bytes data = payload.subspan(facts->vp9.size);
  frame.bytes.insert(frame.bytes.end(), data.begin(), data.end());
  frame.key_frame |= facts->key_frame;
  return true;
}

void append_nal(AssembledFrame& frame, std::uint8_t header, Bytes rest) {
  frame.bytes.insert(frame.bytes.end(), std::begin(kStartCode), std::end(kStartCode));
  frame.bytes.push_back(header);
  frame.bytes.insert(frame.bytes.end(), rest.begin(), rest.end());
  frame.key_frame |= (header & 0x1f) == 5;  // a slice of an IDR picture
}

/// Appends what one H.264 payload carries. `in_fragments`: the end of a fragmented unit is still to come.
bool append_h264(AssembledFrame& frame, Bytes payload, bool& in_fragments) {
  if (!parse_payload(Codec::h264, payload)) return false;
  const std::uint8_t type = payload[0] & 0x1f;
  if (type == 28) {
    const bool start = (payload[1] & 0x80) != 0;
    if (start == in_fragments) return false;
    const Bytes fragment = payload.subspan(2);
    if (start) {
      append_nal(frame, static_cast<std::uint8_t>((payload[0] & 0xe0) | (payload[1] & 0x1f)), fragment);
    } else {
      frame.bytes.insert(frame.bytes.end(), fragment.begin(), fragment.end());
    }
    in_fragments = (payload[1] & 0x40) == 0;
    return true;
  }
  if (in_fragments) return false;
  if (type != 24) {
    append_nal(frame, payload[0], payload.subspan(1));
    return true;
  }
  ByteReader reader{payload.subspan(1)};
  while (reader.remaining() != 0) {
    const Bytes nal = reader.bytes(reader.u16());
    append_nal(frame, nal[0], nal.subspan(1));
  }
  return true;
}

}  // namespace

void Depacketizer::push(const Packet& packet) {
  if (!admit(packet)) return;
  make_room();
  assemble();
}

/// Puts a packet in its place; false when it is old or there already.
bool Depacketizer::admit(const Packet& packet) {
  constexpr auto kReach = static_cast<std::int64_t>(kMaxPackets);
  const std::optional<std::int64_t> newest = unwrapper_.newest();
  std::int64_t sequence = unwrapper_.peek(packet.sequence());
  if (newest && sequence <= *newest - kReach) {
    if (++stale_ < kMaxStale) return false;
    give_up_until(held_.size());
    unwrapper_.reset();
    next_.reset();
  }
  stale_ = 0;
  sequence = unwrapper_.unwrap(packet.sequence());
  if (next_ && sequence < *next_) return false;
  const auto at = std::lower_bound(held_.begin(), held_.end(), sequence,
                                   [](const Held& h, std::int64_t s) { return h.sequence < s; });
  if (at != held_.end() && at->sequence == sequence) return false;
  const Bytes payload = packet.payload();
  const auto facts = parse_payload(codec_, payload);
  const bool starts = facts && begins_for_sure(codec_, *facts, payload);
  held_bytes_ += payload.size();
  held_.insert(at, Held{sequence,
                        packet.timestamp(),
                        packet.marker(),
                        starts,
                        facts && facts->key_frame,
                        {payload.begin(), payload.end()}});
  return true;
}

/// Gives up the oldest frames while too much is held.
void Depacketizer::make_room() {
  const std::int64_t oldest = *unwrapper_.newest() - static_cast<std::int64_t>(kMaxPackets);
  while (!held_.empty() && (held_.front().sequence <= oldest || held_bytes_ > kMaxHeldBytes)) {
    std::size_t end = 1;
    while (end < held_.size() && held_[end].timestamp == held_.front().timestamp) ++end;
    give_up_until(end);
  }
  if (held_.empty() && next_ && *next_ <= oldest) next_.reset();
}

/// Drops the first `index` packets held, which belong to frames that cannot be completed.
void Depacketizer::give_up_until(std::size_t index) {
  const auto end = held_.begin() + static_cast<std::ptrdiff_t>(index);
  std::uint64_t frames = 0;
  for (auto h = held_.begin(); h != end; ++h) {
    held_bytes_ -= h->payload.size();
    const bool another = h == held_.begin() || h->timestamp != (h - 1)->timestamp;
    if (another && !h->payload.empty()) ++frames;
  }
  // A gap with nothing of the frame left was a frame, too.
  lost_frames_ += std::max<std::uint64_t>(frames, 1);
  need_key_ = true;
  if (index > 0) next_ = (end - 1)->sequence + 1;
  held_.erase(held_.begin(), end);
}

/// Whether a frame can begin at this packet. VP8 and sound tell it; with the others, which may have several
/// slices or lack their lower layers, it is known from the packet before, or after a gap from an SPS or
/// delimiter, from the beginning of the lowest layer, or from that of a sequence.
bool Depacketizer::begins_frame(std::size_t index) const {
  const Held& packet = held_[index];
  if (!begins_behind_another(codec_)) return packet.starts;
  if (next_ == packet.sequence) return !packet.payload.empty();
  if (index > 0 && held_[index - 1].sequence + 1 == packet.sequence) {
    return !packet.payload.empty() &&
           (held_[index - 1].marker || held_[index - 1].timestamp != packet.timestamp);
  }
  return packet.starts;
}

/// The whole frame that begins at this packet.
std::optional<Depacketizer::Span> Depacketizer::frame_at(std::size_t index) const {
  if (!begins_frame(index)) return std::nullopt;
  if (!is_video(codec_)) return Span{index, index + 1};
  for (std::size_t i = index; i < held_.size(); ++i) {
    if (held_[i].marker) return Span{index, i + 1};
    const bool followed = i + 1 < held_.size() && held_[i + 1].sequence == held_[i].sequence + 1;
    if (!followed) return std::nullopt;
    if (held_[i + 1].timestamp != held_[i].timestamp) return Span{index, i + 1};
    // A second beginning makes no frame; going on from every such packet would also take quadratic time.
    if (codec_ == Codec::vp8 && held_[i + 1].starts) return std::nullopt;
  }
  return std::nullopt;
}

bool Depacketizer::is_key(Span frame) const {
  return std::any_of(held_.begin() + static_cast<std::ptrdiff_t>(frame.begin),
                     held_.begin() + static_cast<std::ptrdiff_t>(frame.end),
                     [](const Held& h) { return h.key; });
}

/// The frame to go on with when the one at the front is incomplete; nothing while it is worth waiting for.
std::optional<Depacketizer::Span> Depacketizer::next_after_loss() const {
  std::optional<Span> first;
  std::size_t complete = 0;
  for (std::size_t i = 0; i < held_.size();) {
    const auto frame = frame_at(i);
    if (!frame) {
      ++i;
      continue;
    }
    if (is_video(codec_) && is_key(*frame)) return frame;
    if (!first) first = frame;
    ++complete;
    i = frame->end;
  }
  // Sound begins with the first packet there is.
  const std::size_t patience = next_ || is_video(codec_) ? kPatience : 1;
  return complete >= patience ? first : std::nullopt;
}

/// Puts the first `packets` held together; false when they are no frame.
bool Depacketizer::join(std::size_t packets, AssembledFrame& assembled) const {
  bool in_fragments = false;
  Av1Joiner joiner;
  for (std::size_t i = 0; i < packets; ++i) {
    const Bytes payload{held_[i].payload};
    if (payload.empty()) continue;  // padding within the frame
    bool good = true;
    if (codec_ == Codec::vp8) {
      good = append_vp8(assembled, payload, i == 0);
    } else if (codec_ == Codec::vp9) {
      good = append_vp9(assembled, payload);
    } else if (codec_ == Codec::h264) {
      good = append_h264(assembled, payload, in_fragments);
    } else if (codec_ == Codec::h265) {
      good = append_h265(assembled, payload, in_fragments);
    } else if (codec_ == Codec::av1) {
      good = joiner.add(payload);
    } else {
      assembled.bytes.assign(payload.begin(), payload.end());
      assembled.key_frame = true;
    }
    if (!good) return false;
  }
  if (codec_ == Codec::av1 && !joiner.finish(assembled)) return false;
  return !in_fragments && !assembled.bytes.empty() && assembled.bytes.size() <= kMaxFrame;
}

/// Makes a frame of these packets, which are the first held.
void Depacketizer::take(Span frame) {
  AssembledFrame assembled;
  assembled.timestamp = held_.front().timestamp;
  std::size_t size = 0;
  for (std::size_t i = 0; i < frame.end; ++i) size += held_[i].payload.size() + sizeof kStartCode;
  bool good = size <= kMaxFrame && ready_.size() < kMaxReady && ready_bytes_ + size <= kMaxReadyBytes;
  good = good && join(frame.end, assembled);
  if (!good || (is_video(codec_) && need_key_ && !assembled.key_frame)) return give_up_until(frame.end);
  need_key_ = false;
  for (std::size_t i = 0; i < frame.end; ++i) held_bytes_ -= held_[i].payload.size();
  next_ = held_[frame.end - 1].sequence + 1;
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(frame.end));
  ready_bytes_ += assembled.bytes.size();
  ready_.push_back(std::move(assembled));
}

/// Packets without payload between frames are probes of bandwidth; their numbers count.
bool Depacketizer::skip_filler() {
  if (held_.empty() || next_ != held_.front().sequence || !held_.front().payload.empty()) return false;
  next_ = held_.front().sequence + 1;
  held_.erase(held_.begin());
  return true;
}

void Depacketizer::assemble() {
  while (!held_.empty()) {
    if (skip_filler()) continue;
    if (next_ == held_.front().sequence) {
      if (const auto frame = frame_at(0)) {
        take(*frame);
        continue;
      }
    }
    const auto frame = next_after_loss();
    if (!frame) return;
    if (next_ || frame->begin > 0) give_up_until(frame->begin);
    next_ = held_.front().sequence;
    take({0, frame->end - frame->begin});
  }
}

std::optional<AssembledFrame> Depacketizer::pop() {
  if (ready_.empty()) return std::nullopt;
  AssembledFrame frame = std::move(ready_.front());
  ready_.erase(ready_.begin());
  ready_bytes_ -= frame.bytes.size();
  return frame;
}

}  // namespace weir::rtp
