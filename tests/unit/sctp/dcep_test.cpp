#include "sctp/dcep.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sctp;

namespace {

std::vector<std::uint8_t> chromium_open() {
  // Unordered, at most 3 retransmissions, label "chat", protocol "p".
  return {0x03, 0x81, 0x01, 0x00, 0, 0, 0, 3, 0, 4, 0, 1, 'c', 'h', 'a', 't', 'p'};
}

}  // namespace

TEST_CASE("a request to open tells reliability, label and protocol") {
  const auto open = parse_open(chromium_open());
  REQUIRE(open);
  CHECK(open->reliability.kind == Reliability::Kind::retransmits);
  CHECK(open->reliability.value == 3);
  CHECK_FALSE(open->reliability.ordered);
  CHECK(open->priority == 256);
  CHECK(open->label == "chat");
  CHECK(open->protocol == "p");
  CHECK(write_open(*open) == chromium_open());
}

TEST_CASE("each channel type is read and written alike; the value of a reliable one means nothing") {
  for (const int type : {0x00, 0x80, 0x01, 0x81, 0x02, 0x82}) {
    auto bytes = chromium_open();
    bytes[1] = static_cast<std::uint8_t>(type);
    CAPTURE(type);
    const auto open = parse_open(bytes);
    REQUIRE(open);
    CHECK(open->reliability.ordered == ((type & 0x80) == 0));
    if ((type & 0x7f) == 0) bytes[7] = 0;
    CHECK(write_open(*open) == bytes);
  }
}

TEST_CASE("a channel type of no RFC is refused") {
  for (const int type : {0x03, 0x7f, 0x83, 0xff}) {
    auto bytes = chromium_open();
    bytes[1] = static_cast<std::uint8_t>(type);
    CHECK_FALSE(parse_open(bytes));
  }
}

TEST_CASE("a request cut anywhere is refused, and what follows it does not matter") {
  const auto whole = chromium_open();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_open(Bytes{whole}.first(size)));
  }
  auto longer = whole;
  longer.push_back('x');
  CHECK(parse_open(longer)->label == "chat");
}

TEST_CASE("lengths that lie are refused; empty texts are allowed") {
  auto bytes = chromium_open();
  bytes[8] = 0xff;
  CHECK_FALSE(parse_open(bytes));
  const std::vector<std::uint8_t> empty{0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  REQUIRE(parse_open(empty));
  CHECK(parse_open(empty)->label.empty());
}

TEST_CASE("an acknowledgement is one byte") {
  CHECK(is_ack(write_ack()));
  CHECK_FALSE(is_ack({}));
  CHECK_FALSE(is_ack(chromium_open()));
  CHECK_FALSE(parse_open(write_ack()));
}
