#include "sfu/rewriter.h"

#include <algorithm>

namespace weir::sfu {

namespace {

constexpr std::uint16_t kPictureIdMask = 0x7fff;  // RFC 7741 section 4.2: 15 bits

}  // namespace

void Rewriter::begin(Time now, Id track, const SourceNumbers& first) {
  std::uint32_t timestamp = last_timestamp_;
  if (sent_) {
    const std::int64_t elapsed = to_us(now - last_time_) * static_cast<std::int64_t>(clock_rate_) / 1'000'000;
    timestamp += static_cast<std::uint32_t>(std::max<std::int64_t>(elapsed, 1));
  }
  Epoch& epoch = epochs_[epochs_used_++ % kEpochs];
  epoch.track = track;
  epoch.first_source = first.sequence;
  epoch.first_egress = highest_ + 1;
  epoch.sequence_delta = epoch.first_egress - first.sequence;
  epoch.timestamp_delta = timestamp - first.timestamp;
  epoch.picture_id_delta =
      static_cast<std::uint16_t>((last_picture_id_ + 1 - first.picture_id) & kPictureIdMask);
  epoch.tl0_delta = static_cast<std::uint8_t>(last_tl0_ + 1 - first.tl0_picture_index);
}

EgressNumbers Rewriter::apply(const Epoch& epoch, const SourceNumbers& packet) {
  return {
      .sequence = static_cast<std::uint16_t>(packet.sequence + epoch.sequence_delta),
      .timestamp = packet.timestamp + epoch.timestamp_delta,
      .picture_id = static_cast<std::uint16_t>((packet.picture_id + epoch.picture_id_delta) & kPictureIdMask),
      .tl0_picture_index = static_cast<std::uint8_t>(packet.tl0_picture_index + epoch.tl0_delta)};
}

std::optional<EgressNumbers> Rewriter::rewrite(Time now, const SourceNumbers& packet) {
  if (epochs_used_ == 0) return std::nullopt;
  const Epoch& epoch = newest();
  if (packet.sequence < epoch.first_source) return std::nullopt;
  const EgressNumbers numbers = apply(epoch, packet);
  const std::int64_t egress = packet.sequence + epoch.sequence_delta;
  if (egress > highest_) {
    highest_ = egress;
    last_timestamp_ = numbers.timestamp;
    last_time_ = now;
    if (packet.picture) {
      last_picture_id_ = numbers.picture_id;
      last_tl0_ = numbers.tl0_picture_index;
    }
    sent_ = true;
  }
  return numbers;
}

std::optional<Rewriter::Origin> Rewriter::origin(std::uint16_t egress_sequence) const {
  const std::int64_t egress =
      highest_ + sequence_distance<std::uint16_t>(egress_sequence, static_cast<std::uint16_t>(highest_));
  if (egress > highest_) return std::nullopt;
  const std::size_t held = std::min(epochs_used_, kEpochs);
  for (std::size_t back = 1; back <= held; ++back) {
    const std::size_t slot = (epochs_used_ - back) % kEpochs;
    const Epoch& epoch = epochs_[slot];
    if (egress >= epoch.first_egress) {
      return Origin{.track = epoch.track, .sequence = egress - epoch.sequence_delta, .epoch = slot};
    }
  }
  return std::nullopt;
}

EgressNumbers Rewriter::again(const Origin& origin, const SourceNumbers& packet) const {
  return apply(epochs_[origin.epoch], packet);
}

}  // namespace weir::sfu
