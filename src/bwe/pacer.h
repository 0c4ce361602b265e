// Lets packets go at a rate, in order of urgency: audio at once, then retransmissions, then video, then
// padding while a probe lasts. Holds sizes and the caller's handles, no packets.
#pragma once

#include <array>
#include <deque>

#include "bwe/types.h"

namespace weir::bwe {

class Pacer {
 public:
  static constexpr std::size_t kMaxQueued = 4096;
  static constexpr Duration kLongestQueue = std::chrono::seconds{1};
  static constexpr std::uint32_t kPaddingSize = 1200;

  struct Item {
    std::uint64_t handle = 0;
    std::uint32_t size = 0;
    PacketKind kind = PacketKind::video;
    std::uint32_t probe = 0;  // the cluster that it goes with; 0: none
  };

  void set_rate(Rate rate) { rate_ = rate; }
  void add_probe(Time now, const ProbeCluster& cluster);
  /// False when the queue is full: the packet is dropped.
  bool push(Item item);
  /// The next packet that may go now; for padding, of which the caller makes item.size bytes, handle is 0.
  std::optional<Item> pop(Time now);
  /// When to call pop(); kNever with nothing to send.
  Time deadline() const;
  std::size_t queued_bytes() const { return queued_bytes_; }
  void clear();

 private:
  struct Probe {
    ProbeCluster plan;
    Time added;
    std::uint32_t bytes = 0;
    std::uint32_t packets = 0;
  };
  std::optional<Item> take_front(PacketKind kind);
  Rate drain_rate() const;
  void finish_probe(Time now);

  std::array<std::deque<Item>, 3> queues_;  // by kind; padding is not queued
  std::size_t queued_bytes_ = 0;
  std::deque<Probe> probes_;
  Rate rate_ = 300'000;
  Time free_at_;
};

}  // namespace weir::bwe
