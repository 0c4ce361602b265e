#include "bwe/acked_rate.h"

#include <algorithm>
#include <utility>

namespace weir::bwe {
namespace {

constexpr std::size_t kMinPackets = 8;
constexpr Duration kMinSpan = std::chrono::milliseconds{100};
constexpr Duration kRecent = std::chrono::milliseconds{200};

/// Packets from the newest back to some older one.
struct Stretch {
  double bytes = 0;
  Duration span{0};
  Duration largest{0};  // gaps
  Duration second{0};

  void extend(std::uint32_t size, Duration gap) {
    bytes += size;
    span += gap;
    if (gap > largest) {
      second = std::exchange(largest, gap);
    } else {
      second = std::max(second, gap);
    }
  }
  std::optional<Rate> rate() const {
    const Duration counted = span - largest + second;
    if (counted < kMinSpan) return std::nullopt;
    return bytes * 8 / seconds(counted);
  }
};

}  // namespace

void AckedRate::on_packet(Time received, std::uint32_t size) {
  if (!packets_.empty() && received + kWindow < packets_.back().received) return;
  packets_.push_back({received, size});
  for (std::size_t at = packets_.size() - 1; at > 0 && packets_[at - 1].received > received; --at) {
    std::swap(packets_[at - 1], packets_[at]);
  }
  while (packets_.size() > kMaxPackets ||
         (packets_.size() > kMinPackets && packets_.front().received + kWindow < packets_.back().received)) {
    packets_.pop_front();
  }
  rates_.reset();
}

const AckedRate::Rates& AckedRate::measured() const {
  if (!rates_) rates_ = measure();
  return *rates_;
}

AckedRate::Rates AckedRate::measure() const {
  Rates rates;
  if (packets_.size() < kMinPackets) return rates;
  const Time newest = packets_.back().received;
  Stretch stretch;
  bool recent = true;
  for (std::size_t at = packets_.size() - 1; at > 0; --at) {
    const Time before = packets_[at - 1].received;
    if (packets_.size() - at >= kMinPackets) {
      if (before + kWindow < newest) break;
      if (recent && before + kRecent < newest) {
        rates.recent = stretch.rate();
        recent = false;
      }
    }
    stretch.extend(packets_[at].size, packets_[at].received - before);
  }
  rates.usual = stretch.rate();
  if (recent) rates.recent = rates.usual;
  return rates;
}

}  // namespace weir::bwe
