#include "bwe/estimator.h"

#include <algorithm>

namespace weir::bwe {
namespace {

constexpr Duration kIdle = std::chrono::seconds{2};
// Feedback comes every 50 to 250 ms; a second without is an outage or a dead way back.
constexpr Duration kSilence = std::chrono::seconds{1};
constexpr double kSilenceCut = 0.5;
constexpr Duration kRecovery = std::chrono::milliseconds{500};
constexpr double kAfterSilence = 0.85;
constexpr double kClearQueue = 30;  // ms

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
  Rate rate = std::min(control_.rate(), loss_.bound().value_or(control_.rate()));
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
  input.clear = !control_.congested() && !control_.competing() && !loss_.bound() && queue < kClearQueue &&
                trend_.usage() != Usage::over;
  return input;
}

void Estimator::resume(Time now) {
  // What was true before the pause may be so no longer: half of it, and a probe for the rest.
  const Rate old = control_.rate();
  control_.set(std::max(old / 2, std::min(old, options_.start)));
  trend_.reset();
  acked_.reset();
  loss_.reset();
  prober_.verify(probe_input(now), old);
}

void Estimator::on_packet_sent(const SentPacket& packet) {
  const bool first = !last_sent_;
  if (!first && packet.at - *last_sent_ > kIdle) {
    resume(packet.at);
    answered_ = packet.at;
  }
  last_sent_ = packet.at;
  if (!answered_) answered_ = packet.at;
  history_.on_sent(packet);
  limited_.on_sent(packet.at, packet.size, packet.kind, target());
  if (first) {
    prober_.start(probe_input(packet.at));
    next_tick_ = packet.at + kTick;
  }
}

bool Estimator::on_transport_feedback(Time now, Bytes fci) {
  const auto arrivals = rtp::parse_transport_feedback(fci);
  if (!arrivals) return false;
  on_arrivals(now, *arrivals);
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
  }
  take_results(now, report);
  update_rate(now);
}

void Estimator::take_results(Time now, const SentHistory::Report& report) {
  std::optional<ProbeResult> probed;
  for (const PacketResult& packet : report.packets) {
    loss_.on_packet(packet);
    if (!packet.received) continue;
    trend_.on_packet(packet.sent, *packet.received);
    queue_.on_packet(packet.sent, *packet.received);
    acked_.on_packet(*packet.received, packet.size);
    if (const auto result = probes_.on_packet(packet)) probed = result;
  }
  if (!report.newest_sent) return;
  answered_ = now;
  const Duration sample = std::clamp(now - *report.newest_sent, Duration{1000}, Duration{10'000'000});
  rtt_ = (rtt_ * 7 + sample) / 8;
  if (before_silence_ && !silence_ended_) silence_ended_ = now;
  if (!probed) return;
  if (!loss_.bound()) control_.on_probe(*probed);
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
  input.acked = acked_.rate();
  input.acked_recent = acked_.recent();
  input.app_limited = limited_.active();
  loss_.update(now, old, input.acked);
  input.loss = loss_.recent();
  control_.update(input);
  // Where loss is no limit any more, growth begins from there.
  if (loss_.bound()) control_.limit(1.2 * *loss_.bound());
  if (control_.rate() < old) prober_.on_drop(probe_input(now), old);
}

void Estimator::watch_silence(Time now) {
  if (!answered_ || !last_sent_ || history_.in_flight() == 0 || now - *last_sent_ > kIdle) return;
  if (now - *answered_ < std::max(kSilence, rtt_ * 3)) return;
  if (!before_silence_) before_silence_ = control_.rate();
  silence_ended_.reset();
  control_.set(kSilenceCut * control_.rate());
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
  next_tick_ = now + kTick;
  limited_.advance(now, target());
  watch_silence(now);
  recover(now);
  if (now - *last_sent_ <= kIdle) prober_.on_time(probe_input(now));
}

void Estimator::set_wanted(Time now, Rate wanted) {
  prober_.set_wanted(probe_input(now), wanted);
}

std::optional<ProbeCluster> Estimator::take_probe() {
  const auto cluster = prober_.take();
  if (cluster) probes_.on_cluster(*cluster);
  return cluster;
}

}  // namespace weir::bwe
