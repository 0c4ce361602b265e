// Lets packets go at a rate, in order of urgency: audio at once, then retransmissions, then video, then
// padding while a probe lasts. Holds sizes and the caller's handles, no packets. Of one kind, packets go in
// the order in which they came, so that a caller with a queue for each kind needs no handles.
#pragma once

#include <array>
#include <deque>

#include "base/ring.h"
#include "bwe/types.h"

namespace weir::bwe {

class Pacer {
 public:
  static constexpr std::size_t kMaxQueued = 2048;
  static constexpr Duration kLongestQueue = std::chrono::seconds{1};
  static constexpr std::uint32_t kPaddingSize = 1200;
  /// What a timer may be late by.
  static constexpr Duration kShortBurst = std::chrono::milliseconds{5};

  struct Item {
    std::uint64_t handle = 0;
    std::uint32_t size = 0;
    PacketKind kind = PacketKind::video;
    std::uint32_t probe = 0;  // the cluster that it goes with; 0: none
  };

  void set_rate(Rate rate) { rate_ = rate; }
  Rate rate() const { return rate_; }
  /// What an idle pacer may let go at once: as much as the rate carries in that time.
  void set_burst(Duration burst) { burst_ = burst; }
  Duration burst() const { return burst_; }
  void add_probe(Time now, const ProbeCluster& cluster);
  /// False when the queue is full: the packet is dropped.
  bool push(Item item);
  /// Takes out what waits of a kind where `gone(place)` says so, place 0 being the next to go. How many.
  template <typename Gone>
  std::size_t remove(PacketKind kind, Gone&& gone) {
    std::size_t place = 0;
    const std::size_t removed = queues_[static_cast<std::size_t>(kind)].erase_if([&](const Item& item) {
      const bool out = gone(place++);
      if (out) queued_bytes_ -= item.size;
      return out;
    });
    queued_ -= removed;
    return removed;
  }
  /// The next packet that may go now; for padding, of which the caller makes item.size bytes, handle is 0.
  std::optional<Item> pop(Time now, std::uint32_t padding_size = kPaddingSize);
  /// Padding that came out of another size than was said.
  void correct(Time now, const Item& said, std::uint32_t size);
  /// When to call pop(); kNever with nothing to send.
  Time deadline() const;
  std::size_t queued_bytes() const { return queued_bytes_; }
  std::size_t queued() const { return queued_; }
  /// Sound never waits.
  bool urgent() const { return !queues_[static_cast<std::size_t>(PacketKind::audio)].empty(); }
  /// How long what waits takes at the present rate.
  Duration queued_time() const { return time_to_send(queued_bytes_, std::max(rate_, 1000.0)); }
  /// A cluster is under way; its packets want to go on time.
  bool probing() const { return !probes_.empty(); }
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
  /// Of a packet, in what the first cluster lacks.
  std::uint32_t share() const;
  /// The rate of the moment; the first packet of a cluster leaves no earlier than `now`.
  Rate begin(Time now);
  void account(Time now, Item& item, Rate rate);
  void finish_probe(Time now);

  std::array<Ring<Item>, 3> queues_;  // by kind; padding is not queued
  std::size_t queued_ = 0;
  std::size_t queued_bytes_ = 0;
  std::deque<Probe> probes_;
  Rate rate_ = 300'000;
  Duration burst_ = kShortBurst;
  Time free_at_;
};

}  // namespace weir::bwe
