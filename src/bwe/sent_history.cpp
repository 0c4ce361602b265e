#include "bwe/sent_history.h"

#include <algorithm>

namespace weir::bwe {
namespace {

// The reference time has 24 bits of 64 ms (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
constexpr std::int64_t kTransportWrap = (std::int64_t{1} << 24) * 64'000;
// The report timestamp is the middle of an NTP timestamp (RFC 8888 section 3.1): 16 bits of seconds.
constexpr std::int64_t kRtpWrap = (std::int64_t{1} << 16) * 1'000'000;
constexpr Duration kJump = std::chrono::seconds{60};
// A wider hole in the numbers is another numbering.
constexpr std::int64_t kMaxHole = 1000;

constexpr std::uint64_t key_of(std::uint32_t ssrc, std::uint16_t sequence) {
  return (std::uint64_t{ssrc} << 16) | sequence;
}

}  // namespace

SentHistory::SentHistory() : transport_clock_{kTransportWrap, {}}, rtp_clock_{kRtpWrap, {}} {}

void SentHistory::clear() {
  packets_.clear();
  by_rtp_.clear();
  in_flight_ = 0;
}

void SentHistory::forget(const Entry& entry, std::int64_t sequence) {
  if (entry.state == State::unknown) in_flight_ -= entry.size;
  if (entry.rtp == 0) return;
  const auto at = by_rtp_.find(entry.rtp);
  if (at != by_rtp_.end() && at->second == sequence) by_rtp_.erase(at);
}

void SentHistory::forget_front() {
  forget(packets_.front(), first_);
  packets_.pop_front();
  ++first_;
}

void SentHistory::forget_arrived() {
  while (!packets_.empty() && packets_.front().state == State::received) forget_front();
}

/// A packet sent again with the same numbers (repair without RTX) takes the place of the one before, of which
/// nothing more can be known.
void SentHistory::index(std::uint64_t rtp, std::int64_t sequence) {
  const auto [at, fresh] = by_rtp_.try_emplace(rtp, sequence);
  if (fresh || at->second == sequence) return;
  Entry& before = packets_[static_cast<std::size_t>(at->second - first_)];
  if (before.state == State::unknown) {
    in_flight_ -= before.size;
    before.state = State::absent;
  }
  at->second = sequence;
}

void SentHistory::on_sent(const SentPacket& packet) {
  const std::int64_t sequence = unwrapper_.unwrap(packet.sequence);
  const std::int64_t next = first_ + static_cast<std::int64_t>(packets_.size());
  if (packets_.empty() || sequence > next + kMaxHole || sequence < first_) {
    if (!packets_.empty() && sequence < first_ && sequence + kMaxHole > first_) return;
    clear();
    first_ = sequence;
  }
  const auto position = static_cast<std::size_t>(sequence - first_);
  while (position >= packets_.size()) packets_.push_back({});
  Entry& entry = packets_[position];
  forget(entry, sequence);
  entry = {.sent = packet.at,
           .rtp = packet.ssrc == 0 ? 0 : key_of(packet.ssrc, packet.rtp_sequence),
           .size = packet.size,
           .probe = packet.probe,
           .state = State::unknown};
  if (entry.rtp != 0) index(entry.rtp, sequence);
  in_flight_ += packet.size;
  while (packets_.size() > kMaxPackets || (packets_.size() > 1 && settled(packets_.front(), packet.at)))
    forget_front();
}

/// Nothing more will be told of it.
bool SentHistory::settled(const Entry& entry, Time now) {
  if (entry.state == State::absent || entry.state == State::received) return true;
  return entry.sent + (entry.state == State::lost ? kLate : kMaxAge) < now;
}

Time SentHistory::Clock::unwrap(Duration arrival, bool& jumped) {
  std::int64_t step = last_raw ? (arrival - *last_raw).count() % wrap : 0;
  if (step > wrap / 2) step -= wrap;
  if (step < -wrap / 2) step += wrap;
  jumped |= last_raw && (step > kJump.count() || step < -kJump.count());
  last_raw = arrival;
  last += Duration{step};
  return Time{last};
}

void SentHistory::begin_report(Report& report, Format format, std::size_t size) {
  report.packets.reserve(std::min(size, packets_.size()));
  report.clock_jumped = format_ != Format::none && format_ != format;
  format_ = format;
}

void SentHistory::note(Report& report, std::int64_t sequence, std::optional<Time> received) {
  if (sequence < first_ || sequence >= first_ + static_cast<std::int64_t>(packets_.size())) return;
  Entry& entry = packets_[static_cast<std::size_t>(sequence - first_)];
  if (entry.state == State::absent || entry.state == State::received) return;
  if (!received && entry.state == State::lost) return;
  if (entry.state == State::unknown) in_flight_ -= entry.size;
  report.packets.push_back({entry.sent, received, entry.size, entry.probe, entry.state == State::lost});
  entry.state = received ? State::received : State::lost;
  if (received && (!report.newest_sent || *report.newest_sent < entry.sent)) report.newest_sent = entry.sent;
}

SentHistory::Report SentHistory::on_feedback(const std::vector<rtp::PacketArrival>& arrivals) {
  Report report;
  begin_report(report, Format::transport, arrivals.size());
  for (const rtp::PacketArrival& arrival : arrivals) {
    // Also those of forgotten packets move the clock on.
    std::optional<Time> received;
    if (arrival.arrival) received = transport_clock_.unwrap(*arrival.arrival, report.clock_jumped);
    note(report, unwrapper_.peek(arrival.sequence), received);
  }
  forget_arrived();
  return report;
}

SentHistory::Report SentHistory::on_feedback(const std::vector<RtpArrival>& arrivals) {
  Report report;
  begin_report(report, Format::rtp, arrivals.size());
  for (const RtpArrival& arrival : arrivals) {
    std::optional<Time> received;
    if (arrival.arrival) received = rtp_clock_.unwrap(*arrival.arrival, report.clock_jumped);
    const auto at = by_rtp_.find(key_of(arrival.ssrc, arrival.sequence));
    if (at != by_rtp_.end()) note(report, at->second, received);
  }
  forget_arrived();
  // A report goes SSRC by SSRC; what reads it wants the order of sending.
  std::stable_sort(report.packets.begin(), report.packets.end(),
                   [](const PacketResult& a, const PacketResult& b) { return a.sent < b.sent; });
  return report;
}

}  // namespace weir::bwe
