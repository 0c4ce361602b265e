#include "bwe/dispersion.h"

namespace weir::bwe {
namespace {

constexpr std::size_t kMinPackets = 4;
constexpr Duration kMinSpan = std::chrono::milliseconds{80};
constexpr double kGrowth = 0.5;  // of the time that passed: twice as much came in as the path carries

}  // namespace

void Dispersion::on_packet(Time sent, Time received, std::uint32_t size) {
  if (!packets_.empty() && (sent < packets_.back().sent || received < packets_.back().received)) return;
  packets_.push_back({sent, received, size});
  while (packets_.size() > kMaxPackets || received - packets_.front().received > kWindow)
    packets_.pop_front();
}

std::optional<Rate> Dispersion::rate() const {
  if (packets_.size() < kMinPackets) return std::nullopt;
  const Packet& first = packets_.front();
  const Packet& last = packets_.back();
  const Duration span = last.received - first.received;
  const Duration growth = span - (last.sent - first.sent);
  if (span < kMinSpan || seconds(growth) < kGrowth * seconds(span)) return std::nullopt;
  double bytes = -static_cast<double>(first.size);  // came before the span
  for (const Packet& packet : packets_) bytes += packet.size;
  return bytes * 8 / seconds(span);
}

}  // namespace weir::bwe
