#include "engine/sound.h"

#include <doctest/doctest.h>

#include <vector>

#include "rtp/red.h"

using namespace weir;
using namespace weir::engine;

namespace {

sfu::Line line_with_red() {
  sfu::Line line;
  const auto add = [&](Codec codec, std::uint8_t type, std::uint32_t rate) {
    sfu::LineCodec entry;
    entry.codec = codec;
    entry.payload_type = type;
    entry.clock_rate = rate;
    line.codecs.push_back(entry);
  };
  add(Codec::opus, 111, 48'000);
  line.codecs.back().red_payload_type = 63;
  add(Codec::telephone_event, 101, 8'000);
  add(Codec::telephone_event, 126, 48'000);
  return line;
}

std::vector<std::uint8_t> packet(std::uint8_t payload_type, Bytes payload) {
  std::vector<std::uint8_t> bytes(64);
  bytes.resize(rtp::HeaderWriter{
      {.marker = false, .payload_type = payload_type, .sequence = 1, .timestamp = 960, .ssrc = 7}}
                   .write(bytes));
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

std::optional<std::vector<std::uint8_t>> media(std::uint8_t payload_type, std::vector<std::uint8_t> payload) {
  const auto bytes = packet(payload_type, payload);
  const auto parsed = rtp::Packet::parse(bytes);
  REQUIRE(parsed);
  const auto found = media_of(line_with_red(), *parsed);
  return found ? std::optional{std::vector<std::uint8_t>{found->begin(), found->end()}} : std::nullopt;
}

using Payload = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("the media of RED is its primary block, of others the payload") {
  CHECK(media(111, {1, 2, 3}) == Payload{1, 2, 3});
  CHECK(media(63, {111, 1, 2, 3}) == Payload{1, 2, 3});
  CHECK(media(63, {0x80 | 111, 0x0f, 0x00, 0x02, 111, 8, 9, 1, 2, 3}) == Payload{1, 2, 3});
  CHECK(media(63, {111}) == Payload{});  // DTX
  CHECK(media(63, {}) == Payload{});     // padding alone
}

TEST_CASE("RED that is cut, or carries something else, has no media") {
  CHECK_FALSE(media(63, {0x80 | 111}));
  CHECK_FALSE(media(63, {0x80 | 111, 0x0f, 0x00, 0x02}));
  CHECK_FALSE(media(63, {0x80 | 111, 0x0f, 0x03, 0xff, 111, 1}));
  CHECK_FALSE(media(63, {101, 1, 2, 3}));
  CHECK_FALSE(media(63, {63, 111, 1, 2}));  // RED in RED
  Payload many;
  for (int i = 0; i < 40; ++i) many.insert(many.end(), {0x80 | 111, 0, 0, 0});
  many.push_back(111);
  CHECK_FALSE(media(63, many));
}

TEST_CASE("payload types of a line: the codec, as it is or in RED") {
  const sfu::Line line = line_with_red();
  CHECK(line.carried_by(111)->codec == Codec::opus);
  CHECK(line.carried_by(63)->codec == Codec::opus);
  CHECK(line.carried_by(126)->clock_rate == 48'000);
  CHECK(line.carried_by(96) == nullptr);
}
