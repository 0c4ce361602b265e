#include "rtp/telephone_event.h"

#include <doctest/doctest.h>

#include <array>

#include "unit/rtp/material.h"

namespace weir::rtp {

using test::hex;

TEST_CASE("events are read and written") {
  const auto bytes = hex("0b 8a 0320");
  const auto event = parse_telephone_event(bytes);
  REQUIRE(event);
  CHECK(*event == TelephoneEvent{.event = 11, .end = true, .volume = 10, .duration = 800});
  CHECK(key_of(event->event) == '#');
  std::array<std::uint8_t, TelephoneEvent::kSize> out{};
  ByteWriter writer{out};
  write_telephone_event(writer, *event);
  CHECK(test::Buffer{out.begin(), out.end()} == bytes);
  CHECK_FALSE(parse_telephone_event(hex("00 7f ffff"))->end);
  CHECK(parse_telephone_event(hex("00 7f ffff"))->volume == 63);  // R is not of it
  CHECK(parse_telephone_event(hex("01 00 0001 02 00 0001"))->event == 1);
  for (std::size_t size = 0; size < 4; ++size) CHECK_FALSE(parse_telephone_event(Bytes{bytes}.first(size)));
  ByteWriter cut{MutableBytes{out}.first(3)};
  write_telephone_event(cut, *event);
  CHECK_FALSE(cut.ok());
}

TEST_CASE("a volume beyond its field is the lowest, and not every event is a key") {
  std::array<std::uint8_t, 4> out{};
  ByteWriter writer{out};
  write_telephone_event(writer, {.event = 0, .end = false, .volume = 200, .duration = 0});
  CHECK(out[1] == 63);
  CHECK(key_of(0) == '0');
  CHECK(key_of(15) == 'D');
  CHECK(key_of(16) == '\0');
  CHECK(key_of(255) == '\0');
}

}  // namespace weir::rtp
