// Encoded frames to RTP payloads and back, for local tracks and subscriptions.
// VP8 (RFC 7741 section 4), VP9 (RFC 9628), H.264 packetization mode 1 (RFC 6184: single NAL, STAP-A, FU-A),
// H.265 (RFC 7798: single NAL, AP, FU), AV1 (RTP payload format for AV1), Opus (RFC 7587), PCMU and PCMA (RFC
// 3551).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/media_type.h"
#include "base/sequence.h"
#include "rtp/packet.h"

namespace weir::rtp {

/// Splits one frame after another into payloads.
class Packetizer {
 public:
  Packetizer(Codec codec, std::size_t max_payload) : codec_(codec), max_payload_(max_payload) {}

  struct Payload {
    std::vector<std::uint8_t> bytes;
    bool marker =
        false;  // last of its frame; never for sound, where it would mean a talkspurt (RFC 7587 section 4.1)
  };
  /// Payloads of a frame, about equal in size; empty when the bytes are no frame of the codec (an empty
  /// frame, H.264 or H.265 without a start code, VP9 without its marker, OBUs that are cut), for sound also
  /// when it does not fit one payload.
  std::vector<Payload> split(Bytes frame);

 private:
  Codec codec_;
  std::size_t max_payload_;
  std::uint16_t picture_id_ = 0;  // VP8 and VP9, 15 bits
};

struct AssembledFrame {
  std::vector<std::uint8_t> bytes;  // H.264, H.265: Annex B with 4-byte start codes; AV1: a temporal unit
                                    // with its delimiter, each OBU with its size
  std::uint32_t timestamp = 0;
  bool key_frame = false;
};

/// Assembles frames from packets that come in any order. An incomplete frame is given up when a later key
/// frame is complete or kPatience later frames are (time enough for a retransmission), when it is older than
/// kMaxPackets or larger than kMaxFrame. After a loss nothing comes out before the next key frame (video).
/// All frames of sound are key frames.
class Depacketizer {
 public:
  static constexpr std::size_t kMaxPackets = 2048;
  static constexpr std::size_t kMaxFrame = 4U << 20;
  static constexpr std::size_t kPatience = 6;
  static constexpr std::size_t kMaxReady = 64;  // frames that nobody popped; more are given up

  explicit Depacketizer(Codec codec) : codec_(codec) {}
  Codec codec() const { return codec_; }

  void push(const Packet& packet);
  std::optional<AssembledFrame> pop();
  /// Frames given up so far.
  std::uint64_t lost_frames() const { return lost_frames_; }

 private:
  struct Held {
    std::int64_t sequence;
    std::uint32_t timestamp;
    bool marker;
    bool starts;  // as far as the payload tells, see depacketizer.cpp
    bool key;
    std::vector<std::uint8_t> payload;
  };
  /// Packets of held_, [begin, end), that make a whole frame.
  struct Span {
    std::size_t begin;
    std::size_t end;
  };
  bool admit(const Packet& packet);
  void make_room();
  void give_up_until(std::size_t index);
  void take(Span frame);
  bool join(std::size_t packets, AssembledFrame& assembled) const;
  bool begins_frame(std::size_t index) const;
  std::optional<Span> frame_at(std::size_t index) const;
  std::optional<Span> next_after_loss() const;
  bool is_key(Span frame) const;
  bool skip_filler();
  void assemble();

  Codec codec_;
  Unwrapper<std::uint16_t> unwrapper_;
  std::vector<Held> held_;  // ascending by sequence
  std::vector<AssembledFrame> ready_;
  std::optional<std::int64_t> next_;  // first sequence number not yet delivered
  bool need_key_ = true;
  std::size_t held_bytes_ = 0;
  std::size_t ready_bytes_ = 0;
  int stale_ = 0;  // packets in a row that were far too old
  std::uint64_t lost_frames_ = 0;
};

}  // namespace weir::rtp
