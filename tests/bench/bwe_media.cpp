#include "bwe_media.h"

#include <algorithm>
#include <stdexcept>

#include "bwe/types.h"
#include "rtp/packet.h"

namespace weir::bench {
namespace {

constexpr std::uint32_t kUdpIp = 28;
constexpr Duration kHandshakeWork = std::chrono::milliseconds{5};
constexpr std::uint8_t kVideoType = 96;
constexpr std::uint8_t kRtxType = 97;

Address node_address() {
  return *Address::parse("192.0.2.1", 5000);
}
Address viewer_address() {
  return *Address::parse("198.51.100.1", 5000);
}

engine::Options engine_options(const MediaOptions& media) {
  engine::Options options;
  options.candidates = {node_address()};
  options.ntp_at_zero = std::uint64_t{3'950'000'000} << 32;
  options.packet_buffers = 8192;
  options.default_publish_bitrate = static_cast<std::uint32_t>(media.video_most * 1000);
  return options;
}

bool is_media(Bytes bytes) {
  return bytes.size() > 12 && bytes[0] >= 128 && bytes[0] <= 191 && !rtp::is_rtcp(bytes);
}

}  // namespace

MediaFlow::MediaFlow(Simulator& simulator, Link& data, Link& feedback, const MediaOptions& options,
                     std::uint64_t seed)
    : simulator_(simulator),
      data_(data),
      feedback_(feedback),
      options_(options),
      seed_(seed),
      random_(seed),
      engine_(engine_options(options), *crypto::Certificate::make(random_, 1'700'000'000), random_, Log{}),
      receiver_({.seed = seed, .local = viewer_address(), .remote = node_address()},
                bwe::from_ms(2 * options.delay_ms + 50)) {
  simulator.at(at_seconds(options.start), [this] { begin(); });
}

bool MediaFlow::active(double at) const {
  const bool paused = options_.pause >= 0 && at >= options_.pause && at < options_.resume;
  return at >= options_.start && at < options_.end && !paused;
}

void MediaFlow::begin() {
  const auto room = engine_.open_room(now(), {.struct_size = sizeof(weir_room_options),
                                              .max_participants = 0,
                                              .user = 0,
                                              .dominant_speaker = 0,
                                              .dominant_hold_ms = 0});
  weir_participant_options anybody{};
  anybody.struct_size = sizeof anybody;
  anybody.may = WEIR_MAY_RECEIVE_AUDIO | WEIR_MAY_RECEIVE_VIDEO;
  const auto viewer = room ? engine_.join(now(), *room, anybody) : room;
  if (!viewer) throw std::runtime_error{"the receiver cannot join"};
  viewer_ = *viewer;
  const auto answer = engine_.negotiate(now(), viewer_, receiver_.offer());
  if (!answer) throw std::runtime_error{"the receiver's offer was refused"};
  receiver_.take_answer(*answer);
  const Stage stage{engine_, *room, viewer_, node_address()};
  source_ = options_.layers ? make_layered_source(stage, now(), options_.video_most, seed_)
                            : make_following_source(stage, now(), options_.video_most, seed_);
  record_target();
  pump();
}

/// The receiver's lines show the source, once it has tracks.
void MediaFlow::connect_lines() {
  const auto video = source_->video();
  const auto lines = engine_.participant_subscriptions(viewer_);
  if (!video || !lines) return;
  for (const std::uint64_t line : *lines) {
    weir_subscription_info info{};
    if (engine_.subscription_info(Id{line}, info) != WEIR_OK) continue;
    weir_source source{};
    source.kind = WEIR_SOURCE_TRACK;
    source.track = (info.kind == WEIR_KIND_VIDEO ? *video : source_->sound()).value;
    lines_set_ = engine_.set_source(now(), Id{line}, source) == WEIR_OK;
  }
}

void MediaFlow::record_target() {
  const double at = to_seconds(simulator_.now());
  if (at >= options_.end) return;
  weir_participant_stats stats{};
  if (engine_.participant_stats(viewer_, stats) == WEIR_OK) {
    targets_.push_back({static_cast<float>(at), static_cast<float>(stats.available_outgoing_bitrate) / 1000});
  }
  simulator_.after(std::chrono::milliseconds{200}, [this] { record_target(); });
}

void MediaFlow::pump() {
  const double at = to_seconds(simulator_.now());
  if (at >= options_.end) return;
  if (!lines_set_) connect_lines();
  if (source_->deadline() <= now()) source_->step(now(), active(at));
  if (receiver_.deadline() <= now()) receiver_.step(now());
  if (engine_.deadline() <= now()) engine_.advance(now());
  drain();
  schedule();
}

void MediaFlow::drain() {
  for (;;) {
    for (transport::HandshakeJob& job : engine_.take_jobs()) {
      job.run();
      auto done = std::make_shared<transport::HandshakeJob>(std::move(job));
      simulator_.after(kHandshakeWork, [this, done] {
        engine_.finish(now(), std::move(*done));
        pump();
      });
    }
    weir_event event;
    while (engine_.next_event(event)) {
      if (event.type == WEIR_EVENT_KEYFRAME_WANTED) source_->on_keyframe_wanted();
    }
    EgressBatch& egress = engine_.egress();
    if (egress.entries().empty()) break;
    std::vector<test::Datagram> datagrams;
    for (const EgressBatch::Entry& entry : egress.entries()) {
      const Bytes bytes = egress.bytes(entry);
      datagrams.push_back({entry.path.local, entry.path.remote, {bytes.begin(), bytes.end()}});
    }
    egress.clear();
    for (const test::Datagram& datagram : datagrams) {
      if (!source_->receive(now(), datagram)) send(datagram);
    }
  }
  send_back();
}

void MediaFlow::send(const test::Datagram& datagram) {
  const std::uint32_t size = static_cast<std::uint32_t>(datagram.bytes.size()) + kUdpIp;
  std::size_t record = kNoRecord;
  if (is_media(datagram.bytes)) {
    record = packets_.size();
    const std::uint8_t type = datagram.bytes[1] & 0x7f;
    packets_.push_back({.sent = static_cast<float>(to_seconds(simulator_.now())),
                        .size = size,
                        .repeated = type == kRtxType,
                        .padding = type == kRtxType,
                        .video = type == kVideoType});
  }
  data_.send(size, options_.delay_ms,
             [this, datagram, record](Duration waited) { deliver(datagram, record, waited); });
}

void MediaFlow::deliver(const test::Datagram& datagram, std::size_t record, Duration waited) {
  const Receiver::Use use = receiver_.receive(now(), datagram);
  if (record != kNoRecord) {
    packets_[record].received = static_cast<float>(to_seconds(simulator_.now()));
    packets_[record].waited_ms = static_cast<float>(bwe::milliseconds(waited));
    if (use == Receiver::Use::repair) packets_[record].padding = false;
  }
  pump();
}

void MediaFlow::send_back() {
  for (const test::Datagram& datagram : receiver_.take_transmits()) {
    feedback_.send(static_cast<std::uint32_t>(datagram.bytes.size()) + kUdpIp, options_.delay_ms,
                   [this, datagram](Duration) {
                     const engine::Datagram arrival{.path = {.local = datagram.to, .remote = datagram.from},
                                                    .bytes = datagram.bytes};
                     engine_.receive(now(), {&arrival, 1});
                     pump();
                   });
  }
}

void MediaFlow::schedule() {
  Time at = std::min({engine_.deadline(), receiver_.deadline(), source_->deadline()});
  if (at == kNever) return;
  at = std::max(at - kAhead, simulator_.now() + Duration{100});
  if (wake_ && *wake_ <= at && *wake_ > simulator_.now()) return;
  wake_ = at;
  simulator_.at(at, [this, at] {
    if (wake_ != at) return;
    wake_.reset();
    pump();
  });
}

}  // namespace weir::bench
