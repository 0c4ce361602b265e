#include "bwe_media.h"

#include <algorithm>
#include <array>
#include <memory>

namespace weir::bench {
namespace {

constexpr std::uint32_t kPacketSize = 1200;
constexpr std::uint32_t kAudioSize = 50;  // 20 kbit/s at 50 a second, all included
constexpr double kAudioKbps = 20;
constexpr std::uint32_t kUdpIp = 28;
// The receiver's clock began some other time.
constexpr Duration kClockOffset = std::chrono::seconds{12'345};

}  // namespace

MediaFlow::MediaFlow(Simulator& simulator, Link& data, Link& feedback, MediaOptions options,
                     std::uint64_t seed)
    : simulator_(simulator),
      data_(data),
      feedback_(feedback),
      options_(options),
      estimator_(options.estimator),
      video_(seed, options.video_most) {
  const Time start = at_seconds(options.start);
  // Sources do not tick together.
  const Duration phase{static_cast<std::int64_t>(seed * 7919 % 33'000)};
  simulator.at(start + phase, [this] {
    estimator_.set_wanted(simulator_.now(), (options_.video_most + kAudioKbps) * 1000);
    last_report_ = simulator_.now();
    make_frame();
    make_audio();
    report();
    record_target();
  });
}

bool MediaFlow::active(double at) const {
  const bool paused = options_.pause >= 0 && at >= options_.pause && at < options_.resume;
  return at >= options_.start && at < options_.end && !paused;
}

void MediaFlow::make_frame() {
  const Time now = simulator_.now();
  if (to_seconds(now) >= options_.end) return;
  const VideoSource::Frame frame = video_.next(now);
  if (active(to_seconds(now))) {
    const std::uint32_t count = (frame.bytes + kPacketSize - 1) / kPacketSize;
    for (std::uint32_t i = 0; i < count; ++i)
      pacer_.push({1, std::max(frame.bytes / count, 60U), bwe::PacketKind::video, 0});
    pump();
  }
  simulator_.after(frame.until_next, [this] { make_frame(); });
}

void MediaFlow::make_audio() {
  if (to_seconds(simulator_.now()) >= options_.end) return;
  if (active(to_seconds(simulator_.now()))) {
    pacer_.push({1, kAudioSize, bwe::PacketKind::audio, 0});
    pump();
  }
  simulator_.after(std::chrono::milliseconds{20}, [this] { make_audio(); });
}

void MediaFlow::record_target() {
  const Time now = simulator_.now();
  if (to_seconds(now) >= options_.end) return;
  targets_.push_back({static_cast<float>(to_seconds(now)), static_cast<float>(estimator_.target() / 1000)});
  simulator_.after(std::chrono::milliseconds{200}, [this] { record_target(); });
}

void MediaFlow::schedule(Time when) {
  if (when == kNever || (wake_ && *wake_ <= when && *wake_ > simulator_.now())) return;
  wake_ = std::max(when, simulator_.now() + Duration{100});
  simulator_.at(*wake_, [this, when = *wake_] {
    if (wake_ != when) return;
    wake_.reset();
    pump();
  });
}

void MediaFlow::pump() {
  const Time now = simulator_.now();
  if (to_seconds(now) >= options_.end) return;
  estimator_.on_time(now);
  while (const auto cluster = estimator_.take_probe()) pacer_.add_probe(now, *cluster);
  pacer_.set_rate(estimator_.pacing_rate());
  video_.set_target(now, estimator_.target() / 1000 - kAudioKbps);
  while (const auto item = pacer_.pop(now)) send(*item);
  schedule(std::min(pacer_.deadline(), estimator_.deadline()));
}

void MediaFlow::send(const bwe::Pacer::Item& item) {
  const Time now = simulator_.now();
  const std::uint16_t sequence = next_sequence_++;
  const std::size_t index = packets_.size();
  packets_.push_back(
      {static_cast<float>(to_seconds(now)), -1, 0, item.size, item.kind == bwe::PacketKind::padding});
  estimator_.on_packet_sent({sequence, now, item.size, item.kind, item.probe});
  data_.send(item.size, options_.delay_ms,
             [this, index, sequence](Duration waited) { receive(index, sequence, waited); });
}

void MediaFlow::receive(std::size_t index, std::uint16_t sequence, Duration waited) {
  const Time now = simulator_.now();
  packets_[index].received = static_cast<float>(to_seconds(now));
  packets_[index].waited_ms = static_cast<float>(bwe::milliseconds(waited));
  recent_bytes_ += packets_[index].size;
  builder_.on_packet(now + kClockOffset, sequence);
}

/// libwebrtc's cadence: reports of 68 bytes shall take 5 % of the rate, every 50 to 250 ms.
void MediaFlow::report() {
  const Time now = simulator_.now();
  if (to_seconds(now) >= options_.end + 1) return;
  const double elapsed = bwe::seconds(now - last_report_);
  if (elapsed > 0) receive_rate_ += 0.2 * (recent_bytes_ * 8 / elapsed - receive_rate_);
  recent_bytes_ = 0;
  last_report_ = now;
  while (builder_.pending()) {
    auto bytes = std::make_shared<std::array<std::uint8_t, 1200>>();
    ByteWriter writer{*bytes};
    if (!builder_.write(writer, 1, 2)) break;
    const std::size_t size = writer.size();
    feedback_.send(
        static_cast<std::uint32_t>(size) + kUdpIp, options_.delay_ms, [this, bytes, size](Duration) {
          // Without the RTCP header and the two SSRCs. Padding at the end is not read.
          estimator_.on_transport_feedback(simulator_.now(), Bytes{*bytes}.first(size).subspan(12));
          pump();
        });
  }
  const double interval = std::clamp(68 * 8 / (0.05 * std::max(receive_rate_, 1000.0)), 0.05, 0.25);
  simulator_.after(Duration{static_cast<std::int64_t>(interval * 1e6)}, [this] { report(); });
}

}  // namespace weir::bench
