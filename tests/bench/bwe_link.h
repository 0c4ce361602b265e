// One direction of the bottleneck: a drop-tail queue in bytes before a link whose capacity changes by steps,
// then propagation, jitter and random loss.
//
// When the capacity falls what is queued stays; the limit is computed anew and only new arrivals are dropped
// (RFC 8867 leaves that open). Jitter is RFC 8868's form without reordering, two-sided.
#pragma once

#include <deque>
#include <functional>
#include <map>

#include "base/random.h"
#include "bwe_simulator.h"

namespace weir::bench {

/// Capacity from `at` seconds on.
struct RateStep {
  double at = 0;
  double kbps = 0;
};

class Capacity {
 public:
  explicit Capacity(std::vector<RateStep> steps) : steps_(std::move(steps)) {}
  double kbps(double at) const;
  /// When a packet is through that begins at `start`; far off when the link is dead for good.
  double finish(double start, double bytes) const;
  /// Mean over a span.
  double mean(double from, double to) const;
  bool unlimited() const { return steps_.empty(); }
  const std::vector<RateStep>& steps() const { return steps_; }

 private:
  std::size_t index(double at) const;
  std::vector<RateStep> steps_;
};

struct LinkOptions {
  std::vector<RateStep> capacity;  // empty: no limit
  double queue_ms = 300;           // at the capacity of the moment
  double queue_bytes = 0;          // if not 0: this, whatever the capacity
  double jitter_sigma_ms = 5;      // truncated at three sigma
  double loss = 0;
};

class Link {
 public:
  /// Called on arrival with the time that the packet waited in the queue.
  using Deliver = std::function<void(Duration waited)>;

  Link(Simulator& simulator, LinkOptions options, std::uint64_t seed)
      : simulator_(simulator), options_(std::move(options)), capacity_(options_.capacity), random_(seed) {}

  /// False when the queue is full. A packet lost at random is accepted and never comes.
  bool send(std::uint32_t size, double delay_ms, Deliver deliver);
  const Capacity& capacity() const { return capacity_; }

 private:
  struct Packet {
    std::uint32_t size;
    double delay_ms;
    Time since;
    Deliver deliver;
  };
  void serve();
  void depart(Packet packet, Duration waited);
  double gaussian();

  Simulator& simulator_;
  LinkOptions options_;
  Capacity capacity_;
  SeededRandom random_;
  std::deque<Packet> queue_;
  double queued_ = 0;
  bool busy_ = false;
  std::map<double, Time> last_arrival_;  // by propagation delay
};

}  // namespace weir::bench
