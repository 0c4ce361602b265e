#include "bwe/estimator.h"

#include <algorithm>

#include "rtp/congestion_feedback.h"

namespace weir::bwe {
namespace {

constexpr Duration kIdle = std::chrono::seconds{2};
// Feedback comes every 50 to 250 ms; a second without is an outage or a dead way back.
constexpr Duration kSilence = std::chrono::seconds{1};
constexpr double kSilenceCut = 0.5;
// Receiver reports come every second or so; so long after one the path counts as alive.
constexpr Duration kAlive = std::chrono::seconds{3};
constexpr Duration kRecovery = std::chrono::milliseconds{500};
// Loss so soon after a probe raised the rate means that the probe was wrong.
constexpr Duration kRefutation = std::chrono::seconds{5};
constexpr double kRefutingLoss = 0.12;  // more than before
constexpr Duration kUnproven = std::chrono::seconds{4};
constexpr double kAfterSilence = 0.85;
constexpr double kClearQueue = 30;  // ms
constexpr Duration kFade = std::chrono::seconds{3};
constexpr Duration kQueueShows = std::chrono::milliseconds{300};

EstimatorOptions sane(EstimatorOptions o) {
  o.least = std::max(o.least, 5'000.0);
  o.most = std::max(o.most, o.least);
  o.start = std::clamp(o.start, o.least, o.most);
  return o;
}

}  // namespace

Estimator::Estimator(EstimatorOptions options)
    : options_(sane(options)),
      control_(options_.start, options_.least, options_.most),
      prober_(options_.most) {}

Rate Estimator::target() const {
  // What is lost to a competitor's queue is no limit of the path.
  const Rate bound = std::max(loss_.bound().value_or(control_.rate()), control_.share());
  Rate rate = std::min(control_.rate(), bound);
  if (receiver_limit_) rate = std::min(rate, *receiver_limit_);
  return std::clamp(rate, options_.least, options_.most);
}

ProbeController::Input Estimator::probe_input(Time now) const {
  const double queue = milliseconds(queue_.current()) - 2.5 * milliseconds(trend_.jitter());
  ProbeController::Input input;
  input.now = now;
  input.target = target();
  input.jitter = trend_.jitter();
  input.app_limited_since = limited_.since();
  // Two seconds without a packet empty every queue that was ours.
  const bool rested = last_sent_ && now - *last_sent_ > kIdle;
  input.clear = rested || (!control_.congested() && !control_.competing() && !loss_.bound() &&
                           queue < kClearQueue && trend_.usage() != Usage::over);
  return input;
}

void Estimator::forget_measures() {
  trend_.reset();
  acked_.reset();
  dispersion_.reset();
  loss_.reset();
  loss_events_.reset();
}

/// What was true before may be so no longer: half of it, and a probe for the rest.
void Estimator::doubt(Time now) {
  const Rate old = control_.rate();
  control_.set(std::max(old / 2, std::min(old, options_.start)));
  forget_measures();
  prober_.verify(probe_input(now), old);
}

void Estimator::on_packet_sent(const SentPacket& packet) {
  if (last_sent_ && packet.at - *last_sent_ > kIdle) {
    // A probe after a pause asks just that: what is true now.
    if (packet.kind == PacketKind::padding) {
      forget_measures();
    } else {
      doubt(packet.at);
    }
    answered_ = packet.at;
  }
  if (next_tick_ == kNever) next_tick_ = packet.at + kTick;
  last_sent_ = packet.at;
  if (!answered_) answered_ = packet.at;
  history_.on_sent(packet);
  limited_.on_sent(packet.at, packet.size, packet.kind, target());
  // Sound alone needs nothing.
  if (packet.kind != PacketKind::audio) start_probing(packet.at);
}

void Estimator::on_other_sent(Time now, std::uint32_t size, Rate rate) {
  other_ = rate;
  if (last_sent_) limited_.on_sent(now, size, PacketKind::video, target());
}

/// The source has offered little for so long that the rate is hearsay.
bool Estimator::unproven(Time now) const {
  return limited_.since() && now - *limited_.since() > kUnproven;
}

void Estimator::start_probing(Time now) {
  if (started_) return;
  started_ = true;
  prober_.start(probe_input(now));
}

bool Estimator::on_transport_feedback(Time now, Bytes fci) {
  const auto arrivals = rtp::parse_transport_feedback(fci);
  if (!arrivals) return false;
  on_arrivals(now, *arrivals);
  return true;
}

bool Estimator::on_congestion_feedback(Time now, const rtp::CongestionFeedback& feedback) {
  const auto streams = rtp::parse_congestion_feedback(feedback);
  if (!streams) return false;
  // 1/65536 s, modulo 2^16 s.
  const Duration reported{std::int64_t{feedback.report_timestamp} * 1'000'000 / 65'536};
  std::vector<RtpArrival> arrivals;
  for (const rtp::StreamArrivals& stream : *streams) {
    for (const rtp::CongestionArrival& packet : stream.packets) {
      // Of one that came at an unknown time nothing is learned: it is neither lost nor a measure.
      if (packet.received && !packet.age) continue;
      std::optional<Duration> arrival;
      if (packet.received) arrival = reported - *packet.age;
      arrivals.push_back({stream.ssrc, packet.sequence, arrival});
    }
  }
  on_arrivals(now, arrivals);
  return true;
}

void Estimator::on_arrivals(Time now, const std::vector<rtp::PacketArrival>& arrivals) {
  take_report(now, history_.on_feedback(arrivals));
}

void Estimator::on_arrivals(Time now, const std::vector<RtpArrival>& arrivals) {
  take_report(now, history_.on_feedback(arrivals));
}

void Estimator::take_report(Time now, const SentHistory::Report& report) {
  if (report.packets.empty()) return;
  if (report.clock_jumped) {
    trend_.reset();
    queue_.reset();
    acked_.reset();
    dispersion_.reset();
  }
  take_results(now, report);
  update_rate(now);
}

void Estimator::take_results(Time now, const SentHistory::Report& report) {
  std::optional<ProbeResult> probed;
  for (const PacketResult& packet : report.packets) {
    loss_.on_packet(packet);
    loss_events_.on_packet(packet, rtt_, control_.queued());
    // The times of the old way say nothing of the new one.
    if (!packet.received || packet.sent < route_since_) continue;
    trend_.on_packet(packet.sent, *packet.received);
    queue_.on_packet(packet.sent, *packet.received);
    acked_.on_packet(*packet.received, packet.size);
    dispersion_.on_packet(packet.sent, *packet.received, packet.size);
    if (const auto result = probes_.on_packet(packet)) probed = result;
  }
  if (!report.newest_sent) return;
  answered_ = now;
  reported_ = true;
  newest_sent_ = std::max(newest_sent_, *report.newest_sent);
  const Duration sample = std::clamp(now - *report.newest_sent, Duration{1000}, Duration{10'000'000});
  rtt_ = (rtt_ * 7 + sample) / 8;
  if (before_silence_ && !silence_ended_) silence_ended_ = now;
  if (!probed) return;
  const Rate before = control_.rate();
  if (!loss_.bound()) control_.on_probe(*probed, unproven(now));
  if (control_.rate() > before) raised_ = Raise{now, loss_.average()};
  prober_.on_result(probe_input(now), probed->rate);
}

void Estimator::update_rate(Time now) {
  const Rate old = control_.rate();
  RateControl::Input input;
  input.now = now;
  input.usage = trend_.usage();
  input.queue = queue_.current();
  input.jitter = trend_.jitter();
  input.rtt = rtt_;
  input.newest_sent = newest_sent_;
  // What feedback does not tell of takes its part of what the path carries.
  if (acked_.rate()) input.acked = *acked_.rate() + other_;
  if (acked_.recent()) input.acked_recent = *acked_.recent() + other_;
  if (dispersion_.rate()) input.dispersed = *dispersion_.rate() + other_;
  input.app_limited = limited_.active();
  // What arrives of a source that offers little is no measure of what the path would lose.
  const bool bounded = loss_.bound().has_value();
  const bool full = control_.congested() || milliseconds(input.queue) > 2 * kClearQueue;
  loss_.update(now, old, input.app_limited && !full ? std::nullopt : input.acked);
  // A radio link that fades fills its queue, and its losses are told after that; a policer drops without one.
  if (milliseconds(queue_.current()) > 2 * kClearQueue) queued_ = now;
  watch_raise(now, !bounded && loss_.bound().has_value());
  input.loss = loss_.recent();
  input.tcp = loss_events_.tcp_rate(rtt_);
  input.contended = loss_events_.contended(now);
  control_.update(input);
  // Where loss is no limit any more, growth begins from there.
  if (loss_.bound()) control_.limit(std::max(1.2 * *loss_.bound(), control_.share()));
  if (control_.rate() < old) prober_.on_drop(probe_input(now), old);
}

/// Loss without a queue, soon after a raise, refutes the probe that it came from. A link that has just got
/// narrow loses packets before any that waited has come: the queue is given time to show.
void Estimator::watch_raise(Time now, bool limited) {
  if (!raised_) return;
  if (queued_ && now - *queued_ < kFade) raised_->suspected.reset();
  if (raised_->suspected) {
    if (now - *raised_->suspected < kQueueShows) return;
    prober_.on_refuted(now);
    return raised_.reset();
  }
  if (now - raised_->at > kRefutation) {
    prober_.on_confirmed(now);
    return raised_.reset();
  }
  if (queued_ && now - *queued_ < kFade) return;
  if (limited || loss_.recent() > raised_->loss + kRefutingLoss) raised_->suspected = now;
}

void Estimator::on_route_change(Time now) {
  if (!last_sent_) return;
  queue_.reset();
  route_since_ = now;
  doubt(now);
}

/// A receiver that lives but does not report is given what is safe; no more than it had, if it ever reported.
Rate Estimator::silent_rate(Time now) const {
  const Rate old = control_.rate();
  const bool alive = alive_ && now - *alive_ < kAlive;
  if (!alive || options_.unreported == 0) return kSilenceCut * old;
  return reported_ ? std::min(old, options_.unreported) : options_.unreported;
}

void Estimator::watch_silence(Time now) {
  if (!answered_ || !last_sent_ || history_.in_flight() == 0 || now - *last_sent_ > kIdle) return;
  if (now - *answered_ < std::max(kSilence, rtt_ * 3)) return;
  if (!before_silence_) before_silence_ = control_.rate();
  silence_ended_.reset();
  control_.set(silent_rate(now));
  answered_ = now;
}

/// The losses of an outage say nothing of the rate. When they have all been told, the old rate is tried.
void Estimator::recover(Time now) {
  if (!silence_ended_ || now - *silence_ended_ < kRecovery || control_.congested()) return;
  loss_.reset();
  prober_.verify(probe_input(now), kAfterSilence * *before_silence_);
  before_silence_.reset();
  silence_ended_.reset();
}

void Estimator::on_time(Time now) {
  if (now < next_tick_ || !last_sent_) return;
  // Nothing changes until the next packet.
  const bool idle = now - *last_sent_ > kIdle && !silence_ended_;
  next_tick_ = idle && !wanting() ? kNever : now + kTick;
  limited_.advance(now, target());
  watch_silence(now);
  recover(now);
  if (!idle || wanting()) prober_.on_time(probe_input(now));
}

void Estimator::set_wanted(Time now, Rate wanted) {
  prober_.set_wanted(probe_input(now), wanted);
  if (last_sent_ && next_tick_ == kNever && wanting()) next_tick_ = now + kTick;
}

std::optional<ProbeCluster> Estimator::take_probe() {
  const auto cluster = prober_.take();
  if (cluster) probes_.on_cluster(*cluster);
  return cluster;
}

}  // namespace weir::bwe
