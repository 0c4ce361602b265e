// What SRTP keeps of one SSRC: the highest packet index and a replay list, for RTP and for RTCP (RFC 3711
// section 3.3).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "srtp/session.h"

namespace weir::srtp {

/// The last index of RTP (rollover counter and sequence number, 48 bits) and of SRTCP. After it a key is used
/// up.
inline constexpr std::uint64_t kLastRtpIndex = (std::uint64_t{1} << 48) - 1;
inline constexpr std::uint32_t kLastRtcpIndex = 0x7fff'ffff;

/// The index that a sequence number means, given the highest so far (RFC 3711 section 3.3.1 and appendix A).
constexpr std::uint64_t estimate_index(std::uint64_t highest, std::uint16_t sequence) {
  constexpr std::int32_t kHalf = 0x8000;
  if (highest < 0x8000) return sequence;  // nothing lies before the first rollover
  std::uint64_t rollovers = highest >> 16;
  const std::int32_t ahead = std::int32_t{sequence} - static_cast<std::int32_t>(highest & 0xffff);
  if (ahead > kHalf) --rollovers;
  if (ahead < -kHalf) ++rollovers;
  return rollovers << 16 | sequence;
}

/// Which of the latest kSize indices were seen (RFC 3711 section 3.3.2). A ring of bits.
template <std::size_t kSize>
class ReplayWindow {
 public:
  std::uint64_t highest() const { return highest_; }
  bool too_old(std::uint64_t index) const { return index + kSize <= highest_; }
  /// Of one that is not too old.
  bool seen(std::uint64_t index) const { return index <= highest_ && (word(index) & bit(index)) != 0; }
  /// Of one that is not too old.
  void add(std::uint64_t index) {
    if (index > highest_) {
      const std::uint64_t steps = std::min<std::uint64_t>(index - highest_, kSize);
      for (std::uint64_t i = 0; i < steps; ++i) words_[slot(index - i)] &= ~bit(index - i);
      highest_ = index;
    }
    words_[slot(index)] |= bit(index);
  }

 private:
  static_assert(kSize % 64 == 0 && (kSize & (kSize - 1)) == 0);
  static constexpr std::size_t slot(std::uint64_t index) { return (index % kSize) / 64; }
  static constexpr std::uint64_t bit(std::uint64_t index) { return std::uint64_t{1} << (index % 64); }
  std::uint64_t word(std::uint64_t index) const { return words_[slot(index)]; }

  std::uint64_t highest_ = 0;
  std::array<std::uint64_t, kSize / 64> words_{};
};

/// Of one direction. As a sender, SRTCP's highest index is the last that was used.
struct Stream {
  std::uint32_t ssrc = 0;
  ReplayWindow<kReplayWindow> rtp;
  ReplayWindow<128> rtcp;
};

/// Streams by SSRC, flat, up to a limit. Pointers are valid until the next add() or remove().
class StreamTable {
 public:
  explicit StreamTable(std::size_t limit) : limit_(limit) {}

  Stream* find(std::uint32_t ssrc);
  bool full() const { return streams_.size() >= limit_; }
  /// One that is not there yet; nullptr when the table is full.
  Stream* add(std::uint32_t ssrc);
  void remove(std::uint32_t ssrc);
  std::size_t size() const { return streams_.size(); }

 private:
  std::size_t first_slot(std::uint32_t ssrc) const;
  void enter(std::size_t position);
  void rebuild();

  std::size_t limit_;
  std::vector<Stream> streams_;
  std::vector<std::uint16_t>
      slots_;  // open addressing: a power of two, at most half full; 0 is empty, else position + 1
};

/// The index under which a packet is sent, noted. Nothing when it is too old, when the key is used up, when
/// another SSRC is one too many, and when it was sent before, unless it may be repeated.
std::optional<std::uint64_t> take_sent_index(StreamTable& streams, std::uint32_t ssrc, std::uint16_t sequence,
                                             bool may_repeat);
std::optional<std::uint32_t> take_sent_rtcp_index(StreamTable& streams, std::uint32_t ssrc);

/// What a received packet's index is, and why it must not be taken, before it is authenticated.
struct Estimate {
  std::uint64_t index = 0;
  std::optional<DropReason> refusal;
};
Estimate estimate_received(StreamTable& streams, std::uint32_t ssrc, std::uint16_t sequence);
Estimate check_received_rtcp(StreamTable& streams, std::uint32_t ssrc, std::uint32_t index);
/// Of an authenticated packet that was not refused.
void note_received(StreamTable& streams, std::uint32_t ssrc, std::uint64_t index);
void note_received_rtcp(StreamTable& streams, std::uint32_t ssrc, std::uint32_t index);

}  // namespace weir::srtp
