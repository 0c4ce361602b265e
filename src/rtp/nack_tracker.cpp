#include "rtp/nack_tracker.h"

#include <algorithm>
#include <utility>

namespace weir::rtp {

std::uint64_t& NackTracker::received_word(std::int64_t sequence) {
  return received_[static_cast<std::size_t>((sequence % kWindow + kWindow) % kWindow) / 64];
}

bool NackTracker::received(std::int64_t sequence) {
  return ((received_word(sequence) >> (static_cast<std::uint64_t>(sequence) % 64)) & 1U) != 0;
}

void NackTracker::set_received(std::int64_t sequence, bool value) {
  const std::uint64_t bit = std::uint64_t{1} << (static_cast<std::uint64_t>(sequence) % 64);
  std::uint64_t& word = received_word(sequence);
  word = value ? word | bit : word & ~bit;
}

NackTracker::Arrival NackTracker::on_packet(Time now, std::uint16_t sequence) {
  const std::optional<std::int64_t> newest = unwrapper_.newest();
  const std::int64_t extended = unwrapper_.unwrap(sequence);
  if (!newest) {
    set_received(extended, true);
    return Arrival::fresh;
  }
  if (extended > *newest) {
    note_gap(now, *newest + 1, extended);
    set_received(extended, true);
    ++advances_;
    hurry(now);
    return Arrival::fresh;
  }
  if (extended <= *newest - kWindow || received(extended)) return Arrival::duplicate;
  set_received(extended, true);
  const auto at = std::lower_bound(missing_.begin(), missing_.end(), extended,
                                   [](const Missing& m, std::int64_t s) { return m.sequence < s; });
  if (at == missing_.end() || at->sequence != extended) return Arrival::fresh;
  const bool requested = at->requests > 0;
  missing_.erase(at);
  return requested ? Arrival::repaired : Arrival::fresh;
}

/// The numbers from `from` up to, without, `to` are missing; `to` is the newest.
void NackTracker::note_gap(Time now, std::int64_t from, std::int64_t to) {
  for (std::int64_t s = std::max(from, to - kWindow + 1); s < to; ++s) set_received(s, false);
  const auto forgotten = std::find_if(missing_.begin(), missing_.end(),
                                      [to](const Missing& m) { return m.sequence > to - kWindow; });
  missing_.erase(missing_.begin(), forgotten);
  if (from == to) return;
  if (static_cast<std::size_t>(to - from) + missing_.size() > kMaxMissing) {
    missing_.clear();
    overflow_ = true;
    return;
  }
  const Time first_request = now + kReorderDelay;
  deadline_ = missing_.empty() ? first_request : std::min(deadline_, first_request);
  for (std::int64_t s = from; s < to; ++s) missing_.push_back({s, first_request, 0, advances_ + 1});
}

/// Lets gaps be asked for at once that enough later packets have come after.
void NackTracker::hurry(Time now) {
  for (auto m = missing_.rbegin(); m != missing_.rend() && m->requests == 0 && m->next_request > now; ++m) {
    if (advances_ - m->seen_at + 1 < kLaterPackets) continue;
    m->next_request = now;
    deadline_ = std::min(deadline_, now);
  }
}

void NackTracker::on_keyframe(std::uint16_t sequence) {
  const std::int64_t first = unwrapper_.peek(sequence);
  const auto at = std::lower_bound(missing_.begin(), missing_.end(), first,
                                   [](const Missing& m, std::int64_t s) { return m.sequence < s; });
  missing_.erase(missing_.begin(), at);
}

std::vector<std::uint16_t> NackTracker::due(Time now, Duration rtt) {
  std::vector<std::uint16_t> numbers;
  if (missing_.empty() || now < deadline_) return numbers;
  std::erase_if(missing_,
                [now](const Missing& m) { return m.requests >= kMaxRequests && m.next_request <= now; });
  deadline_ = kNever;
  for (Missing& m : missing_) {
    if (m.next_request <= now && numbers.size() < kMaxAtOnce) {
      numbers.push_back(static_cast<std::uint16_t>(m.sequence));
      m.next_request = now + std::max(rtt, kMinRetry);
      ++m.requests;
    }
    deadline_ = std::min(deadline_, m.next_request);
  }
  return numbers;
}

Time NackTracker::deadline() const {
  return missing_.empty() ? kNever : deadline_;
}

bool NackTracker::take_overflow() {
  return std::exchange(overflow_, false);
}

}  // namespace weir::rtp
