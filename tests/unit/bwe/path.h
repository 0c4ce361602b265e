// A sender with pacer and estimator over a small model of a path, in steps of a millisecond.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <utility>
#include <vector>

#include "base/random.h"
#include "bwe/estimator.h"
#include "bwe/pacer.h"
#include "rtp/transport_cc.h"

namespace weir::bwe::test {

constexpr Duration kMs = std::chrono::milliseconds{1};
constexpr Duration kSecond = std::chrono::seconds{1};

struct PathOptions {
  Rate capacity = 3e6;
  double queue_ms = 300;
  double delay_ms = 40;
  double jitter_ms = 0;  // uniform, above the delay, in order
  double loss = 0;
  bool policer = false;  // what does not fit is dropped at once, nothing waits
  int feedback_lost_every = 0;
  int feedback_late_every = 0;  // comes after the next two
  bool by_rtp = false;          // reports by SSRC and RTP sequence number (RFC 8888), 1/1024 s fine
  std::uint16_t first_sequence = 65'500;
  Duration clock_offset = std::chrono::seconds{77};
};

class Path {
 public:
  explicit Path(PathOptions path = {}, EstimatorOptions options = {})
      : options(path), estimator(options), sequence_(path.first_sequence) {
    estimator.set_wanted(now, 20e6);
  }

  PathOptions options;
  Estimator estimator;
  Pacer pacer;
  Time now = time_from_us(5'000'000);
  double demand = 1e9;  // what the source would send; it sends the lesser of this and the target
  bool dead = false;    // nothing passes either way
  double sent = 0;      // packets, and of them
  double lost = 0;
  double peak = 0;  // highest target
  double longest_queue_ms = 0;

  void run(double seconds) {
    for (int i = 0; i < static_cast<int>(seconds * 1000); ++i) step();
  }

 private:
  struct Arrival {
    Time at;
    std::uint16_t sequence;
  };
  struct Report {
    Time at;
    std::vector<std::uint8_t> fci;
  };

  void step() {
    now += kMs;
    estimator.on_time(now);
    make_media();
    while (const auto cluster = estimator.take_probe()) pacer.add_probe(now, *cluster);
    pacer.set_rate(estimator.pacing_rate());
    while (const auto item = pacer.pop(now)) send(*item);
    receive();
    peak = std::max(peak, estimator.target());
  }

  void make_media() {
    credit_ += std::min(demand, estimator.target()) / 8 / 1000;
    if (to_us(now) / 1000 % 33 != 0) return;
    while (credit_ >= 100) {
      const auto size = static_cast<std::uint32_t>(std::min(credit_, 1200.0));
      pacer.push({1, size, PacketKind::video, 0});
      credit_ -= size;
    }
  }

  void send(const Pacer::Item& item) {
    const std::uint16_t sequence = sequence_++;
    SentPacket packet{sequence, now, item.size, item.kind, item.probe};
    if (options.by_rtp) {
      packet.ssrc = kSsrc;
      packet.rtp_sequence = static_cast<std::uint16_t>(sequence + 1000);
    }
    estimator.on_packet_sent(packet);
    sent += 1;
    const Duration service = time_to_send(item.size, options.capacity);
    const Duration waiting = std::max(free_at_, now) - now;
    const double limit = options.policer ? 30 : options.queue_ms;
    if (dead || random_.unit() < options.loss || milliseconds(waiting) > limit) {
      lost += 1;
      return;
    }
    free_at_ = std::max(free_at_, now) + service;
    if (!options.policer) longest_queue_ms = std::max(longest_queue_ms, milliseconds(waiting));
    Time at = (options.policer ? now : free_at_) + from_ms(options.delay_ms);
    at = std::max(at + from_ms(options.jitter_ms * random_.unit()), last_arrival_);
    last_arrival_ = at;
    arrivals_.push_back({at, sequence});
  }

  void receive() {
    while (!arrivals_.empty() && arrivals_.front().at <= now) {
      if (options.by_rtp) {
        note_rtp(arrivals_.front());
      } else {
        builder_.on_packet(arrivals_.front().at + options.clock_offset, arrivals_.front().sequence);
      }
      arrivals_.pop_front();
    }
    if (to_us(now) / 1000 % 50 == 0) report();
    while (!rtp_reports_.empty() && rtp_reports_.front().at <= now) {
      estimator.on_arrivals(now, rtp_reports_.front().arrivals);
      rtp_reports_.pop_front();
    }
    std::stable_sort(reports_.begin(), reports_.end(),
                     [](const Report& a, const Report& b) { return a.at < b.at; });
    while (!reports_.empty() && reports_.front().at <= now) {
      estimator.on_transport_feedback(now, reports_.front().fci);
      reports_.pop_front();
    }
  }

  /// The hole before it is told with it.
  void note_rtp(const Arrival& arrival) {
    if (!next_rtp_) next_rtp_ = arrival.sequence;
    for (; *next_rtp_ != arrival.sequence; ++*next_rtp_)
      pending_rtp_.push_back({kSsrc, static_cast<std::uint16_t>(*next_rtp_ + 1000), std::nullopt});
    ++*next_rtp_;
    const std::int64_t units = (to_us(arrival.at + options.clock_offset) << 10) / 1'000'000;
    const Duration at{units * 1'000'000 / 1024};
    pending_rtp_.push_back({kSsrc, static_cast<std::uint16_t>(arrival.sequence + 1000), at});
  }

  void report() {
    if (!pending_rtp_.empty() && !dead)
      rtp_reports_.push_back({now + from_ms(options.delay_ms), std::exchange(pending_rtp_, {})});
    while (builder_.pending()) {
      std::array<std::uint8_t, 1200> bytes;
      ByteWriter writer{bytes};
      if (!builder_.write(writer, 1, 2)) return;
      ++reported_;
      const auto every = [this](int n) { return n > 0 && reported_ % n == 0; };
      if (dead || every(options.feedback_lost_every)) continue;
      const Duration late = every(options.feedback_late_every) ? 120 * kMs : Duration{0};
      reports_.push_back({now + from_ms(options.delay_ms) + late,
                          {bytes.begin() + 12, bytes.begin() + static_cast<std::ptrdiff_t>(writer.size())}});
    }
  }

  static constexpr std::uint32_t kSsrc = 0xabcdef01;

  struct RtpReport {
    Time at;
    std::vector<RtpArrival> arrivals;
  };

  SeededRandom random_{7};
  std::optional<std::uint16_t> next_rtp_;
  std::vector<RtpArrival> pending_rtp_;
  std::deque<RtpReport> rtp_reports_;
  rtp::TransportFeedbackBuilder builder_;
  std::uint16_t sequence_;
  double credit_ = 0;
  Time free_at_{};
  Time last_arrival_{};
  std::deque<Arrival> arrivals_;
  std::deque<Report> reports_;
  int reported_ = 0;
};

}  // namespace weir::bwe::test
