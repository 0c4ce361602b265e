#include "bwe_media.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "sfu/sfu.h"

namespace weir::bench {
namespace {

constexpr std::uint32_t kPacketSize = 1200;
constexpr std::uint32_t kAudioSize = 50;     // 20 kbit/s at 50 a second, all included
constexpr std::uint32_t kPaddingSize = 300;  // 255 octets of it
constexpr std::uint32_t kUdpIp = 28;
// The receiver's clock began some other time.
constexpr Duration kClockOffset = std::chrono::seconds{12'345};

/// As negotiation would configure it: transport-wide numbers on both lines.
engine::Downlink make_downlink(const engine::DownlinkOptions& options) {
  SeededRandom random{1};
  sfu::Sfu sfu{0, {}, random};
  weir_participant_options anybody{};
  anybody.may = WEIR_MAY_ALL;
  sfu::Participant* receiver = *sfu.join({}, **sfu.open_room({}), anybody);
  sfu::Line line;
  line.transport_cc = true;
  line.extensions.set(rtp::Extension::transport_cc, 3);
  for (const MediaKind kind : {MediaKind::audio, MediaKind::video}) {
    if (!sfu.add_subscription({}, *receiver, kind, line).ok()) std::abort();
  }
  engine::Downlink downlink{options};
  downlink.configure(*receiver);
  return downlink;
}

}  // namespace

MediaFlow::MediaFlow(Simulator& simulator, Link& data, Link& feedback, MediaOptions options,
                     std::uint64_t seed)
    : simulator_(simulator),
      data_(data),
      feedback_(feedback),
      options_(options),
      downlink_(make_downlink(options.downlink)),
      video_(seed, options.video_most) {
  const Time start = at_seconds(options.start);
  // Sources do not tick together.
  const Duration phase{static_cast<std::int64_t>(seed * 7919 % 33'000)};
  simulator.at(start + phase, [this] {
    downlink_.set_wanted(simulator_.now(), options_.video_most * 1000);
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
      offer(std::max(frame.bytes / count, 60U), bwe::PacketKind::video);
    pump();
  }
  simulator_.after(frame.until_next, [this] { make_frame(); });
}

void MediaFlow::make_audio() {
  if (to_seconds(simulator_.now()) >= options_.end) return;
  if (active(to_seconds(simulator_.now()))) {
    offer(kAudioSize, bwe::PacketKind::audio);
    pump();
  }
  simulator_.after(std::chrono::milliseconds{20}, [this] { make_audio(); });
}

void MediaFlow::record_target() {
  const Time now = simulator_.now();
  if (to_seconds(now) >= options_.end) return;
  targets_.push_back({static_cast<float>(to_seconds(now)), static_cast<float>(downlink_.target() / 1000)});
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
  downlink_.advance(now);
  video_.set_target(now, downlink_.for_video(now) / 1000);
  while (const auto turn = downlink_.next(now)) {
    if (turn->packet) {
      send(turn->item.size, turn->item.kind, turn->item.probe);
    } else {
      pad(turn->item);
    }
  }
  schedule(downlink_.deadline());
}

void MediaFlow::offer(std::uint32_t size, bwe::PacketKind kind) {
  if (const auto probe = downlink_.pass(simulator_.now(), size, kind)) {
    send(size, kind, *probe);
  } else {
    downlink_.hold(size, kind, {});
  }
}

/// Packets of a moment ago, then padding, as in the engine.
void MediaFlow::pad(const bwe::Pacer::Item& item) {
  const std::uint32_t size = downlink_.take_repeatable() ? kPacketSize : kPaddingSize;
  send(size, item.kind, item.probe);
  downlink_.padded(simulator_.now(), item, size);
}

void MediaFlow::send(std::uint32_t size, bwe::PacketKind kind, std::uint32_t probe) {
  const Time now = simulator_.now();
  const std::uint16_t sequence = downlink_.transport_sequence();
  const std::size_t index = packets_.size();
  packets_.push_back({static_cast<float>(to_seconds(now)), -1, 0, size, kind == bwe::PacketKind::padding});
  if (kind == bwe::PacketKind::video) downlink_.remember({Id{1}, sequence, 0, 97});
  downlink_.departed(now, {.size = size, .kind = kind, .probe = probe, .numbered = true, .tracked = true});
  data_.send(size, options_.delay_ms,
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
    feedback_.send(static_cast<std::uint32_t>(size) + kUdpIp, options_.delay_ms,
                   [this, bytes, size](Duration) {
                     // Without the RTCP header and the two SSRCs. Padding at the end is not read.
                     downlink_.on_transport_feedback(simulator_.now(), Bytes{*bytes}.first(size).subspan(12));
                     pump();
                   });
  }
  const double interval = std::clamp(68 * 8 / (0.05 * std::max(receive_rate_, 1000.0)), 0.05, 0.25);
  simulator_.after(Duration{static_cast<std::int64_t>(interval * 1e6)}, [this] { report(); });
}

}  // namespace weir::bench
