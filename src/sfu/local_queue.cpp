#include "sfu/local_queue.h"

#include <utility>

namespace weir::sfu {

void LocalQueue::add(Item item) {
  if (items_.size() >= limit_) {
    items_.pop_front();
    ++dropped_;
  }
  items_.push_back(std::move(item));
}

bool LocalQueue::push(Codec codec, Id track, std::uint8_t level, Bytes packet) {
  const auto parsed = rtp::Packet::parse(packet);
  if (!parsed) return false;
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
  if (!depacketizer_ || depacketizer_->codec() != codec) depacketizer_.emplace(codec);
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
