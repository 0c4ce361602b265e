#include "sfu/local_queue.h"

#include <utility>

namespace weir::sfu {

void LocalQueue::add(Item item) {
  if (items_.size() >= limit_) {
    items_.pop_front();
    ++dropped_;
    behind_ = true;
  }
  items_.push_back(std::move(item));
}

void LocalQueue::note_loss(Codec codec) {
  const std::uint64_t lost_frames = depacketizer_ ? depacketizer_->lost_frames() : 0;
  bool lost = std::exchange(lost_frames_, lost_frames) != lost_frames;
  if (behind_ && items_.size() <= limit_ / 2) {
    behind_ = false;
    lost = true;
  }
  lost_ = lost_ || (lost && kind_of(codec) == MediaKind::video);
}

bool LocalQueue::push(Codec codec, Id track, std::uint8_t level, Bytes packet) {
  const auto parsed = rtp::Packet::parse(packet);
  if (!parsed) return false;
  note_loss(codec);
  const bool was_empty = items_.empty();
  const auto time_us = [&](std::uint32_t timestamp) {
    return timestamps_.unwrap(timestamp) * 1'000'000 / static_cast<std::int64_t>(clock_rate_of(codec));
  };
  if (!frames_) {
    add({.bytes = {packet.begin(), packet.end()},
         .codec = codec,
         .time_us = time_us(parsed->timestamp()),
         .key_frame = false,
         .level = level,
         .track = track});
    return was_empty;
  }
  if (!depacketizer_ || depacketizer_->codec() != codec) {
    depacketizer_.emplace(codec);
    lost_frames_ = 0;
  }
  depacketizer_->push(*parsed);
  while (auto frame = depacketizer_->pop()) {
    add({.bytes = std::move(frame->bytes),
         .codec = codec,
         .time_us = time_us(frame->timestamp),
         .key_frame = frame->key_frame,
         .level = level,
         .track = track});
  }
  return was_empty && !items_.empty();
}

std::uint64_t LocalQueue::take_new_drops() {
  return dropped_ - std::exchange(reported_, dropped_);
}

}  // namespace weir::sfu
