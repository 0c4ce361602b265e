#include "engine/downlink.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir::engine {

namespace {

// Where media leaves a good part of the estimate unused, a picture goes at once: what the estimate carries in
// that time, which is about what a probe sent to find it. Nothing that is learned of the path is blurred by
// it, and a path that carries just the estimate makes the last packet wait no longer than a pacer would.
// Elsewhere packets are spread.
constexpr Duration kDeepBurst = std::chrono::milliseconds{20};
// What waits leaves in batches: a timer for each packet of each receiver would be most of an engine's work,
// and packets that leave together are one message. A probe's packets leave on time.
constexpr Duration kBatch = std::chrono::milliseconds{5};
constexpr Duration kDeepBatch = std::chrono::milliseconds{10};
constexpr Downlink::Rate kUnpaced = 1e12;
// libwebrtc repeats REMB at least every second. One that stays away is no limit any more.
constexpr Duration kRembLife = std::chrono::seconds{5};
// Receivers estimate for REMB from what arrives; pacing at the estimate would keep it where it is.
constexpr double kRembPacing = 2.5;
constexpr double kRepairHeadroom = 0.02;  // of the target, at least
constexpr double kRepairMost = 0.3;
constexpr double kDataLeast = 0.25;  // of the target, while pictures are sent
constexpr double kDataMost = 0.5;    // of the target: what allocation leaves to data
constexpr Downlink::Rate kPictures = 20'000;
constexpr double kNews = 0.05;
// Later than that nobody wants it; what does not fit is not pushed through, it would take the sound along.
constexpr Duration kLongestQueue = std::chrono::seconds{2};
constexpr Duration kLongQueue = std::chrono::milliseconds{250};
constexpr Duration kVeryLongQueue = std::chrono::milliseconds{500};
constexpr Duration kTight = std::chrono::seconds{2};
constexpr int kMostRepeats = 2;

constexpr std::size_t index(bwe::PacketKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

Downlink::Downlink(const DownlinkOptions& options) : options_(options), estimator_(estimator_options()) {
  pacer_.set_rate(pacing_rate());
}

bwe::EstimatorOptions Downlink::estimator_options() const {
  return {.start = options_.unreported,
          .least = options_.least,
          .most = options_.most,
          .unreported = options_.unreported};
}

void Downlink::configure(const sfu::Participant& receiver) {
  feedback_ = PathFeedback::none;
  remb_negotiated_ = false;
  bool by_rtp = false;
  for (const sfu::Subscription* subscription : receiver.subscriptions) {
    const sfu::Line& line = subscription->line;
    remb_negotiated_ |= line.remb;
    by_rtp |= line.ccfb;
    if (line.transport_cc && line.extensions.has(rtp::Extension::transport_cc)) {
      feedback_ = PathFeedback::transport_cc;
    }
  }
  if (feedback_ == PathFeedback::none && by_rtp) feedback_ = PathFeedback::rtp;
  if (feedback_ == PathFeedback::none && remb_negotiated_) feedback_ = PathFeedback::remb;
  pacer_.set_rate(pacing_rate());
}

bool Downlink::numbers(const sfu::Line& line) const {
  return feedback_ == PathFeedback::transport_cc && line.transport_cc &&
         line.extensions.has(rtp::Extension::transport_cc);
}

bool Downlink::tracks(const sfu::Line& line) const {
  return feedback_ == PathFeedback::rtp ? line.ccfb : numbers(line);
}

bool Downlink::hold(std::size_t size, bwe::PacketKind kind, HeldPacket packet) {
  if (kind != bwe::PacketKind::audio && queued_time() > kLongestQueue) return false;
  if (pacer_.queued() == 0) next_turn_ = {};
  if (!pacer_.push({0, static_cast<std::uint32_t>(size), kind, 0})) return false;
  held_[index(kind)].push_back(std::move(packet));
  return true;
}

std::optional<Downlink::Turn> Downlink::next(Time now) {
  const auto item = pacer_.pop(now);
  if (!item) {
    next_turn_ = now + (pacer_.burst() == kDeepBurst ? kDeepBatch : kBatch);
    return std::nullopt;
  }
  Turn turn{*item, std::nullopt};
  if (item->kind == bwe::PacketKind::padding) return turn;
  auto& queue = held_[index(item->kind)];
  turn.packet = std::move(queue.front());
  queue.pop_front();
  return turn;
}

void Downlink::padded(Time now, const bwe::Pacer::Item& item, std::size_t size) {
  pacer_.correct(now, item, static_cast<std::uint32_t>(size));
}

void Downlink::departed(Time now, const Departure& departure) {
  using bwe::PacketKind;
  if (departure.numbered || departure.tracked) ++transport_sequence_;
  if (departure.probe != 0) probe_bytes_ += departure.size;
  if (departure.kind == PacketKind::retransmission) repair_.on_packet(now, departure.size);
  if (!departure.tracked) return;
  if (departure.kind == PacketKind::audio) audio_.on_packet(now, departure.size);
  if (departure.kind == PacketKind::video) video_.on_packet(now, departure.size);
  estimator_.on_packet_sent({.sequence = static_cast<std::uint16_t>(transport_sequence_ - 1),
                             .at = now,
                             .size = static_cast<std::uint32_t>(departure.size),
                             .kind = departure.kind,
                             .probe = departure.probe,
                             .ssrc = feedback_ == PathFeedback::rtp ? departure.ssrc : 0,
                             .rtp_sequence = departure.sequence});
}

void Downlink::on_data(Time now, std::size_t bytes) {
  data_.on_packet(now, bytes);
  estimator_.on_other_sent(now, static_cast<std::uint32_t>(bytes), data_.rate(now));
}

double Downlink::data_rate(Time now) const {
  const Rate video = video_.rate(now);
  if (!estimates() || video < kPictures) return 0;
  const Rate all = target();
  const Rate left = all - video - audio_.rate(now) - repair_.rate(now);
  return std::max(left, kDataLeast * all) / 8;
}

void Downlink::remember(const Repeatable& packet) {
  recent_[remembered_++ % kRecent] = {packet, 0};
}

std::optional<Downlink::Repeatable> Downlink::take_repeatable() {
  Recent* least = nullptr;
  for (std::size_t back = 1; back <= std::min(remembered_, kRecent); ++back) {
    Recent& recent = recent_[(remembered_ - back) % kRecent];
    if (least == nullptr || recent.repeats < least->repeats) least = &recent;
  }
  if (least == nullptr || least->repeats >= kMostRepeats) return std::nullopt;
  ++least->repeats;
  return least->packet;
}

std::optional<Downlink::Repeatable> Downlink::newest() const {
  return remembered_ == 0 ? padding_line_ : std::optional{recent_[(remembered_ - 1) % kRecent].packet};
}

Duration Downlink::time_to_send(std::size_t bytes) const {
  if (!paced()) return {};
  return bwe::time_to_send(bytes + queued_bytes(), std::max(pacer_.rate(), 1000.0));
}

std::size_t Downlink::clear() {
  const std::size_t waiting = pacer_.queued();
  pacer_.clear();
  for (auto& queue : held_) queue.clear();
  return waiting;
}

std::size_t Downlink::drop(bwe::PacketKind kind, Id subscription) {
  auto& held = held_[index(kind)];
  const std::size_t dropped =
      pacer_.remove(kind, [&](std::size_t place) { return held[place].subscription == subscription; });
  held.erase_if([&](const HeldPacket& packet) { return packet.subscription == subscription; });
  return dropped;
}

std::uint8_t Downlink::shed_layers() const {
  if (!paced()) return 0;
  const Duration waiting = queued_time();
  return waiting > kVeryLongQueue ? 8 : waiting > kLongQueue ? 1 : 0;
}

bool Downlink::on_transport_feedback(Time now, Bytes fci) {
  if (feedback_ != PathFeedback::transport_cc) return true;
  estimator_.set_other(data_.rate(now));
  const bool readable = estimator_.on_transport_feedback(now, fci);
  refresh(now);
  return readable;
}

bool Downlink::on_congestion_feedback(Time now, const rtp::CongestionFeedback& feedback) {
  if (feedback_ != PathFeedback::rtp) return true;
  estimator_.set_other(data_.rate(now));
  const bool readable = estimator_.on_congestion_feedback(now, feedback);
  refresh(now);
  return readable;
}

void Downlink::on_remb(Time now, std::uint64_t bitrate) {
  // Stray values come even where nobody negotiated them (jitsi-videobridge PR 2340).
  if (!remb_negotiated_) return;
  remb_ = static_cast<Rate>(bitrate);
  remb_at_ = now;
  if (estimates()) estimator_.set_receiver_limit(remb_);
  refresh(now);
}

Downlink::Rate Downlink::pacing_rate() const {
  if (!paced()) return kUnpaced;
  return feedback_ == PathFeedback::remb ? kRembPacing * target() : estimator_.pacing_rate();
}

/// What the estimator found becomes the pacer's rate and probes.
void Downlink::refresh(Time now) {
  while (const auto cluster = estimator_.take_probe()) {
    if (!estimates()) continue;
    pacer_.add_probe(now, *cluster);
    ++probes_;
  }
  if (estimates() && (estimator_.congested() || behind())) tight_until_ = now + kTight;
  pacer_.set_rate(pacing_rate());
  const bool room =
      estimates() && estimator_.app_limited() && !estimator_.congested() && !estimator_.competing();
  pacer_.set_burst(room ? kDeepBurst : bwe::Pacer::kShortBurst);
}

void Downlink::advance(Time now) {
  estimator_.on_time(now);
  if (remb_ && now - remb_at_ > kRembLife) {
    if (estimates()) {
      remb_.reset();
      estimator_.set_receiver_limit(std::nullopt);
    } else {
      remb_ = std::min(*remb_, options_.unreported);
    }
  }
  refresh(now);
}

Time Downlink::departure() const {
  const Time at = pacer_.deadline();
  return at == kNever || pacer_.urgent() || pacer_.probing() ? at : std::max(at, next_turn_);
}

Time Downlink::deadline() const {
  Time at = estimates() ? estimator_.deadline() : kNever;
  // A receiver's own estimate that is not repeated counts no more than none.
  if (feedback_ == PathFeedback::remb && remb_ && *remb_ > options_.unreported)
    at = remb_at_ + kRembLife + Duration{1};
  return std::min(departure(), at);
}

void Downlink::begin(Time now) {
  estimator_ = bwe::Estimator{estimator_options()};
  clear();
  remembered_ = 0;
  remb_.reset();
  set_wanted(now, wanted_video_, steps_);
  if (estimates() && wanted_video_ > 0) estimator_.start_probing(now);
  refresh(now);
}

void Downlink::set_wanted(Time now, Rate video, bool steps) {
  wanted_video_ = video;
  steps_ = steps;
  estimator_.set_steps(steps);
  estimator_.set_wanted(now, video > 0 ? video + audio_.rate(now) + repair_.rate(now) + data_.rate(now) : 0);
  refresh(now);
}

Downlink::Rate Downlink::target() const {
  switch (feedback_) {
    case PathFeedback::transport_cc:
    case PathFeedback::rtp:
      return estimator_.target();
    case PathFeedback::remb:
      return std::clamp(remb_.value_or(options_.unreported), options_.least, options_.most);
    case PathFeedback::none:
      break;
  }
  return options_.unreported;
}

Downlink::Rate Downlink::for_video(Time now) const {
  const Rate all = target();
  const Rate repair = std::clamp(1.1 * repair_.rate(now), kRepairHeadroom * all, kRepairMost * all);
  const Rate data = std::min(data_.rate(now), kDataMost * all);
  return std::max(all - audio_.rate(now) - repair - data, 0.0);
}

Downlink::Available Downlink::available(Time now) {
  const Rate video = for_video(now);
  if (generation_ == 0 || std::abs(video - told_) > kNews * told_) {
    told_ = video;
    ++generation_;
  }
  return {video, generation_};
}

}  // namespace weir::engine
