#include "sfu/local_queue.h"

#include <doctest/doctest.h>

#include "rtp/packet.h"

using namespace weir;
using namespace weir::sfu;

namespace {

std::vector<std::uint8_t> opus_packet(std::uint16_t sequence, std::uint32_t timestamp) {
  std::vector<std::uint8_t> packet(14);
  rtp::HeaderWriter{{.payload_type = 96, .sequence = sequence, .timestamp = timestamp, .ssrc = 1}}.write(
      packet);
  packet[12] = 0x78;
  packet[13] = static_cast<std::uint8_t>(sequence);
  return packet;
}

constexpr Id kTrack{IdKind::track, 0, 1, 1};

}  // namespace

TEST_CASE("readable is said once, when the queue stops being empty") {
  LocalQueue queue{true, 8};
  CHECK(queue.push(Codec::opus, kTrack, 20, opus_packet(1, 960)));
  CHECK_FALSE(queue.push(Codec::opus, kTrack, 20, opus_packet(2, 1920)));
  CHECK(queue.front().time_us == 20'000);
  CHECK(queue.front().level == 20);
  queue.pop();
  queue.pop();
  CHECK(queue.empty());
  CHECK(queue.push(Codec::opus, kTrack, 20, opus_packet(3, 2880)));
}

TEST_CASE("at the limit nothing is lost, beyond it the oldest") {
  for (const bool frames : {true, false}) {
    LocalQueue queue{frames, 3};
    for (std::uint16_t i = 1; i <= 3; ++i) queue.push(Codec::opus, kTrack, 0, opus_packet(i, i * 960U));
    CHECK(queue.dropped() == 0);
    queue.push(Codec::opus, kTrack, 0, opus_packet(4, 4 * 960));
    CHECK(queue.dropped() == 1);
    CHECK(queue.front().bytes.back() == 2);
    CHECK(queue.take_new_drops() == 1);
    CHECK(queue.take_new_drops() == 0);
  }
}

TEST_CASE("RTP comes out whole") {
  LocalQueue queue{false, 3};
  const auto packet = opus_packet(7, 960);
  queue.push(Codec::opus, kTrack, 0, packet);
  CHECK(queue.front().bytes == packet);
  CHECK_FALSE(queue.push(Codec::opus, kTrack, 0, Bytes{packet}.first(5)));  // no RTP
}

namespace {

std::vector<std::uint8_t> vp8_packet(std::uint16_t sequence, bool key) {
  std::vector<std::uint8_t> packet(12);
  rtp::HeaderWriter{
      {.marker = true, .payload_type = 96, .sequence = sequence, .timestamp = sequence * 3000U, .ssrc = 1}}
      .write(packet);
  packet.insert(packet.end(), {0x10, static_cast<std::uint8_t>(key ? 0x10 : 0x11), 0, 0});
  if (key) packet.insert(packet.end(), {0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00});
  return packet;
}

}  // namespace

TEST_CASE("a loss of video asks for a key frame, once, until one has come") {
  LocalQueue queue{true, 100};
  for (std::uint16_t i = 1; i <= 5; ++i) queue.push(Codec::vp8, kTrack, 127, vp8_packet(i, i == 1));
  CHECK_FALSE(queue.take_loss());
  for (std::uint16_t i = 7; i <= 20; ++i) queue.push(Codec::vp8, kTrack, 127, vp8_packet(i, false));
  CHECK(queue.take_loss());
  CHECK_FALSE(queue.take_loss());
  for (std::uint16_t i = 21; i <= 30; ++i) queue.push(Codec::vp8, kTrack, 127, vp8_packet(i, i == 21));
  queue.take_loss();
  for (std::uint16_t i = 31; i <= 40; ++i) queue.push(Codec::vp8, kTrack, 127, vp8_packet(i, false));
  CHECK_FALSE(queue.take_loss());
}

TEST_CASE("a reader that falls behind is given a key frame when it has caught up, not before") {
  for (const bool frames : {true, false}) {
    LocalQueue queue{frames, 4};
    for (std::uint16_t i = 1; i <= 30; ++i) queue.push(Codec::vp8, kTrack, 127, vp8_packet(i, i == 1));
    CHECK(queue.dropped() == 26);
    CHECK_FALSE(queue.take_loss());
    while (!queue.empty()) queue.pop();
    queue.push(Codec::vp8, kTrack, 127, vp8_packet(31, false));
    CHECK(queue.take_loss());
    queue.push(Codec::vp8, kTrack, 127, vp8_packet(32, false));
    CHECK_FALSE(queue.take_loss());
  }
}
