#include "sfu/rewriter.h"

#include <algorithm>

namespace weir::sfu {

namespace {

constexpr std::uint16_t kPictureIdMask = 0x7fff;  // RFC 7741 section 4.2, RFC 9628 section 4.2: 15 bits
constexpr Duration kMostAhead = std::chrono::milliseconds{500};
constexpr std::uint8_t kTemplateMask = 0x3f;  // template ids have 6 bits

/// Whether the packet's picture comes after `last`, on the circle of its picture ids.
bool is_later_picture(const SourceNumbers& packet, std::optional<std::uint16_t> last) {
  const int circle = 1 << packet.picture_bits;
  const int ahead = last ? (packet.picture_id - *last) & (circle - 1) : 1;
  return ahead != 0 && ahead < circle / 2;
}

}  // namespace

void Rewriter::push(const Run& run) {
  const std::size_t slot = used_++ % kRuns;
  if (slot == runs_.size()) {
    runs_.push_back(run);
  } else {
    runs_[slot] = run;
  }
}

void Rewriter::begin(Time now, const Origin& origin, const SourceNumbers& first,
                     std::optional<Duration> elapsed, Duration age) {
  const auto ticks = [&](Duration time) {
    return to_us(time) * static_cast<std::int64_t>(clock_rate_) / 1'000'000;
  };
  std::uint32_t timestamp = last_timestamp_;
  std::int64_t ahead = ticks(age);
  if (sent_) {
    const std::int64_t step = ticks(elapsed.value_or(now - age - last_time_));
    timestamp += static_cast<std::uint32_t>(std::max<std::int64_t>(step, 1));
    ahead = std::max<std::int64_t>(1 - step, 0);
  }
  // More than what is kept for a moment is no delay but clocks that disagree.
  ahead_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(ahead, 0, ticks(kMostAhead)));
  Run run;
  run.origin = origin;
  run.switches = used_ == 0 ? 0 : newest().switches + 1;
  run.first_source = first.sequence;
  run.first_egress = highest_ + 1;
  run.sequence_delta = run.first_egress - first.sequence;
  run.timestamp_delta = timestamp - first.timestamp;
  run.picture_id_delta =
      static_cast<std::uint16_t>((last_picture_id_ + 1 - first.picture_id) & kPictureIdMask);
  run.tl0_delta = static_cast<std::uint8_t>(last_tl0_ + 1 - first.tl0_picture_index);
  run.frame_number_delta = static_cast<std::uint16_t>(last_frame_number_ + 1 - first.frame_number);
  // Ids that the last structure did not use, so that a late packet is not read with the wrong one.
  run.template_shift = static_cast<std::uint8_t>((next_template_ - first.first_template) & kTemplateMask);
  push(run);
  entry_ = run.first_egress;
  source_picture_.reset();
}

void Rewriter::enter(const SourceNumbers& first) {
  const Run* run = used_ == 0 ? nullptr : run_of(first.sequence);
  if (run != nullptr) entry_ = std::max(entry_, first.sequence + run->sequence_delta);
}

std::int64_t Rewriter::unwrap(std::uint16_t egress_sequence) const {
  return highest_ + sequence_distance<std::uint16_t>(egress_sequence, static_cast<std::uint16_t>(highest_));
}

// Picture ids and timestamps of what was not sent stay used: a key picture refers to nothing, and to the
// receiver they are pictures of before it that were lost.
void Rewriter::take_back(std::uint16_t last_sent) {
  highest_ = std::min(highest_, unwrap(last_sent));
}

void Rewriter::resume(const SourceNumbers& first) {
  Run run = newest();
  ++run.switches;
  run.first_source = first.sequence;
  run.first_egress = entry_ = highest_ + 1;
  run.sequence_delta = run.first_egress - first.sequence;
  push(run);
}

EgressNumbers Rewriter::apply(const Run& run, const SourceNumbers& packet) {
  return {
      .sequence = static_cast<std::uint16_t>(packet.sequence + run.sequence_delta),
      .timestamp = packet.timestamp + run.timestamp_delta,
      .picture_id = static_cast<std::uint16_t>((packet.picture_id + run.picture_id_delta) & kPictureIdMask),
      .tl0_picture_index = static_cast<std::uint8_t>(packet.tl0_picture_index + run.tl0_delta),
      .frame_number = static_cast<std::uint16_t>(packet.frame_number + run.frame_number_delta),
      .template_shift = run.template_shift};
}

/// The run of the present source in which a packet has its number.
const Rewriter::Run* Rewriter::run_of(std::int64_t source_sequence) const {
  const std::size_t held = std::min(used_, kRuns);
  std::int64_t end_egress = INT64_MAX;  // of the run looked at
  for (std::size_t back = 1; back <= held; ++back) {
    const Run& run = runs_[(used_ - back) % kRuns];
    if (run.switches != newest().switches) return nullptr;
    if (source_sequence >= run.first_source) {
      const bool inside = source_sequence + run.sequence_delta < end_egress;
      return inside ? &run : nullptr;
    }
    end_egress = run.first_egress;
  }
  return nullptr;
}

void Rewriter::note_picture(const SourceNumbers& packet, const EgressNumbers& numbers) {
  if (packet.picture) {
    last_picture_id_ = numbers.picture_id;
    last_tl0_ = numbers.tl0_picture_index;
    if (is_later_picture(packet, source_picture_)) source_picture_ = packet.picture_id;
  } else if (packet.indexed) {
    last_tl0_ = numbers.tl0_picture_index;
  }
  if (packet.described) {
    last_frame_number_ = numbers.frame_number;
    if (packet.templates != 0) {
      const int next = packet.first_template + numbers.template_shift + packet.templates;
      next_template_ = static_cast<std::uint8_t>(next & kTemplateMask);
    }
  }
}

/// A picture of a source that runs ahead follows the one before it by a tick, until enough is made up.
void Rewriter::catch_up(const SourceNumbers& packet) {
  if (ahead_ == 0 || packet.sequence + newest().sequence_delta <= highest_) return;
  const auto step = static_cast<std::int32_t>(packet.timestamp - last_source_timestamp());
  if (!sent_ || step <= 1 || packet.sequence <= newest().first_source) return;
  const std::uint32_t saved = std::min(ahead_, static_cast<std::uint32_t>(step) - 1);
  Run closer = newest();
  closer.first_source = packet.sequence;
  closer.first_egress = packet.sequence + closer.sequence_delta;
  closer.timestamp_delta -= saved;
  push(closer);
  ahead_ -= saved;
}

std::optional<EgressNumbers> Rewriter::rewrite(Time now, const SourceNumbers& packet, bool marker) {
  if (used_ == 0) return std::nullopt;
  catch_up(packet);
  const Run* run = run_of(packet.sequence);
  if (run == nullptr) return std::nullopt;
  EgressNumbers numbers = apply(*run, packet);
  numbers.marker = marker;
  markers_[numbers.sequence % kMarkers] = marker;
  const std::int64_t egress = packet.sequence + run->sequence_delta;
  if (egress > highest_) {
    highest_ = egress;
    last_timestamp_ = numbers.timestamp;
    last_time_ = now;
    note_picture(packet, numbers);
    sent_ = true;
  }
  return numbers;
}

std::optional<EgressNumbers> Rewriter::skip(const SourceNumbers& packet, bool close_picture) {
  if (used_ == 0) return std::nullopt;
  const std::int64_t next = highest_ + 1 - newest().sequence_delta;  // what would follow in the source
  if (packet.sequence < next) {
    const Run* open = run_of(packet.sequence);
    if (open == nullptr) return std::nullopt;
    const EgressNumbers numbers = apply(*open, packet);
    markers_[numbers.sequence % kMarkers] = false;
    return numbers;
  }
  highest_ += packet.sequence - next;  // numbers of packets that may still come stay open
  Run after = newest();
  after.first_source = packet.sequence + 1;
  after.first_egress = highest_ + 1;
  after.sequence_delta = after.first_egress - after.first_source;
  if (packet.picture && is_later_picture(packet, source_picture_)) {
    source_picture_ = packet.picture_id;
    if (close_picture) {
      after.picture_id_delta = static_cast<std::uint16_t>((after.picture_id_delta - 1) & kPictureIdMask);
    }
  }
  if (newest().first_egress == after.first_egress) {
    newest() = after;  // nothing was sent in it
  } else {
    push(after);
  }
  return std::nullopt;
}

std::optional<Rewriter::Found> Rewriter::find(std::uint16_t egress_sequence) const {
  const std::int64_t egress = unwrap(egress_sequence);
  if (egress > highest_) return std::nullopt;
  const std::size_t held = std::min(used_, kRuns);
  for (std::size_t back = 1; back <= held; ++back) {
    const std::size_t slot = (used_ - back) % kRuns;
    const Run& run = runs_[slot];
    if (egress >= run.first_egress) {
      return Found{.origin = run.origin, .sequence = egress - run.sequence_delta, .run = slot};
    }
  }
  return std::nullopt;
}

EgressNumbers Rewriter::again(const Found& found, const SourceNumbers& packet) const {
  EgressNumbers numbers = apply(runs_[found.run], packet);
  numbers.marker = markers_[numbers.sequence % kMarkers];
  return numbers;
}

}  // namespace weir::sfu
