// Send-side bandwidth estimation for one receiver, from transport-wide feedback. A pure object: it is told
// what left and what came back, and when; it says how much may be sent and what to probe.
//
//   feedback -> SentHistory -> DelayTrend, QueueDelay -> RateControl -> target = min of both,
//                           -> AckedRate, Dispersion ->               and the receiver's own limit
//                           -> LossModel                         ->
//                           -> ProbeEstimator -> RateControl, ProbeController
//
// Only transport-wide numbers count: what a receiver report calls lost may have been lost on the publisher's
// uplink (mediasoup PR 962).
#pragma once

#include "base/bytes.h"
#include "bwe/acked_rate.h"
#include "bwe/app_limited.h"
#include "bwe/delay_trend.h"
#include "bwe/dispersion.h"
#include "bwe/loss_events.h"
#include "bwe/loss_model.h"
#include "bwe/probe_controller.h"
#include "bwe/probe_estimator.h"
#include "bwe/queue_delay.h"
#include "bwe/rate_control.h"
#include "bwe/sent_history.h"
#include "rtp/rtcp.h"

namespace weir::bwe {

struct EstimatorOptions {
  Rate start = 300'000;
  Rate least = 30'000;
  Rate most = 20'000'000;
  /// For a receiver that answers otherwise, but gives no feedback, or no longer. 0: it is cut as a dead one.
  Rate unreported = 0;
};

class Estimator {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds{100};

  explicit Estimator(EstimatorOptions options);

  void on_packet_sent(const SentPacket& packet);
  /// Something left on the same path that feedback does not tell of (data channels); `rate`: of all such,
  /// now.
  void on_other_sent(Time now, std::uint32_t size, Rate rate);
  void set_other(Rate rate) { other_ = rate; }
  /// The FCI of an RTPFB packet with FMT 15. False when it is malformed; then nothing happened.
  bool on_transport_feedback(Time now, Bytes fci);
  /// RFC 8888, for packets that were sent with SSRC and RTP sequence number. False when it is malformed.
  bool on_congestion_feedback(Time now, const rtp::CongestionFeedback& feedback);
  /// Feedback of whatever format, as arrivals of transport-wide numbers.
  void on_arrivals(Time now, const std::vector<rtp::PacketArrival>& arrivals);
  /// The same by SSRC and RTP sequence number.
  void on_arrivals(Time now, const std::vector<RtpArrival>& arrivals);
  /// Something else came from the receiver that answers media, such as a receiver report: the path is alive,
  /// whatever becomes of the feedback. What it says of loss counts for nothing.
  void on_sign_of_life(Time now) { alive_ = now; }
  /// The path leads elsewhere now. The old rate is halved, and tried.
  void on_route_change(Time now);
  /// To be called at deadline(), or later.
  void on_time(Time now);
  Time deadline() const { return next_tick_; }

  /// Probes before the first media, so that it begins with what the path carries. Else the first packet that
  /// is not sound begins.
  void start_probing(Time now);
  /// What the receiver could use if the path allowed it. Bounds probing. Where that is more than the target,
  /// probes go on also while nothing is sent: who is paused for want of bandwidth sends nothing.
  void set_wanted(Time now, Rate wanted);
  /// Whether the source has steps between which it cannot show what the path carries, as layers are.
  void set_steps(bool steps) { prober_.set_steps(steps); }
  /// REMB, or TMMBR; nothing lifts it.
  void set_receiver_limit(std::optional<Rate> limit) { receiver_limit_ = limit; }

  Rate target() const;
  Rate pacing_rate() const { return 1.1 * target(); }
  /// A cluster to hand to the pacer. Ask after each of the calls above.
  std::optional<ProbeCluster> take_probe();

  Duration rtt() const { return rtt_; }
  Duration queue_delay() const { return queue_.current(); }
  double loss() const { return loss_.average(); }
  std::optional<Rate> acked() const { return acked_.rate(); }
  bool app_limited() const { return limited_.active(); }
  bool congested() const { return control_.congested(); }
  bool competing() const { return control_.competing(); }

 private:
  /// What a probe has done to the rate.
  struct Raise {
    Time at;
    double loss = 0;                  // before it
    std::optional<Time> suspected{};  // since when loss speaks against it
  };
  void take_report(Time now, const SentHistory::Report& report);
  void take_results(Time now, const SentHistory::Report& report);
  void update_rate(Time now);
  void watch_silence(Time now);
  Rate silent_rate(Time now) const;
  bool unproven(Time now) const;
  bool wanting() const { return prober_.wanted() > target(); }
  void recover(Time now);
  void doubt(Time now);
  void watch_raise(Time now, bool limited);
  void forget_measures();
  ProbeController::Input probe_input(Time now) const;

  EstimatorOptions options_;
  SentHistory history_;
  DelayTrend trend_;
  QueueDelay queue_;
  AckedRate acked_;
  Dispersion dispersion_;
  RateControl control_;
  LossModel loss_;
  LossEvents loss_events_;
  AppLimited limited_;
  ProbeEstimator probes_;
  ProbeController prober_;
  std::optional<Rate> receiver_limit_;
  Rate other_ = 0;  // on the path beside what feedback tells of
  Duration rtt_ = std::chrono::milliseconds{200};
  std::optional<Time> last_sent_;
  Time newest_sent_ = Time::min();  // of what feedback has told of
  std::optional<Time> answered_;    // last feedback, or when the first packet left that waits for one
  std::optional<Time> alive_;
  Time route_since_ = Time::min();  // packets of before tell nothing of delay
  bool started_ = false;            // has probed for the first time
  bool reported_ = false;           // feedback has come at all
  std::optional<Raise> raised_;     // the latest
  std::optional<Time> queued_;      // when a queue stood last
  std::optional<Rate> before_silence_;
  std::optional<Time> silence_ended_;
  Time next_tick_ = kNever;
};

}  // namespace weir::bwe
