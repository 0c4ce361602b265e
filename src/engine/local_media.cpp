#include "engine/local_media.h"

#include "rtp/packet.h"
#include "rtp/packetizer.h"

namespace weir::engine {

namespace {

constexpr std::size_t kMaxPayload = 1160;  // leaves room for a receiver's header extensions and SRTP
constexpr std::size_t kMaxFrame = 4U << 20;
constexpr std::size_t kMaxRtp = 1400;
constexpr std::int64_t kMaxTime = std::int64_t{1}
                                  << 60;  // us; some 36,000 years: differences do not overflow

std::uint32_t local_ssrc(const sfu::Track& track) {
  return static_cast<std::uint32_t>(track.id.value) | 1U;
}

std::uint8_t clamp_level(std::uint32_t level) {
  return static_cast<std::uint8_t>(level > 127 ? 127 : level);
}

/// The host's capture clock is the sender's clock of a local participant.
void note_clock(Time now, sfu::Track& track, std::int64_t time_us, std::uint32_t timestamp) {
  track.participant.clock.observe(now, time_us);
  track.encodings.front().clock = {.sender_us = time_us, .timestamp = timestamp, .known = true};
}

}  // namespace

sfu::Line local_line(std::initializer_list<Codec> codecs) {
  sfu::Line line;
  std::uint8_t payload_type = 96;  // dynamic range (RFC 3551 section 3)
  for (const Codec codec : codecs) {
    line.codecs.push_back({.codec = codec,
                           .payload_type = payload_type++,
                           .rtx_payload_type = std::nullopt,
                           .nack = false,
                           .pli = true,
                           .fir = false});
  }
  return line;
}

weir_status write_frame(Core& core, Time now, sfu::Track& track, const weir_frame& frame) {
  if (!track.local || track.writes_rtp) return WEIR_ERR_STATE;
  const auto codec = static_cast<Codec>(frame.codec);
  if (frame.data == nullptr || frame.size == 0 || frame.size > kMaxFrame || codec != track.codec) {
    return WEIR_ERR_INVALID;
  }
  if (frame.time_us > kMaxTime || frame.time_us < -kMaxTime) return WEIR_ERR_INVALID;
  // Everything of a frame or nothing: half a frame would only cost its receivers.
  if (core.inbox.size() + frame.size / kMaxPayload + 2 > core.inbox_limit) {
    core.drops.count(DropReason::QUEUE_FULL);
    return WEIR_ERR_LIMIT;
  }
  rtp::Packetizer& packetizer =
      track.packetizer ? *track.packetizer : track.packetizer.emplace(codec, kMaxPayload);
  const auto payloads = packetizer.split({frame.data, frame.size});
  if (payloads.empty()) return WEIR_ERR_INVALID;
  const std::size_t buffers = core.pool.capacity() - core.pool.used();
  if (core.inbox.size() + payloads.size() > core.inbox_limit || payloads.size() > buffers) {
    core.drops.count(DropReason::QUEUE_FULL);
    return WEIR_ERR_LIMIT;
  }
  track.writes_frames = true;
  const std::uint32_t timestamp = ticks_from_us(frame.time_us, clock_rate_of(codec)) + track.timestamp_offset;
  note_clock(now, track, frame.time_us, timestamp);
  for (const rtp::Packetizer::Payload& payload : payloads) {
    PacketRef packet = core.pool.acquire();
    if (!packet) {
      core.drops.count(DropReason::NO_BUFFER);
      return WEIR_ERR_LIMIT;
    }
    const std::size_t offset = rtp::HeaderWriter{
        {.marker = payload.marker,
         .payload_type = track.line.codecs.front().payload_type,
         .sequence = track.next_sequence++,
         .timestamp = timestamp,
         .ssrc =
             local_ssrc(track)}}.write(packet.buffer());
    std::memcpy(packet.buffer().data() + offset, payload.bytes.data(), payload.bytes.size());
    packet.resize(offset + payload.bytes.size());
    core.inbox.push_back({.track = track.id, .packet = std::move(packet), .level = clamp_level(frame.level)});
  }
  return WEIR_OK;
}

weir_status write_rtp(Core& core, Time now, sfu::Track& track, Bytes bytes, std::uint32_t level) {
  if (!track.local || track.writes_frames) return WEIR_ERR_STATE;
  const auto parsed = bytes.size() <= kMaxRtp ? rtp::Packet::parse(bytes) : std::nullopt;
  if (!parsed) return WEIR_ERR_INVALID;
  if (core.inbox.size() >= core.inbox_limit) {
    core.drops.count(DropReason::QUEUE_FULL);
    return WEIR_ERR_LIMIT;
  }
  PacketRef packet = core.pool.copy(bytes);
  if (!packet) {
    core.drops.count(DropReason::NO_BUFFER);
    return WEIR_ERR_LIMIT;
  }
  track.writes_rtp = true;
  const MutableBytes data = packet.data();
  data[1] = static_cast<std::uint8_t>((data[1] & 0x80) | track.line.codecs.front().payload_type);
  store_u32(&data[8], local_ssrc(track));
  // RTP carries no capture time: arrival stands for it.
  note_clock(now, track, to_us(now), parsed->timestamp());
  core.inbox.push_back({.track = track.id, .packet = std::move(packet), .level = clamp_level(level)});
  return WEIR_OK;
}

weir_status read_local(sfu::Subscription& subscription, weir_frame& frame, MutableBytes buffer) {
  if (subscription.local == nullptr) return WEIR_ERR_STATE;
  if (subscription.local->empty()) return WEIR_ERR_AGAIN;
  const sfu::LocalQueue::Item& item = subscription.local->front();
  frame.size = item.bytes.size();
  if (item.bytes.size() > buffer.size()) return WEIR_ERR_BUFFER;
  std::memcpy(buffer.data(), item.bytes.data(), item.bytes.size());
  frame.codec = static_cast<std::int32_t>(item.codec);
  frame.data = buffer.data();
  frame.time_us = item.time_us;
  frame.flags = item.key_frame ? WEIR_FRAME_KEY : 0;
  frame.level = item.level;
  frame.track = item.track.value;
  subscription.local->pop();
  return WEIR_OK;
}

}  // namespace weir::engine
