#include "rtp/packet.h"

#include <doctest/doctest.h>

#include <array>

#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

std::optional<Buffer> extension_of_packet(const Buffer& bytes, std::uint8_t id) {
  const auto packet = Packet::parse(bytes);
  REQUIRE(packet);
  const auto data = packet->extension(id);
  if (!data) return std::nullopt;
  return Buffer{data->begin(), data->end()};
}

}  // namespace

TEST_CASE("RTCP is told by its second byte") {
  CHECK_FALSE(is_rtcp(hex("80 bf")));
  CHECK(is_rtcp(hex("80 c0")));
  CHECK(is_rtcp(hex("80 c8")));
  CHECK(is_rtcp(hex("80 df")));
  CHECK_FALSE(is_rtcp(hex("80 e0")));
  CHECK_FALSE(is_rtcp(hex("80")));
  CHECK_FALSE(is_rtcp({}));
}

TEST_CASE("the fixed header's fields") {
  const Buffer bytes = hex("80 ef 374c 4f1ba1ad f3753f70 aabb");
  const auto packet = Packet::parse(bytes);
  REQUIRE(packet);
  CHECK(packet->marker());
  CHECK(packet->payload_type() == 111);
  CHECK(packet->sequence() == 0x374c);
  CHECK(packet->timestamp() == 0x4f1ba1ad);
  CHECK(packet->ssrc() == 0xf3753f70);
  CHECK(packet->csrc_count() == 0);
  CHECK(packet->payload().size() == 2);
  CHECK(packet->padding_size() == 0);
  CHECK_FALSE(packet->extension(1));
}

TEST_CASE(
    "every cut of a packet with CSRCs, extension and padding is refused or shorter, and none is read past "
    "its end") {
  const Buffer whole = hex("b2 60 0001 00000002 00000003 11111111 22222222 bede0001 30616200 dddddd 000003");
  const auto packet = Packet::parse(whole);
  REQUIRE(packet);
  CHECK(packet->csrc_count() == 2);
  CHECK(packet->payload().size() == 3);
  CHECK(packet->padding_size() == 3);
  const std::size_t headers = 12 + 8 + 4 + 4;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto parsed = Packet::parse(cut);
    // What is left ends in a byte that is no possible count of padding.
    if (size <= headers || cut.back() == 0 || cut.back() > size - headers) CHECK_FALSE(parsed);
  }
}

TEST_CASE("other versions than 2 are refused") {
  Buffer bytes = hex("80 00 0000 00000000 00000000");
  CHECK(Packet::parse(bytes));
  for (const unsigned first : {0x00U, 0x40U, 0xc0U}) {
    bytes[0] = static_cast<std::uint8_t>(first);
    CHECK_FALSE(Packet::parse(bytes));
  }
}

TEST_CASE("padding counts itself and may not exceed the payload") {
  CHECK(Packet::parse(hex("a0 60 0001 00000002 00000003 000002"))->payload().size() == 1);
  CHECK(Packet::parse(hex("a0 60 0001 00000002 00000003 000003"))->payload().empty());
  CHECK_FALSE(Packet::parse(hex("a0 60 0001 00000002 00000003 000004")));
  CHECK_FALSE(Packet::parse(hex("a0 60 0001 00000002 00000003 000000")));
  CHECK_FALSE(Packet::parse(hex("a0 60 0001 00000002 00000003")));
}

TEST_CASE("one-byte elements are found among padding") {
  const Buffer bytes = hex("90 60 0001 00000002 00000003 bede0003 00 1055 00 21aabb 00 e0ff 0000 77");
  CHECK(extension_of_packet(bytes, 1) == hex("55"));
  CHECK(extension_of_packet(bytes, 2) == hex("aabb"));
  CHECK(extension_of_packet(bytes, 14) == hex("ff"));
  CHECK_FALSE(extension_of_packet(bytes, 3));
  CHECK_FALSE(extension_of_packet(bytes, 0));
  CHECK_FALSE(extension_of_packet(bytes, 200));
  CHECK(Packet::parse(bytes)->payload().size() == 1);
}

TEST_CASE("the first of two elements with one id counts") {
  CHECK(extension_of_packet(hex("90 60 0001 00000002 00000003 bede0001 1001 1002"), 1) == hex("01"));
}

TEST_CASE("id 15, and id 0 with a length, end the one-byte block") {
  CHECK_FALSE(extension_of_packet(hex("90 60 0001 00000002 00000003 bede0001 f000 1055"), 1));
  CHECK_FALSE(extension_of_packet(hex("90 60 0001 00000002 00000003 bede0001 0100 1055"), 1));
}

TEST_CASE("an element that runs out of the block is not there, but what stands before it is") {
  const Buffer one = hex("90 60 0001 00000002 00000003 bede0001 1055 2f00 99999999");
  CHECK(extension_of_packet(one, 1) == hex("55"));
  CHECK_FALSE(extension_of_packet(one, 2));
  const Buffer two = hex("90 60 0001 00000002 00000003 10000001 0100 0203 99999999");
  CHECK(extension_of_packet(two, 1) == Buffer{});
  CHECK_FALSE(extension_of_packet(two, 2));
  CHECK_FALSE(extension_of_packet(hex("90 60 0001 00000002 00000003 10000001 000000 02"), 2));
}

TEST_CASE("two-byte elements have any id and size, with any application bits in the profile") {
  for (const char* profile : {"1000", "1007", "100f"}) {
    const Buffer bytes =
        hex(std::string{"90 60 0001 00000002 00000003 "} + profile + "0003 0100 ff03aabbcc 00 1401dd 00");
    CHECK(extension_of_packet(bytes, 1) == Buffer{});
    CHECK(extension_of_packet(bytes, 255) == hex("aabbcc"));
    CHECK(extension_of_packet(bytes, 20) == hex("dd"));
  }
}

TEST_CASE("a block of an unknown profile or of length zero holds nothing") {
  CHECK_FALSE(extension_of_packet(hex("90 60 0001 00000002 00000003 abcd0001 10551055"), 1));
  CHECK_FALSE(extension_of_packet(hex("90 60 0001 00000002 00000003 bede0000 1055"), 1));
  CHECK_FALSE(Packet::parse(hex("90 60 0001 00000002 00000003 bede0002 10551055")));
  CHECK_FALSE(Packet::parse(hex("90 60 0001 00000002 00000003 bede")));
}

TEST_CASE("a written header reads back") {
  const Header header{
      .marker = true, .payload_type = 127, .sequence = 65535, .timestamp = 0xdeadbeef, .ssrc = 7};
  std::array<std::uint8_t, 64> out{};
  const std::size_t size = HeaderWriter{header}.write(out);
  CHECK(size == kFixedHeaderSize);
  const auto packet = Packet::parse(Bytes{out}.first(size));
  REQUIRE(packet);
  CHECK(packet->marker());
  CHECK(packet->payload_type() == 127);
  CHECK(packet->sequence() == 65535);
  CHECK(packet->timestamp() == 0xdeadbeef);
  CHECK(packet->ssrc() == 7);
}

TEST_CASE("elements take the one-byte form when all fit it, else the two-byte form") {
  const Buffer data(17, 0xab);
  struct Case {
    std::uint8_t id;
    std::size_t size;
    std::uint16_t profile;
  };
  for (const Case& c : {Case{1, 1, 0xbede}, Case{14, 16, 0xbede}, Case{15, 1, 0x1000}, Case{255, 1, 0x1000},
                        Case{1, 17, 0x1000}, Case{1, 0, 0x1000}}) {
    CAPTURE(static_cast<int>(c.id));
    CAPTURE(c.size);
    std::array<std::uint8_t, 128> out{};
    HeaderWriter writer{{}};
    writer.add_extension(2, Bytes{data}.first(2));
    writer.add_extension(c.id, Bytes{data}.first(c.size));
    const std::size_t size = writer.write(out);
    REQUIRE(size > 0);
    CHECK(size % 4 == 0);
    CHECK(load_u16(&out[12]) == c.profile);
    const auto packet = Packet::parse(Bytes{out}.first(size));
    REQUIRE(packet);
    CHECK(packet->payload().empty());
    CHECK(packet->extension(2)->size() == 2);
    REQUIRE(packet->extension(c.id));
    CHECK(packet->extension(c.id)->size() == c.size);
  }
}

TEST_CASE("a writer refuses what cannot be written, and a buffer that is one byte too small") {
  const Buffer data(256, 1);
  HeaderWriter writer{{}};
  writer.add_extension(0, Bytes{data}.first(1));
  writer.add_extension(1, data);
  std::array<std::uint8_t, 1024> out{};
  CHECK(writer.write(out) == kFixedHeaderSize);
  constexpr auto kMost = static_cast<std::uint8_t>(HeaderWriter::kMaxElements);
  for (std::uint8_t id = 1; id <= kMost + 1; ++id) writer.add_extension(id, Bytes{data}.first(3));
  const std::size_t size = writer.write(out);
  CHECK(size == 12 + 4 + kMost * 4);
  CHECK(writer.write(MutableBytes{out}.first(size)) == size);
  CHECK(writer.write(MutableBytes{out}.first(size - 1)) == 0);
  const auto packet = Packet::parse(Bytes{out}.first(size));
  CHECK(packet->extension(kMost));
  CHECK_FALSE(packet->extension(kMost + 1));
  CHECK(HeaderWriter{{}}.write(MutableBytes{out}.first(11)) == 0);
}

TEST_CASE("packets of other implementations") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/aiortc_packets");
  const auto parsed = [&](const std::string& name, auto&& check) {
    CAPTURE(name);
    const Buffer bytes = test::read_file(*folder / name);
    const auto packet = Packet::parse(bytes);
    REQUIRE(packet);
    check(*packet);
  };
  parsed("rtp.bin", [](const Packet& p) {
    CHECK(p.payload_type() == 0);
    CHECK(p.sequence() == 15743);
    CHECK(p.timestamp() == 3937035252);
    CHECK(p.payload().size() == 160);
  });
  parsed("rtp_dtmf.bin", [](const Packet& p) {
    CHECK(p.marker());
    CHECK(p.payload_type() == 101);
    CHECK(p.payload().size() == 4);
  });
  parsed("rtp_only_padding.bin", [](const Packet& p) {
    CHECK(p.payload().empty());
    CHECK(p.padding_size() == 224);
  });
  parsed("rtp_only_padding_with_header_extensions.bin", [](const Packet& p) {
    CHECK(p.payload().empty());
    CHECK(p.padding_size() == 224);
    CHECK(p.extension(2)->size() == 3);
  });
  parsed("rtp_with_csrc.bin", [](const Packet& p) { CHECK(p.csrc_count() == 2); });
  parsed("rtp_with_sdes_mid.bin", [](const Packet& p) { CHECK(as_text(*p.extension(9)) == "0"); });
}

TEST_CASE("packets of mediasoup's captures") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/mediasoup");
  const Buffer one = test::read_file(*folder / "packet1.raw");
  CHECK(Packet::parse(one)->extension(1)->front() == 0xff);
  CHECK(Packet::parse(one)->sequence() == 23617);
  const Buffer two = test::read_file(*folder / "packet2.raw");
  CHECK_FALSE(Packet::parse(two));  // encrypted: its last byte counts more padding than there are bytes
  const Buffer three = test::read_file(*folder / "packet3.raw");
  CHECK(Packet::parse(three)->extension(1)->front() == 0xd0);
  CHECK(Packet::parse(three)->extension(3)->size() == 3);
}

TEST_CASE("hostile packets are refused or read within their bounds") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/webrtc_fuzz/rtp-corpus");
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const Buffer bytes = test::read_file(entry.path());
    ++seen;
    const auto packet = Packet::parse(bytes);
    if (!packet) continue;
    CHECK(packet->payload().size() + packet->padding_size() <= bytes.size() - kFixedHeaderSize);
    for (unsigned id = 0; id < 256; ++id) {
      const auto data = packet->extension(static_cast<std::uint8_t>(id));
      if (data) CHECK(data->data() + data->size() <= bytes.data() + bytes.size());
    }
  }
  CHECK(seen == 7);
}

}  // namespace weir::rtp
