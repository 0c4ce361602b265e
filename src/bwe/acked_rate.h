// The rate at which packets arrive, by the receiver's clock. The first packet of the window marks a time but
// its bytes came before it. The largest gap counts as the second largest does: one stall of a radio link is
// not its rate.
#pragma once

#include <deque>

#include "bwe/types.h"

namespace weir::bwe {

class AckedRate {
 public:
  static constexpr Duration kWindow = std::chrono::milliseconds{500};
  static constexpr std::size_t kMaxPackets = 500;

  void on_packet(Time received, std::uint32_t size);
  void reset() { packets_.clear(); }
  /// Nothing before there are enough packets to tell.
  std::optional<Rate> rate() const { return rate_over(kWindow); }
  /// Over the last 200 ms: sooner right after a drop of capacity, but restless.
  std::optional<Rate> recent() const { return rate_over(std::chrono::milliseconds{200}); }

 private:
  std::optional<Rate> rate_over(Duration window) const;

  struct Packet {
    Time received;
    std::uint32_t size;
  };
  std::deque<Packet> packets_;  // ascending by time
};

}  // namespace weir::bwe
