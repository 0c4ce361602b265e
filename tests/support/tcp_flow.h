// Cross traffic with the congestion control of Reno (RFC 5681 with SACK) or CUBIC (RFC 9438): one
// acknowledgement a packet, loss known by three later ones or by a timeout. Data is counted, not kept: what
// is lost is sent again as new.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/time.h"

namespace weir::test {

/// The way of a flow, both directions, and its clock.
class TcpPath {
 public:
  virtual ~TcpPath() = default;
  virtual Time now() const = 0;
  virtual void after(Duration delay, std::function<void()> event) = 0;
  /// `arrived` is called when it comes out, never when it is dropped.
  virtual void send(std::uint32_t bytes, std::function<void()> arrived) = 0;
  virtual void acknowledge(std::uint32_t bytes, std::function<void()> arrived) = 0;
};

class TcpFlow {
 public:
  enum class Algorithm { reno, cubic };

  TcpFlow(TcpPath& path, Algorithm algorithm) : path_(path), algorithm_(algorithm) {}

  /// Begins a transfer on a new connection; `done` once all of it has arrived.
  void transfer(double bytes, std::function<void()> done);
  void stop() { remaining_ = 0; }

  struct Delivery {
    float at;
    std::uint32_t bytes;
  };
  const std::vector<Delivery>& deliveries() const { return deliveries_; }

 private:
  static constexpr std::uint32_t kSegment = 1500;
  static constexpr std::uint32_t kAck = 52;

  void fill();
  void on_ack(std::uint64_t number, Time sent);
  void on_loss();
  void grow();
  void watch(std::uint64_t epoch);

  TcpPath& path_;
  Algorithm algorithm_;
  std::function<void()> done_;
  double remaining_ = 0;                  // bytes not yet sent
  std::map<std::uint64_t, Time> flying_;  // by number of transmission
  std::uint64_t next_ = 0;
  std::uint64_t recovery_end_ = 0;
  double window_ = 10;  // segments
  double threshold_ = 1e9;
  double window_max_ = 0;
  Time epoch_start_{};
  double srtt_ = 0.2;
  Time last_ack_{};
  std::uint64_t epoch_ = 0;
  std::vector<Delivery> deliveries_;
};

}  // namespace weir::test
