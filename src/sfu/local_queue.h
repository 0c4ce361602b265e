// What waits for the reader of a local subscription: frames or RTP packets, at most a stated number, the
// oldest go first.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/media_type.h"
#include "base/slots.h"
#include "base/time.h"
#include "rtp/packetizer.h"

namespace weir::sfu {

class LocalQueue {
 public:
  struct Item {
    std::vector<std::uint8_t> bytes;
    Codec codec = Codec::none;
    std::int64_t time_us = 0;
    bool key_frame = false;
    std::uint8_t level = 127;
    Id track;
  };

  LocalQueue(bool frames, std::size_t limit) : frames_(frames), limit_(limit) {}

  /// Takes one rewritten RTP packet. Returns true when the queue was empty and is not any more.
  bool push(Codec codec, Id track, std::uint8_t level, Bytes packet);

  /// So many more push out nothing.
  std::size_t room() const { return limit_ - items_.size(); }
  bool empty() const { return items_.empty(); }
  const Item& front() const { return items_.front(); }
  void pop() { items_.pop_front(); }
  /// Items that the reader was too slow for.
  std::uint64_t dropped() const { return dropped_; }
  /// True once after a loss of video that only a key frame makes good: packets that never came, or frames
  /// that the reader was too slow for, as soon as it has caught up. Nobody else would ask: a reader sends no
  /// PLI.
  bool take_loss() { return std::exchange(lost_, false); }
  /// Drops since the last call, for the drop counters.
  std::uint64_t take_new_drops();

 private:
  void add(Item item);
  void note_loss(Codec codec);

  bool frames_;
  std::size_t limit_;
  std::deque<Item> items_;
  std::optional<rtp::Depacketizer> depacketizer_;
  Unwrapper<std::uint32_t> timestamps_;
  std::uint64_t dropped_ = 0;
  std::uint64_t reported_ = 0;
  std::uint64_t lost_frames_ = 0;  // of the depacketizer, noted so far
  bool behind_ = false;            // the reader lost something and has not caught up since
  bool lost_ = false;
};

}  // namespace weir::sfu
