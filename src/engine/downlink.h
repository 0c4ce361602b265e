// The path to one remote receiver: how much it carries, and when which packet leaves on it.
//
// A pure object (no transport, no writing): a packet is held here as a reference to the shared facts of the
// ingress packet with the numbers that it will carry, and is written when it leaves (law 4): at the end of
// the same input as a rule, together with what else leaves for this receiver. departure.cpp does the writing.
//
// What the receiver tells decides how the rate is found:
//   transport-wide feedback, RFC 8888   the estimator; REMB, where negotiated, is a limit above it
//   REMB alone                          the receiver's own estimate
//   nothing                             a fixed rate, and no pacing: nothing says how fast would be right
#pragma once

#include <array>
#include <optional>

#include "base/ring.h"
#include "base/slots.h"
#include "bwe/estimator.h"
#include "bwe/pacer.h"
#include "engine/egress_packet.h"
#include "engine/rate_meter.h"
#include "engine/shared_facts.h"

namespace weir::engine {

enum class PathFeedback : std::uint8_t { none, remb, transport_cc, rtp };

/// What waits for its turn.
struct HeldPacket {
  Id subscription;
  Id track;
  FactsRef facts;  // hold the ingress packet
  sfu::EgressNumbers numbers;
};

struct DownlinkOptions {
  bwe::Rate least = 30'000;
  bwe::Rate most = 20'000'000;
  bwe::Rate unreported = 1'000'000;  // to receivers without feedback, and before the first
};

class Downlink {
 public:
  using Rate = bwe::Rate;

  explicit Downlink(const DownlinkOptions& options);

  /// After negotiation: what the receiver's lines offer.
  void configure(const sfu::Participant& receiver);
  PathFeedback feedback() const { return feedback_; }
  /// Whether packets of the line have transport-wide numbers.
  bool numbers(const sfu::Line& line) const;
  /// Whether feedback tells of packets of the line.
  bool tracks(const sfu::Line& line) const;

  // Packets on their way.

  /// False when too much waits.
  bool hold(std::size_t size, bwe::PacketKind kind, HeldPacket packet);
  struct Turn {
    bwe::Pacer::Item item;
    std::optional<HeldPacket> packet;  // nothing: padding is due, item.size bytes of it
  };
  std::optional<Turn> next(Time now);
  /// When next() may have something: the past where it has already.
  Time departure() const;
  /// Padding that came out of `size` bytes; 0: there is nothing to pad with.
  void padded(Time now, const bwe::Pacer::Item& item, std::size_t size);

  std::uint16_t transport_sequence() const { return transport_sequence_; }
  struct Departure {
    std::size_t size = 0;
    bwe::PacketKind kind = bwe::PacketKind::video;
    std::uint32_t probe = 0;
    bool numbered = false;  // carried transport_sequence()
    bool tracked = false;
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
  };
  void departed(Time now, const Departure& departure);
  /// After one or more departed().
  void end_turn(Time now) { refresh(now); }

  /// Data channels share the path, without numbers or a place in the pacer.
  void on_data(Time now, std::size_t bytes);
  /// What they may take, bytes a second: what media leaves of the path, and never less than a quarter of it.
  /// 0: no limit, while no picture is sent or nothing is known of the path.
  double data_rate(Time now) const;

  /// A packet that may be sent again as padding, since media of its line has been sent.
  struct Repeatable {
    Id subscription;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint8_t rtx_payload_type = 0;
  };
  void remember(const Repeatable& packet);
  /// The next one to repeat, the newest first, none more than twice.
  std::optional<Repeatable> take_repeatable();
  /// The line that sent last; nothing before the first packet.
  std::optional<Repeatable> newest() const;
  /// Before anything was sent: a line that may be padded.
  void set_padding_line(const Repeatable& line) { padding_line_ = line; }
  /// Drops what waits; the answer is how much.
  std::size_t clear();
  /// Drops what waits of one subscription's repairs, and of its media as well; the answer is how much.
  std::size_t drop_repairs(Id subscription) { return drop(bwe::PacketKind::retransmission, subscription); }
  std::size_t drop_media(Id subscription) {
    return drop_repairs(subscription) + drop(bwe::PacketKind::video, subscription);
  }

  /// What waits takes longer than pictures are apart: it is more than the last one, leaving packet by packet.
  bool behind() const { return queued_time() >= kBehind; }
  /// The path was full a moment ago: what it carries had better be needed.
  bool tight(Time now) const { return now < tight_until_ || behind(); }

  /// How many of the uppermost temporal layers are not to be sent while the queue is long.
  std::uint8_t shed_layers() const;

  // What the receiver says. False: malformed.

  bool on_transport_feedback(Time now, Bytes fci);
  bool on_congestion_feedback(Time now, const rtp::CongestionFeedback& feedback);
  void on_remb(Time now, std::uint64_t bitrate);
  void on_receiver_report(Time now) { estimator_.on_sign_of_life(now); }

  // Time, and what changes from outside.

  void advance(Time now);
  Time deadline() const;
  void on_route_change(Time now) { estimator_.on_route_change(now); }
  /// Another association: nothing that waits can be sent, and the path may be any.
  void begin(Time now);
  /// What the receiver could use of video if the path allowed it, bit/s. `steps`: it comes in layers, no
  /// encoder follows what the path carries.
  void set_wanted(Time now, Rate video, bool steps = true);
  Rate wanted() const { return wanted_video_; }

  // What is known.

  struct Available {
    Rate bitrate = 0;              // for video, RTP headers included: sound, repair and data taken off
    std::uint32_t generation = 0;  // another one when bitrate has moved by more than 5 %
  };
  Available available(Time now);
  Rate for_video(Time now) const;
  Rate target() const;
  bool paced() const { return feedback_ != PathFeedback::none; }
  std::size_t queued() const { return pacer_.queued(); }
  std::size_t queued_bytes() const { return pacer_.queued_bytes(); }
  Duration queued_time() const { return pacer_.queued_time(); }
  /// How long until so much more has left, behind what waits. At once where nothing is paced.
  Duration time_to_send(std::size_t bytes) const;
  std::uint64_t probes() const { return probes_; }
  std::uint64_t probe_bytes() const { return probe_bytes_; }
  const bwe::Estimator& estimator() const { return estimator_; }

 private:
  bool estimates() const { return feedback_ == PathFeedback::transport_cc || feedback_ == PathFeedback::rtp; }
  void refresh(Time now);
  Rate pacing_rate() const;
  std::size_t drop(bwe::PacketKind kind, Id subscription);
  bwe::EstimatorOptions estimator_options() const;

  static constexpr Duration kBehind = std::chrono::milliseconds{100};
  static constexpr std::size_t kRecent = 64;
  struct Recent {
    Repeatable packet;
    int repeats = 0;
  };

  DownlinkOptions options_;
  PathFeedback feedback_ = PathFeedback::none;
  bool remb_negotiated_ = false;
  bwe::Estimator estimator_;
  bwe::Pacer pacer_;
  std::array<Ring<HeldPacket>, 3> held_;  // by kind, in the order of the pacer's queues
  std::uint16_t transport_sequence_ = 0;
  std::array<Recent, kRecent> recent_;  // a ring
  std::size_t remembered_ = 0;          // counts up
  std::optional<Repeatable> padding_line_;
  std::optional<Rate> remb_;
  Time remb_at_{};
  RateMeter audio_;  // of packets that the estimate is about
  RateMeter repair_;
  RateMeter video_;  // likewise
  RateMeter data_;
  Rate wanted_video_ = 0;
  bool steps_ = true;
  Rate told_ = 0;  // Available::bitrate of this generation
  std::uint32_t generation_ = 0;
  Time tight_until_{};
  Time next_turn_{};  // of what waits: together, not one by one
  std::uint64_t probes_ = 0;
  std::uint64_t probe_bytes_ = 0;
};

}  // namespace weir::engine
