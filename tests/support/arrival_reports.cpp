#include "support/arrival_reports.h"

#include <algorithm>

namespace weir::test {

void ArrivalReports::on_packet(Time now, std::uint32_t ssrc, std::uint16_t sequence,
                               std::optional<std::uint16_t> transport_sequence, std::size_t size) {
  if (kind_ == Reports::none || (kind_ == Reports::transport_cc && !transport_sequence)) return;
  if (kind_ == Reports::transport_cc) {
    builder_.on_packet(now, *transport_sequence);
  } else {
    Stream& stream = streams_[ssrc];
    const std::int64_t number = stream.unwrapper.unwrap(sequence);
    if (!stream.next) stream.next = number;
    // One that comes late is told with all behind it, as a report may repeat what one before said.
    stream.next = std::min(*stream.next, number);
    stream.arrivals.emplace(number, now);
  }
  bytes_ += static_cast<double>(size);
  if (next_ == kNever) next_ = now + interval();
}

Duration ArrivalReports::interval() const {
  const double us = 68 * 8 / (0.05 * std::max(rate_, 1000.0)) * 1e6;
  return std::clamp(Duration{static_cast<std::int64_t>(us)}, kShortest, kLongest);
}

/// Every stream from the first number that was not told of to the last that came.
std::vector<std::uint8_t> ArrivalReports::by_rtp(Time now) {
  std::vector<rtp::StreamArrivals> told;
  for (auto& [ssrc, stream] : streams_) {
    const std::int64_t end = stream.arrivals.rbegin()->first;
    if (end < *stream.next) continue;
    rtp::StreamArrivals& block = told.emplace_back();
    block.ssrc = ssrc;
    for (std::int64_t number = std::max(*stream.next, stream.arrivals.begin()->first); number <= end;
         ++number) {
      const auto at = stream.arrivals.find(number);
      rtp::CongestionArrival& packet = block.packets.emplace_back();
      packet.sequence = static_cast<std::uint16_t>(number);
      packet.received = at != stream.arrivals.end();
      if (packet.received) packet.age = now - at->second;
    }
    stream.next = end + 1;
    constexpr std::int64_t kRemembered = 200;
    stream.arrivals.erase(stream.arrivals.begin(), stream.arrivals.lower_bound(end - kRemembered));
  }
  std::vector<std::uint8_t> bytes(1400);
  ByteWriter writer{bytes};
  rtp::write_congestion_feedback(writer, 1, told, NtpTime{ntp_from_us(to_us(now))}.middle());
  bytes.resize(writer.ok() ? writer.size() : 0);
  return bytes;
}

std::vector<std::vector<std::uint8_t>> ArrivalReports::take(Time now) {
  std::vector<std::vector<std::uint8_t>> packets;
  if (now < next_) return packets;
  next_ = kNever;
  const double elapsed = static_cast<double>(std::max(now - last_, kShortest).count()) * 1e-6;
  rate_ += 0.2 * (bytes_ * 8 / elapsed - rate_);
  bytes_ = 0;
  last_ = now;
  if (kind_ == Reports::rtp) packets.push_back(by_rtp(now));
  while (kind_ == Reports::transport_cc && builder_.pending()) {
    std::vector<std::uint8_t> bytes(1200);
    ByteWriter writer{bytes};
    if (!builder_.write(writer, 1, 2)) break;
    bytes.resize(writer.size());
    packets.push_back(std::move(bytes));
  }
  std::erase_if(packets, [](const auto& bytes) { return bytes.empty(); });
  return packets;
}

}  // namespace weir::test
