// Encoded frames to RTP payloads and back, for local tracks and subscriptions.
// VP8 (RFC 7741 section 4), H.264 packetization mode 1 (RFC 6184: single NAL, STAP-A, FU-A), Opus (RFC 7587).
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
    bool marker = false;  // last of its frame
  };
  /// Payloads of a frame; empty when the bytes are no frame of the codec (an empty frame, H.264 without a start code).
  std::vector<Payload> split(Bytes frame);

 private:
  Codec codec_;
  std::size_t max_payload_;
  std::uint16_t picture_id_ = 0;  // VP8, 15 bits
};

struct AssembledFrame {
  std::vector<std::uint8_t> bytes;  // H.264: Annex B with 4-byte start codes
  std::uint32_t timestamp = 0;
  bool key_frame = false;
};

/// Assembles frames from packets that come in any order; incomplete frames are given up when a later one is complete, when a
/// frame is older than kMaxPackets or larger than kMaxFrame. After a loss nothing comes out before the next key frame (video).
class Depacketizer {
 public:
  static constexpr std::size_t kMaxPackets = 2048;
  static constexpr std::size_t kMaxFrame = 4U << 20;

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
    std::vector<std::uint8_t> payload;
  };
  Codec codec_;
  Unwrapper<std::uint16_t> unwrapper_;
  std::vector<Held> held_;  // ascending by sequence
  std::vector<AssembledFrame> ready_;
  std::optional<std::int64_t> next_;  // first sequence number not yet delivered
  bool need_key_ = true;
  std::uint64_t lost_frames_ = 0;
};

}  // namespace weir::rtp
