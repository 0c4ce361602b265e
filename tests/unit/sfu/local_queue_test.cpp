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
