#include "load/media.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "rtp/packet.h"
#include "rtp/payload.h"

using namespace weir;
using load::SentStream;

namespace {

constexpr Time kNow = Time{std::chrono::seconds{1000}};

struct Written {
  std::array<std::uint8_t, SentStream::kMaxPacket> bytes{};
  std::size_t size = 0;

  rtp::Packet packet() const { return rtp::Packet::parse(Bytes{bytes}.first(size)).value(); }
};

Written write(SentStream& stream, bool first, bool last, std::uint16_t number = 7) {
  Written out;
  out.size = stream.write(out.bytes, kNow, number, first, last);
  return out;
}

}  // namespace

TEST_CASE("packets have the size that was asked for, their send time and their transport-wide number") {
  for (const std::size_t size : {std::size_t{40}, std::size_t{1350}}) {
    SentStream video{SentStream::Kind::video, 1, size};
    video.begin_frame(kNow);
    const Written written = write(video, true, false);
    const rtp::Packet packet = written.packet();
    CHECK(packet.payload().size() == size);
    CHECK(packet.payload_type() == load::kVp8);
    CHECK(packet.timestamp() == 90'000'000);
    CHECK(load::send_time_of(packet.payload()) == kNow);
    const auto number = packet.extension(load::kTransportCc);
    REQUIRE(number);
    CHECK(load_u16(number->data()) == 7);
  }
  SentStream audio{SentStream::Kind::audio, 1, load::kOpusPayload};
  audio.begin_frame(kNow);
  const Written written = write(audio, true, true);
  CHECK(written.packet().payload_type() == load::kOpus);
  CHECK_FALSE(written.packet().marker());
  CHECK(load::send_time_of(written.packet().payload()) == kNow);
}

TEST_CASE("a payload that is not ours has no send time") {
  CHECK_FALSE(load::send_time_of({}));
  const std::array<std::uint8_t, 100> zeros{};
  CHECK_FALSE(load::send_time_of(zeros));
  CHECK_FALSE(load::send_time_of(Bytes{zeros}.first(11)));
}

TEST_CASE("the first frame and those asked for are key frames, for a server that looks into VP8") {
  SentStream video{SentStream::Kind::video, 1, 200};
  const auto is_key = [&] {
    video.begin_frame(kNow);
    const Written first = write(video, true, false);
    const Written last = write(video, false, true);
    CHECK_FALSE(first.packet().marker());
    CHECK(last.packet().marker());
    const auto facts = rtp::parse_payload(Codec::vp8, first.packet().payload());
    REQUIRE(facts);
    return facts->key_frame;
  };
  CHECK(is_key());
  CHECK_FALSE(is_key());
  video.want_key_frame();
  CHECK(is_key());
  CHECK_FALSE(is_key());
}

TEST_CASE("a repair packet repeats the payload of a packet that is not too old") {
  SentStream video{SentStream::Kind::video, 40, 200};
  video.begin_frame(kNow);
  const Written sent = write(video, true, true);
  Written repair;
  repair.size = video.write_rtx(repair.bytes, sent.packet().sequence(), 8);
  REQUIRE(repair.size > 0);
  CHECK(repair.packet().ssrc() == 41);
  CHECK(repair.packet().payload_type() == load::kVp8Rtx);
  CHECK(repair.packet().timestamp() == sent.packet().timestamp());
  CHECK(repair.packet().marker());
  const Bytes payload = repair.packet().payload();
  CHECK(load_u16(payload.data()) == sent.packet().sequence());
  const Bytes original = sent.packet().payload();
  CHECK(std::equal(original.begin(), original.end(), payload.begin() + 2, payload.end()));

  CHECK(video.write_rtx(repair.bytes, static_cast<std::uint16_t>(sent.packet().sequence() + 1), 9) == 0);
  for (int i = 0; i < 512; ++i) write(video, false, false);
  CHECK(video.write_rtx(repair.bytes, sent.packet().sequence(), 9) == 0);
}

TEST_CASE("a full batch is no packet, and its number is not used up") {
  SentStream video{SentStream::Kind::video, 40, 200};
  video.begin_frame(kNow);
  CHECK(video.write({}, kNow, 1, true, false) == 0);
  CHECK(video.packets() == 0);
  CHECK(write(video, true, false).packet().sequence() == 1000);
}
