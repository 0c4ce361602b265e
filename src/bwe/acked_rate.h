// The rate at which packets arrive, by the receiver's clock. The first packet of the window marks a time but
// its bytes came before it. The largest gap counts as the second largest does: one stall of a radio link is
// not its rate.
#pragma once

#include "base/ring.h"
#include "bwe/types.h"

namespace weir::bwe {

class AckedRate {
 public:
  static constexpr Duration kWindow = std::chrono::milliseconds{500};
  static constexpr std::size_t kMaxPackets = 500;

  void on_packet(Time received, std::uint32_t size);
  void reset() { *this = AckedRate{}; }
  /// Nothing before there are enough packets to tell.
  std::optional<Rate> rate() const { return measured().usual; }
  /// Over the last 200 ms: sooner right after a drop of capacity, but restless.
  std::optional<Rate> recent() const { return measured().recent; }

 private:
  struct Packet {
    Time received;
    std::uint32_t size = 0;
  };
  struct Rates {
    std::optional<Rate> usual;
    std::optional<Rate> recent;
  };
  const Rates& measured() const;
  Rates measure() const;

  Ring<Packet> packets_;                // ascending by time
  mutable std::optional<Rates> rates_;  // of packets_, once somebody asked
};

}  // namespace weir::bwe
