#include "bwe_source.h"

#include <algorithm>
#include <stdexcept>

#include "rtp/packet.h"

namespace weir::bench {
namespace {

constexpr Duration kSoundEvery = std::chrono::milliseconds{20};
constexpr std::size_t kSoundPayload = 50;  // 20 kbit/s of payload
constexpr std::size_t kMostPayload = 1160;
constexpr std::size_t kLeastPayload = 24;
constexpr std::size_t kOverhead = 36;  // RTP header, its extensions, SRTP's tag
constexpr std::uint32_t kLeastVideo = 100'000;

/// The video encoder of RFC 8867 in the host: one track, whose rate is what the engine has for video.
class FollowingSource final : public Source {
 public:
  FollowingSource(const Stage& stage, Time now, double most_kbps, std::uint64_t seed)
      : Source(stage, now, seed), encoder_(seed, most_kbps), next_frame_(now) {
    video_ = *stage_.engine.add_track(now, person_,
                                      {.struct_size = sizeof(weir_track_options),
                                       .kind = WEIR_KIND_VIDEO,
                                       .codec = WEIR_CODEC_VP8,
                                       .content = WEIR_CONTENT_MAIN,
                                       .min_bitrate = kLeastVideo});
  }
  std::optional<Id> video() const override { return video_; }
  void on_keyframe_wanted() override { key_wanted_ = true; }

 private:
  Time video_deadline() const override { return next_frame_; }

  void step_video(Time now, bool active) override {
    if (now < next_frame_) return;
    weir_participant_stats stats{};
    if (stage_.engine.participant_stats(stage_.viewer, stats) == WEIR_OK && stats.connected != 0)
      encoder_.set_target(now, static_cast<double>(stats.target_bitrate) / 1000);
    const VideoSource::Frame frame = encoder_.next(now);
    next_frame_ = now + frame.until_next;
    if (active) send(now, frame.bytes);
  }

  void send(Time now, std::size_t bytes) {
    const std::size_t packets = (bytes + kMostPayload + kOverhead - 1) / (kMostPayload + kOverhead);
    const std::size_t payload = std::max(bytes / packets, kOverhead + kLeastPayload) - kOverhead;
    ++picture_;
    for (std::size_t i = 0; i < packets; ++i) {
      std::array<std::uint8_t, 1400> out{};
      const std::size_t header = rtp::HeaderWriter{
          {.marker = i + 1 == packets,
           .payload_type = 96,
           .sequence = sequence_++,
           .timestamp = static_cast<std::uint32_t>(to_us(now) * 9 / 100),
           .ssrc = 1}}.write(out);
      write_vp8({.picture = picture_,
                 .tl0 = static_cast<std::uint8_t>(picture_),
                 .first = i == 0,
                 .key = key_wanted_,
                 .height = 720},
                MutableBytes{out}.subspan(header, payload));
      stage_.engine.write_rtp(now, video_, Bytes{out}.first(header + payload), WEIR_LEVEL_NONE);
    }
    key_wanted_ = false;
  }

  VideoSource encoder_;
  Id video_;
  Time next_frame_;
  bool key_wanted_ = true;
  std::uint16_t picture_ = 0;
  std::uint16_t sequence_ = 0;
};

}  // namespace

void write_vp8(const Vp8Packet& packet, MutableBytes out) {
  ByteWriter w{out};
  w.u8(static_cast<std::uint8_t>(0x80 | (packet.first ? 0x10 : 0)));  // X, S
  w.u8(0xe0);                                                         // I, L, T
  w.u16(static_cast<std::uint16_t>(0x8000 | packet.picture));
  w.u8(packet.tl0);
  w.u8(static_cast<std::uint8_t>((packet.temporal << 6) | (packet.sync ? 0x20 : 0)));
  if (!packet.first) return;
  w.u8(packet.key ? 0x10 : 0x11);
  w.u16(0);
  if (!packet.key) return;
  const auto width = static_cast<std::uint16_t>(packet.height * 16 / 9);
  w.u24(0x9d012a);
  w.u8(static_cast<std::uint8_t>(width)), w.u8(static_cast<std::uint8_t>(width >> 8));
  w.u8(static_cast<std::uint8_t>(packet.height)), w.u8(static_cast<std::uint8_t>(packet.height >> 8));
}

Source::Source(const Stage& stage, Time now, std::uint64_t seed) : stage_(stage) {
  // Sources do not tick together.
  next_sound_ = now + Duration{static_cast<std::int64_t>(seed * 7919 % 20'000)};
  weir_participant_options options{};
  options.struct_size = sizeof options;
  options.kind = WEIR_PARTICIPANT_LOCAL;
  options.may = WEIR_MAY_ALL;
  const auto person = stage_.engine.join(now, stage_.room, options);
  if (!person) throw std::runtime_error{"the source cannot join"};
  person_ = *person;
  sound_ = *stage_.engine.add_track(now, person_,
                                    {.struct_size = sizeof(weir_track_options),
                                     .kind = WEIR_KIND_AUDIO,
                                     .codec = WEIR_CODEC_OPUS,
                                     .content = WEIR_CONTENT_MAIN,
                                     .min_bitrate = 0});
}

Time Source::deadline() const {
  return std::min(next_sound_, video_deadline());
}

void Source::step(Time now, bool active) {
  if (now >= next_sound_) {
    next_sound_ += kSoundEvery;
    if (active) send_sound(now);
  }
  step_video(now, active);
}

void Source::send_sound(Time now) {
  std::array<std::uint8_t, 100> out{};
  const std::size_t header = rtp::HeaderWriter{
      {.payload_type = 111,
       .sequence = sequence_++,
       .timestamp = static_cast<std::uint32_t>(to_us(now) * 48 / 1000),
       .ssrc = 1}}.write(out);
  stage_.engine.write_rtp(now, sound_, Bytes{out}.first(header + kSoundPayload), 30);
}

std::unique_ptr<Source> make_following_source(const Stage& stage, Time now, double most_kbps,
                                              std::uint64_t seed) {
  return std::make_unique<FollowingSource>(stage, now, most_kbps, seed);
}

}  // namespace weir::bench
