// The streams that a client sends: VP8 (RFC 7741) and Opus (RFC 7587) as a server sees them, without a codec.
//
//  | RTP header | transport-wide number |                                      the clear part
//  | X=1 S      | I=1 | 1, picture id   | frame tag, on a key frame its size | filler | mark | send time |
//
// Mark (4 octets) and send time (8, microseconds of the sender's monotonic clock) end the payload of both
// kinds, where a server that does not transcode leaves them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace weir::load {

inline constexpr std::uint8_t kOpus = 111;
inline constexpr std::uint8_t kVp8 = 96;
inline constexpr std::uint8_t kVp8Rtx = 97;
inline constexpr std::uint8_t kTransportCc = 3;  // id of the header extension in offers
inline constexpr std::size_t kOpusPayload = 100;
inline constexpr Duration kOpusInterval = std::chrono::milliseconds{20};

/// The send time at the end of a payload; nothing in a payload that is not ours.
std::optional<Time> send_time_of(Bytes payload);

/// Of one stream: numbers, and what was sent lately, for repair.
class SentStream {
 public:
  enum class Kind : std::uint8_t { audio, video };
  static constexpr std::size_t kMaxPacket = 1400;  // 12 + 8 + the largest payload (options.cpp) + OSN

  SentStream(Kind kind, std::uint32_t ssrc, std::size_t payload);

  std::uint32_t ssrc() const { return ssrc_; }
  std::uint32_t rtx_ssrc() const { return ssrc_ + 1; }
  Kind kind() const { return kind_; }
  std::uint64_t packets() const { return packets_; }
  std::uint64_t octets() const { return octets_; }
  std::uint32_t timestamp() const { return timestamp_; }

  /// The packets until the next call are of one frame, a key frame when one was asked for.
  void begin_frame(Time now);
  void want_key_frame() { key_wanted_ = true; }
  /// Writes the next packet, plain. Returns its size.
  std::size_t write(MutableBytes out, Time now, std::uint16_t transport_sequence, bool first, bool last);
  /// A repair packet (RFC 4588) for `sequence`, plain; 0 when it is too old.
  std::size_t write_rtx(MutableBytes out, std::uint16_t sequence, std::uint16_t transport_sequence);

 private:
  struct Kept {
    std::uint16_t sequence = 0;
    std::uint16_t size = 0;  // 0: none
    std::array<std::uint8_t, kMaxPacket> bytes;
  };
  static constexpr std::size_t kKept = 512;

  void write_vp8_start(ByteWriter& w, bool first) const;

  Kind kind_;
  std::uint32_t ssrc_;
  std::size_t payload_;
  std::uint16_t sequence_ = 1000;
  std::uint16_t rtx_sequence_ = 5000;
  std::uint16_t picture_ = 0;
  std::uint32_t timestamp_ = 0;
  bool key_wanted_ = true;
  bool key_ = false;
  std::uint64_t packets_ = 0;
  std::uint64_t octets_ = 0;
  std::vector<Kept> kept_;  // of video: a ring by sequence number
};

}  // namespace weir::load
