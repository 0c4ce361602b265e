#include "engine/egress_packet.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "rtp/rtx.h"
#include "sfu/sfu.h"

using namespace weir;
using namespace weir::engine;

namespace {

/// A track and a subscription with other ids and payload types on each side.
struct Fixture {
  SeededRandom random{1};
  sfu::Sfu sfu{0, {}, random};
  sfu::Room* room = *sfu.open_room({});
  sfu::Participant* ann = *sfu.join({}, *room,
                                    {.struct_size = 0,
                                     .kind = 0,
                                     .user = 0,
                                     .may = WEIR_MAY_ALL,
                                     .default_audio_source = 0,
                                     .default_video_source = 0,
                                     .pair_lines = 0});
  sfu::Participant* bob = *sfu.join({}, *room, ann->options);
  sfu::Track* track;
  sfu::Subscription* subscription;

  Fixture() {
    sfu::Line in{.mid = "1",
                 .codecs = {{.codec = Codec::vp8, .payload_type = 96, .rtx_payload_type = std::nullopt}},
                 .extensions = {},
                 .rids = {}};
    in.extensions.set(rtp::Extension::video_orientation, 11);
    in.extensions.set(rtp::Extension::mid, 2);
    track = *sfu.add_track({}, *ann, MediaKind::video, in, WEIR_CONTENT_MAIN);
    sfu::Line out{.mid = "recv7",
                  .codecs = {{.codec = Codec::vp8, .payload_type = 120, .rtx_payload_type = 121}},
                  .extensions = {},
                  .rids = {}};
    out.extensions.set(rtp::Extension::video_orientation, 3);
    out.extensions.set(rtp::Extension::mid, 9);
    out.extensions.set(rtp::Extension::abs_send_time, 4);
    subscription = *sfu.add_subscription({}, *bob, MediaKind::video, out);
  }

  static std::vector<std::uint8_t> ingress(Bytes payload) {
    std::vector<std::uint8_t> packet(64);
    const std::uint8_t orientation = 1;
    rtp::HeaderWriter writer{
        {.marker = true, .payload_type = 96, .sequence = 10, .timestamp = 20, .ssrc = 30}};
    writer.add_extension(11, {&orientation, 1});
    writer.add_extension(2, as_bytes("1"));
    packet.resize(writer.write(packet));
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
  }
};

constexpr std::uint8_t kVp8Payload[] = {0x90, 0xe0, 0x80, 0x05, 0x06, 0x00, 0x11, 1, 2, 3};
constexpr sfu::EgressNumbers kNumbers{
    .sequence = 777, .timestamp = 888, .picture_id = 0x1234, .tl0_picture_index = 99, .marker = true};

}  // namespace

TEST_CASE(
    "an egress packet has the receiver's numbers, ids and payload type, and the ingress stays as it was") {
  const Fixture f;
  const auto in = Fixture::ingress(kVp8Payload);
  const auto before = Fixture::ingress(kVp8Payload);
  const auto facts = read_facts(*f.track, f.track->encodings.front(), Codec::vp8, *rtp::Packet::parse(in));
  REQUIRE(facts);
  std::uint8_t out[400];
  REQUIRE(egress_size_bound(*facts) <= sizeof out);
  const std::size_t size = write_egress_packet(out, time_from_us(1'500'000), *f.subscription,
                                               f.subscription->line.codecs[0], *facts, kNumbers);
  const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
  REQUIRE(packet);
  CHECK(packet->marker());
  CHECK(packet->payload_type() == 120);
  CHECK(packet->sequence() == 777);
  CHECK(packet->timestamp() == 888);
  CHECK(packet->ssrc() == f.subscription->ssrc);
  CHECK(as_text(*packet->extension(9)) == "recv7");
  CHECK(packet->extension(3)->front() == 1);
  CHECK(load_u24(packet->extension(4)->data()) == (1U << 18) + (1U << 17));  // 1.5 s in 6.18
  CHECK(packet->payload().size() == sizeof kVp8Payload);
  CHECK(load_u16(&packet->payload()[2]) == (0x8000 | 0x1234));
  CHECK(packet->payload()[4] == 99);
  CHECK(in == before);
}

TEST_CASE("the transport-wide number is in the packet where the line has the extension") {
  const Fixture f;
  const auto in = Fixture::ingress(kVp8Payload);
  const auto facts = read_facts(*f.track, f.track->encodings.front(), Codec::vp8, *rtp::Packet::parse(in));
  Stamp stamp{time_from_us(1'500'000)};
  stamp.transport_sequence = 0xfffe;
  std::uint8_t out[400];
  const auto write = [&] {
    const std::size_t size =
        write_egress_packet(out, stamp, *f.subscription, f.subscription->line.codecs[0], *facts, kNumbers);
    return rtp::Packet::parse(Bytes{out}.first(size));
  };
  CHECK_FALSE(write()->extension(6));
  f.subscription->line.extensions.set(rtp::Extension::transport_cc, 6);
  CHECK(load_u16(write()->extension(6)->data()) == 0xfffe);
}

TEST_CASE("an RTX packet of padding alone: its own numbers, nothing inside, never beyond the buffer") {
  const Fixture f;
  f.subscription->line.extensions.set(rtp::Extension::transport_cc, 6);
  f.subscription->rtx_sequence = 65'535;
  Stamp stamp{time_from_us(1'500'000)};
  stamp.transport_sequence = 7;
  std::uint8_t out[600];
  for (const std::uint8_t padding : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{255}}) {
    REQUIRE(padding_size_bound(padding) <= sizeof out);
    const std::size_t size = write_padding_packet(out, stamp, *f.subscription, 121, 5000, padding);
    const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
    REQUIRE(packet);
    CHECK(packet->payload().empty());
    CHECK(packet->padding_size() == padding);
    CHECK(packet->ssrc() == f.subscription->rtx_ssrc);
    CHECK(packet->payload_type() == 121);
    CHECK(packet->timestamp() == 5000);
    CHECK(load_u16(packet->extension(6)->data()) == 7);
    CHECK(as_text(*packet->extension(9)) == "recv7");
  }
  CHECK(f.subscription->rtx_sequence == 2);
  CHECK(write_padding_packet(out, stamp, *f.subscription, 121, 0, 0) == 0);
  for (std::size_t room = 0; room < 60; ++room)
    CHECK(write_padding_packet(MutableBytes{out}.first(room), stamp, *f.subscription, 121, 0, 255) == 0);
}

TEST_CASE("once the receiver knows the SSRC the mid is left out") {
  const Fixture f;
  f.subscription->acknowledged = true;
  const auto in = Fixture::ingress(kVp8Payload);
  const auto facts = read_facts(*f.track, f.track->encodings.front(), Codec::vp8, *rtp::Packet::parse(in));
  std::uint8_t out[400];
  const std::size_t size =
      write_egress_packet(out, {}, *f.subscription, f.subscription->line.codecs[0], *facts, kNumbers);
  CHECK_FALSE(rtp::Packet::parse(Bytes{out}.first(size))->extension(9));
}

TEST_CASE("a retransmission unwraps to what was sent first") {
  const Fixture f;
  const auto in = Fixture::ingress(kVp8Payload);
  const auto facts = read_facts(*f.track, f.track->encodings.front(), Codec::vp8, *rtp::Packet::parse(in));
  std::uint8_t first[200];
  const std::size_t first_size =
      write_egress_packet(first, {}, *f.subscription, f.subscription->line.codecs[0], *facts, kNumbers);
  std::uint8_t again[200];
  const std::uint16_t number = f.subscription->rtx_sequence;
  const std::size_t size =
      write_rtx_packet(again, {}, *f.subscription, f.subscription->line.codecs[0], *facts, kNumbers);
  const auto rtx = rtp::Packet::parse(Bytes{again}.first(size));
  REQUIRE(rtx);
  CHECK(rtx->payload_type() == 121);
  CHECK(rtx->ssrc() == f.subscription->rtx_ssrc);
  CHECK(rtx->sequence() == number);
  CHECK(f.subscription->rtx_sequence == static_cast<std::uint16_t>(number + 1));
  std::uint8_t restored[200];
  const std::size_t restored_size = rtp::unwrap_rtx(*rtx, f.subscription->ssrc, 120, restored);
  REQUIRE(restored_size == first_size);
  CHECK(std::equal(first, first + first_size, restored));
}

TEST_CASE("padding alone goes through as padding alone") {
  const Fixture f;
  auto in = Fixture::ingress({});
  in[0] |= 0x20;
  in.insert(in.end(), {0, 0, 0, 4});
  const auto facts = read_facts(*f.track, f.track->encodings.front(), Codec::vp8, *rtp::Packet::parse(in));
  REQUIRE(facts);
  std::uint8_t out[400];
  const std::size_t size =
      write_egress_packet(out, {}, *f.subscription, f.subscription->line.codecs[0], *facts, kNumbers);
  const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
  REQUIRE(packet);
  CHECK(packet->payload().empty());
  CHECK(packet->padding_size() == 1);
}

TEST_CASE("a buffer that is too small is not overrun") {
  const Fixture f;
  const auto in = Fixture::ingress(kVp8Payload);
  const auto facts = read_facts(*f.track, f.track->encodings.front(), Codec::vp8, *rtp::Packet::parse(in));
  std::uint8_t out[400];
  const std::size_t size =
      write_egress_packet(out, {}, *f.subscription, f.subscription->line.codecs[0], *facts, kNumbers);
  for (std::size_t small = 0; small < size; ++small) {
    std::vector<std::uint8_t> exact(small);
    CHECK(write_egress_packet(exact, {}, *f.subscription, f.subscription->line.codecs[0], *facts, kNumbers) ==
          0);
  }
}

TEST_CASE("a payload that cannot be read gives no facts") {
  const Fixture f;
  const std::uint8_t truncated[] = {0x90, 0x80};
  const auto in = Fixture::ingress(truncated);
  CHECK_FALSE(read_facts(*f.track, f.track->encodings.front(), Codec::vp8, *rtp::Packet::parse(in)));
}

TEST_CASE("each header extension arrives as it came, under the receiver's number") {
  struct Passed {
    rtp::Extension extension;
    MediaKind kind;
    std::size_t size;
  };
  using enum rtp::Extension;
  for (const Passed& passed :
       {Passed{audio_level, MediaKind::audio, 1}, Passed{abs_capture_time, MediaKind::audio, 16},
        Passed{abs_capture_time, MediaKind::video, 8}, Passed{video_orientation, MediaKind::video, 1},
        Passed{playout_delay, MediaKind::video, 3}, Passed{color_space, MediaKind::video, 28},
        Passed{video_layers_allocation, MediaKind::video, 40}}) {
    CAPTURE(rtp::uri_of(passed.extension));
    Fixture f;
    const bool audio = passed.kind == MediaKind::audio;
    const Codec codec = audio ? Codec::opus : Codec::vp8;
    sfu::Line line{.mid = "x",
                   .codecs = {{.codec = codec, .payload_type = 96, .rtx_payload_type = std::nullopt}},
                   .extensions = {},
                   .rids = {}};
    line.extensions.set(passed.extension, 12);
    const sfu::Track* track = *f.sfu.add_track({}, *f.ann, passed.kind, line, WEIR_CONTENT_MAIN);
    line.extensions = {};
    line.extensions.set(passed.extension, 5);
    // These name an encoding to its sender and his receiver, which is the node.
    line.extensions.set(rid, 6);
    line.extensions.set(repaired_rid, 7);
    const sfu::Subscription* receiver = *f.sfu.add_subscription({}, *f.bob, passed.kind, line);

    std::vector<std::uint8_t> data(passed.size);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(0x21 + i);
    std::vector<std::uint8_t> in(128);
    rtp::HeaderWriter writer{
        {.marker = true, .payload_type = 96, .sequence = 10, .timestamp = 20, .ssrc = 30}};
    writer.add_extension(12, data);
    in.resize(writer.write(in));
    in.insert(in.end(), std::begin(kVp8Payload), std::end(kVp8Payload));
    const auto facts = read_facts(*track, track->encodings.front(), codec, *rtp::Packet::parse(in));
    REQUIRE(facts);
    std::vector<std::uint8_t> out(egress_size_bound(*facts));
    const std::size_t size =
        write_egress_packet(out, time_from_us(1), *receiver, receiver->line.codecs[0], *facts, kNumbers);
    const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
    REQUIRE(packet);
    const auto arrived = packet->extension(5);
    REQUIRE(arrived);
    CHECK(std::equal(arrived->begin(), arrived->end(), data.begin(), data.end()));
    for (const int absent : {6, 7, 12}) CHECK_FALSE(packet->extension(static_cast<std::uint8_t>(absent)));
  }
}

TEST_CASE(
    "the node's own header extensions: mid, sending time and transport-wide number, by the receiver's "
    "number") {
  const Fixture f;
  f.subscription->line.extensions.set(rtp::Extension::transport_cc, 8);
  const auto in = Fixture::ingress(kVp8Payload);
  const auto facts = read_facts(*f.track, f.track->encodings.front(), Codec::vp8, *rtp::Packet::parse(in));
  REQUIRE(facts);
  Stamp stamp{time_from_us(1'500'000)};
  stamp.transport_sequence = 0xabcd;
  std::uint8_t out[400];
  const std::size_t size =
      write_egress_packet(out, stamp, *f.subscription, f.subscription->line.codecs[0], *facts, kNumbers);
  const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
  REQUIRE(packet);
  REQUIRE(packet->extension(9));
  CHECK(as_text(*packet->extension(9)) == "recv7");
  REQUIRE(packet->extension(4));
  CHECK(load_u24(packet->extension(4)->data()) == (3U << 18) / 2);
  REQUIRE(packet->extension(8));
  CHECK(load_u16(packet->extension(8)->data()) == 0xabcd);
}
