#include "bwe/acked_rate.h"

#include <algorithm>
#include <utility>

namespace weir::bwe {
namespace {

constexpr std::size_t kMinPackets = 8;
constexpr Duration kMinSpan = std::chrono::milliseconds{100};

}  // namespace

void AckedRate::on_packet(Time received, std::uint32_t size) {
  if (!packets_.empty() && received + kWindow < packets_.back().received) return;
  const auto at = std::upper_bound(packets_.begin(), packets_.end(), received,
                                   [](Time t, const Packet& p) { return t < p.received; });
  packets_.insert(at, {received, size});
  while (packets_.size() > kMaxPackets ||
         (packets_.size() > kMinPackets && packets_.front().received + kWindow < packets_.back().received)) {
    packets_.pop_front();
  }
}

std::optional<Rate> AckedRate::rate_over(Duration window) const {
  if (packets_.size() < kMinPackets) return std::nullopt;
  std::size_t first = packets_.size() - kMinPackets;
  while (first > 0 && packets_[first - 1].received + window >= packets_.back().received) --first;
  double bytes = 0;
  Duration largest{0};
  Duration second{0};
  for (std::size_t i = first + 1; i < packets_.size(); ++i) {
    bytes += packets_[i].size;
    const Duration gap = packets_[i].received - packets_[i - 1].received;
    if (gap > largest) {
      second = std::exchange(largest, gap);
    } else {
      second = std::max(second, gap);
    }
  }
  const Duration span = packets_.back().received - packets_[first].received - largest + second;
  if (span < kMinSpan) return std::nullopt;
  return bytes * 8 / seconds(span);
}

}  // namespace weir::bwe
