#include "load/clear_header.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/random.h"
#include "rtp/packet.h"

using namespace weir;
using load::read_clear_header;

namespace {

std::vector<std::uint8_t> packet_with(std::uint8_t id, Bytes data) {
  std::vector<std::uint8_t> packet(200, 0xaa);
  rtp::HeaderWriter writer{{true, 96, 4711, 90'000, 0x12345678}};
  if (!data.empty()) writer.add_extension(id, data);
  const std::size_t size = writer.write(packet);
  packet.resize(size + 50);
  return packet;
}

}  // namespace

TEST_CASE("a protected packet shows its numbers") {
  const auto packet = packet_with(0, {});
  const auto header = read_clear_header(packet, 3);
  REQUIRE(header);
  CHECK(header->payload_type == 96);
  CHECK(header->sequence == 4711);
  CHECK(header->timestamp == 90'000);
  CHECK(header->ssrc == 0x12345678);
  CHECK_FALSE(header->transport_sequence);
}

TEST_CASE("the transport-wide number is found in either form of the extension") {
  const std::uint8_t number[] = {0x12, 0x34};
  for (const std::uint8_t id : {std::uint8_t{3}, std::uint8_t{14}, std::uint8_t{15}, std::uint8_t{200}}) {
    CAPTURE(id);
    const auto packet = packet_with(id, number);
    const auto header = read_clear_header(packet, id);
    REQUIRE(header);
    CHECK(header->transport_sequence == 0x1234);
    CHECK_FALSE(read_clear_header(packet, id == 3 ? 4 : 3)->transport_sequence);
    CHECK_FALSE(read_clear_header(packet, 0)->transport_sequence);
  }
}

TEST_CASE("the padding bit says nothing while the payload is encrypted") {
  auto packet = packet_with(0, {});
  packet[0] |= 0x20;
  packet.back() = 0xff;
  CHECK(read_clear_header(packet, 3));
}

TEST_CASE("what is cut or of another version is no packet") {
  const std::uint8_t number[] = {0x12, 0x34};
  auto packet = packet_with(3, number);
  for (std::size_t size = 0; size < 20; ++size) CHECK_FALSE(read_clear_header(Bytes{packet}.first(size), 3));
  CHECK(read_clear_header(Bytes{packet}.first(20), 3));
  packet[0] = 0x50;
  CHECK_FALSE(read_clear_header(packet, 3));
}

TEST_CASE("any bytes are read or refused") {
  SeededRandom random{11};
  std::size_t read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::uint8_t> bytes(random.below(64));
    random.fill(bytes);
    if (!bytes.empty() && random.below(4) > 0) bytes[0] = static_cast<std::uint8_t>(0x80 | (bytes[0] & 0x1f));
    read += read_clear_header(bytes, 3).has_value() ? 1 : 0;
  }
  CHECK(read > 0);
  CHECK(read < 20'000);
}
