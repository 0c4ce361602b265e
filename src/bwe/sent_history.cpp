#include "bwe/sent_history.h"

#include <algorithm>

namespace weir::bwe {
namespace {

// The reference time has 24 bits of 64 ms (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
constexpr std::int64_t kWrap = (std::int64_t{1} << 24) * 64'000;
constexpr Duration kJump = std::chrono::seconds{60};
// A wider hole in the numbers is another numbering.
constexpr std::int64_t kMaxHole = 1000;

}  // namespace

void SentHistory::clear() {
  packets_.clear();
  in_flight_ = 0;
}

void SentHistory::forget_front() {
  if (packets_.front().state == State::unknown) in_flight_ -= packets_.front().size;
  packets_.pop_front();
  ++first_;
}

void SentHistory::on_sent(const SentPacket& packet) {
  const std::int64_t sequence = unwrapper_.unwrap(packet.sequence);
  const std::int64_t next = first_ + static_cast<std::int64_t>(packets_.size());
  if (packets_.empty() || sequence > next + kMaxHole || sequence < first_) {
    if (!packets_.empty() && sequence < first_ && sequence + kMaxHole > first_) return;
    clear();
    first_ = sequence;
  }
  const auto index = static_cast<std::size_t>(sequence - first_);
  if (index >= packets_.size()) packets_.resize(index + 1);
  Entry& entry = packets_[index];
  if (entry.state == State::unknown) in_flight_ -= entry.size;
  entry = {packet.at, packet.size, packet.probe, State::unknown};
  in_flight_ += packet.size;
  while (packets_.size() > kMaxPackets ||
         (packets_.size() > 1 &&
          (packets_.front().state == State::absent || packets_.front().sent + kMaxAge < packet.at))) {
    forget_front();
  }
}

Duration SentHistory::unwrap(Duration arrival, bool& jumped) {
  std::int64_t step = last_raw_ ? (arrival - *last_raw_).count() % kWrap : 0;
  if (step > kWrap / 2) step -= kWrap;
  if (step < -kWrap / 2) step += kWrap;
  jumped = last_raw_ && (step > kJump.count() || step < -kJump.count());
  last_raw_ = arrival;
  last_arrival_ += Duration{step};
  return last_arrival_;
}

SentHistory::Report SentHistory::on_feedback(const std::vector<rtp::PacketArrival>& arrivals) {
  Report report;
  report.packets.reserve(std::min(arrivals.size(), packets_.size()));
  for (const rtp::PacketArrival& arrival : arrivals) {
    // Also those of forgotten packets move the clock on.
    std::optional<Time> received;
    if (arrival.arrival) {
      bool jumped = false;
      received = Time{unwrap(*arrival.arrival, jumped)};
      report.clock_jumped |= jumped;
    }
    const std::int64_t sequence = unwrapper_.peek(arrival.sequence);
    if (sequence < first_ || sequence >= first_ + static_cast<std::int64_t>(packets_.size())) continue;
    Entry& entry = packets_[static_cast<std::size_t>(sequence - first_)];
    if (entry.state == State::absent || entry.state == State::received) continue;
    if (!received && entry.state == State::lost) continue;
    if (entry.state == State::unknown) in_flight_ -= entry.size;
    report.packets.push_back({entry.sent, received, entry.size, entry.probe, entry.state == State::lost});
    entry.state = received ? State::received : State::lost;
    if (received && (!report.newest_sent || *report.newest_sent < entry.sent))
      report.newest_sent = entry.sent;
  }
  return report;
}

}  // namespace weir::bwe
