#include "engine/packet_facts.h"

#include <doctest/doctest.h>

#include <vector>

#include "engine/egress_packet.h"
#include "rtp/dependency_descriptor.h"
#include "sfu/sfu.h"
#include "unit/rtp/descriptors.h"
#include "unit/rtp/material.h"

using namespace weir;
using namespace weir::engine;

namespace {

constexpr std::uint8_t kDescriptorId = 7;
constexpr std::uint8_t kMarkingId = 8;

struct Fixture {
  SeededRandom random{1};
  sfu::Sfu sfu{0, {}, random};
  sfu::Room* room = *sfu.open_room({});
  weir_participant_options options{};
  sfu::Participant* ann = nullptr;
  sfu::Track* track = nullptr;
  sfu::Subscription* subscription = nullptr;

  explicit Fixture(Codec codec) {
    options.may = WEIR_MAY_ALL;
    ann = *sfu.join({}, *room, options);
    sfu::Line line;
    line.mid = "1";
    line.codecs.push_back({.codec = codec, .payload_type = 96, .rtx_payload_type = std::nullopt});
    line.extensions.set(rtp::Extension::dependency_descriptor, kDescriptorId);
    line.extensions.set(rtp::Extension::frame_marking, kMarkingId);
    track = *sfu.add_track({}, *ann, MediaKind::video, line, WEIR_CONTENT_MAIN);
    subscription = *sfu.add_subscription({}, *ann, MediaKind::video, line);
  }
  sfu::Encoding& encoding() const { return track->encodings.front(); }
};

std::vector<std::uint8_t> packet_of(Bytes payload, Bytes descriptor = {}, Bytes marking = {},
                                    std::uint32_t timestamp = 77) {
  std::vector<std::uint8_t> out(1500);
  rtp::HeaderWriter writer{
      {.marker = true, .payload_type = 96, .sequence = 9, .timestamp = timestamp, .ssrc = 5}};
  if (!descriptor.empty()) writer.add_extension(kDescriptorId, descriptor);
  if (!marking.empty()) writer.add_extension(kMarkingId, marking);
  const std::size_t header = writer.write(out);
  out.resize(header);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

/// A structure of one template, one decode target, no chains, sizes not told (RTP payload format for AV1,
/// section A.8): its first packet, frame number 300.
//   1 1 000000 | 00000001 00101100 | 1 0 0 0 0 |
//   template_id_offset 000101, dt_cnt_minus_one 00000 | next_layer_idc 11 (end) | DTI 10 (switch) |
//   fdiff_follows 0 | chain count ns(2) 0 | resolutions_present 0
constexpr std::uint8_t kStructure[] = {0xc5, 0x01, 0x2c, 0x80, 0xa0, 0xe0};
//   A later frame by the same template.
constexpr std::uint8_t kLater[] = {0xc5, 0x01, 0x2d};

constexpr std::uint8_t kEncrypted[] = {0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88};

// I L B E; picture id 0x1234; TID 1, U, SID 1, D; TL0PICIDX 9.
constexpr std::uint8_t kVp9[] = {0xac, 0x92, 0x34, 0x33, 0x09, 1, 2, 3};

}  // namespace

TEST_CASE("VP9: layers, picture numbers, and other numbers for the receiver") {
  const Fixture f{Codec::vp9};
  const auto bytes = packet_of(kVp9);
  const auto facts = read_facts(*f.track, f.encoding(), Codec::vp9, *rtp::Packet::parse(bytes));
  REQUIRE(facts);
  CHECK(facts->layer.spatial == 1);
  CHECK(facts->layer.temporal == 1);
  CHECK(facts->layer.frame_start);
  CHECK(facts->layer.frame_end);
  CHECK(facts->layer.inter_layer);
  CHECK(facts->layer.timestamp == 77);
  CHECK(facts->numbers.picture_id == 0x1234);
  CHECK(facts->numbers.picture_bits == 15);
  CHECK(facts->numbers.tl0_picture_index == 9);
  std::uint8_t out[500];
  const std::size_t size =
      write_egress_packet(out, {}, *f.subscription, f.subscription->line.codecs[0], *facts,
                          {.sequence = 1, .picture_id = 0x0102, .tl0_picture_index = 200});
  const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
  REQUIRE(packet);
  const auto written = rtp::parse_vp9_descriptor(packet->payload());
  REQUIRE(written);
  CHECK(written->picture_id == 0x0102);
  CHECK(written->tl0_picture_index == 200);
  CHECK(written->spatial == 1);
}

TEST_CASE("an encrypted payload: the dependency descriptor tells what is needed") {
  const Fixture f{Codec::av1};
  const auto first = packet_of(kEncrypted, kStructure);
  auto facts = read_facts(*f.track, f.encoding(), Codec::av1, *rtp::Packet::parse(first));
  REQUIRE(facts);
  CHECK(facts->layer.key_frame);
  CHECK(facts->layer.frame_start);
  CHECK(facts->numbers.described);
  CHECK(facts->numbers.frame_number == 300);
  CHECK(facts->numbers.first_template == 5);
  CHECK(facts->numbers.templates == 1);
  REQUIRE(facts->structure);

  std::uint8_t out[500];
  REQUIRE(egress_size_bound(*facts) <= sizeof out);
  const std::size_t size =
      write_egress_packet(out, {}, *f.subscription, f.subscription->line.codecs[0], *facts,
                          {.sequence = 1, .frame_number = 1000, .template_shift = 60});
  const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
  REQUIRE(packet);
  const auto extension = packet->extension(kDescriptorId);
  REQUIRE(extension);
  const auto written = rtp::parse_dependency_descriptor(*extension, nullptr);
  REQUIRE(written);
  CHECK(written->frame_number == 1000);
  CHECK(written->template_id == 1);  // 5 + 60, of 64
  CHECK(written->structure->template_id_offset == 1);
  CHECK(packet->payload().size() == sizeof kEncrypted);

  // The next frame needs the structure that came before it.
  const auto later = packet_of(kEncrypted, kLater);
  f.encoding().structure = facts->structure;
  facts = read_facts(*f.track, f.encoding(), Codec::av1, *rtp::Packet::parse(later));
  REQUIRE(facts);
  CHECK(facts->numbers.frame_number == 301);
  CHECK(facts->numbers.templates == 0);
}

TEST_CASE("padding in the place of a packet has neither its payload nor its descriptor") {
  const Fixture f{Codec::av1};
  const auto bytes = packet_of(kEncrypted, kStructure);
  auto facts = read_facts(*f.track, f.encoding(), Codec::av1, *rtp::Packet::parse(bytes));
  REQUIRE(facts);
  facts->padding_only = true;
  std::uint8_t out[500];
  const std::size_t size =
      write_egress_packet(out, {}, *f.subscription, f.subscription->line.codecs[0], *facts, {.sequence = 1});
  const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
  REQUIRE(packet);
  CHECK(packet->payload().empty());
  CHECK(packet->padding_size() == 1);
  CHECK_FALSE(packet->extension(kDescriptorId));
}

TEST_CASE("the receiver's descriptor says which decode targets it gets, or what it said as it came") {
  const Fixture f{Codec::av1};
  const auto key_descriptor = test::hex(test::kDescriptorL3T3Key);
  const auto bytes = packet_of(kEncrypted, key_descriptor);
  const auto facts = read_facts(*f.track, f.encoding(), Codec::av1, *rtp::Packet::parse(bytes));
  REQUIRE(facts);
  REQUIRE(facts->structure);
  CHECK(facts->active_targets == facts->structure->all_targets());
  f.encoding().structure = facts->structure;
  // A later packet, which is read with that structure.
  const auto later_bytes = packet_of(kEncrypted, test::hex("8f0146"));
  const auto later = read_facts(*f.track, f.encoding(), Codec::av1, *rtp::Packet::parse(later_bytes));
  REQUIRE(later);
  CHECK_FALSE(later->active_targets);
  std::uint8_t out[600];
  for (const PacketFacts* each : {&*facts, &*later}) {
    for (const std::optional<std::uint32_t> told : {std::optional<std::uint32_t>{}, std::optional{0x38U}}) {
      REQUIRE(egress_size_bound(*each) <= sizeof out);
      const std::size_t size =
          write_egress_packet(out, {}, *f.subscription, f.subscription->line.codecs[0], *each,
                              {.sequence = 1, .frame_number = 4000, .active_targets = told});
      const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
      REQUIRE(packet);
      const auto data = packet->extension(kDescriptorId);
      REQUIRE(data);
      const auto left = rtp::parse_dependency_descriptor(*data, f.encoding().structure.get());
      REQUIRE(left);
      CHECK(left->frame_number == 4000);
      CHECK(left->active_targets == (told ? told : each->active_targets));
    }
  }
}

TEST_CASE("an encrypted payload: a frame marking tells its layer, and goes on with the receiver's index") {
  const Fixture f{Codec::h264};
  // S, E, B, TID 1; LID 0; TL0PICIDX 250.
  constexpr std::uint8_t kMarking[] = {0xc9, 0x00, 250};
  const auto bytes = packet_of(kEncrypted, {}, kMarking);
  const auto facts = read_facts(*f.track, f.encoding(), Codec::h264, *rtp::Packet::parse(bytes));
  REQUIRE(facts);
  CHECK(facts->layer.temporal == 1);
  CHECK(facts->layer.sync);
  CHECK(facts->layer.frame_end);
  CHECK_FALSE(facts->unnumbered);
  CHECK(facts->numbers.indexed);
  CHECK(facts->numbers.tl0_picture_index == 250);
  std::uint8_t out[500];
  REQUIRE(egress_size_bound(*facts) <= sizeof out);
  const auto written = [&](const PacketFacts& from) {
    const std::size_t size = write_egress_packet(out, {}, *f.subscription, f.subscription->line.codecs[0],
                                                 from, {.sequence = 1, .tl0_picture_index = 3});
    const auto packet = rtp::Packet::parse(Bytes{out}.first(size));
    REQUIRE(packet);
    return packet->extension(kMarkingId);
  };
  const auto extension = written(*facts);
  REQUIRE(extension);
  CHECK(std::vector<std::uint8_t>{extension->begin(), extension->end()} ==
        std::vector<std::uint8_t>{0xc9, 0x00, 3});
  // What leaves as padding is of no frame.
  PacketFacts padding = *facts;
  padding.padding_only = true;
  CHECK_FALSE(written(padding));
}

TEST_CASE("a dependency descriptor counts before a frame marking, a malformed marking not at all") {
  const Fixture f{Codec::av1};
  constexpr std::uint8_t kMarking[] = {0x83, 0x00, 250};
  const auto both = packet_of(kEncrypted, kStructure, kMarking);
  const auto facts = read_facts(*f.track, f.encoding(), Codec::av1, *rtp::Packet::parse(both));
  REQUIRE(facts);
  CHECK(facts->layer.described);
  CHECK(facts->layer.temporal == 0);
  constexpr std::uint8_t kTooLong[] = {0x83, 0x00, 250, 0};
  const Fixture h264{Codec::h264};
  constexpr std::uint8_t kSlice[] = {0x61, 0xb8, 1, 2};
  const auto malformed = packet_of(kSlice, {}, kTooLong);
  const auto read = read_facts(*h264.track, h264.encoding(), Codec::h264, *rtp::Packet::parse(malformed));
  REQUIRE(read);
  CHECK(read->layer.temporal == 0);
  CHECK(read->layer.frame_start);
  CHECK(read->frame_marking.empty());
  const auto unread = packet_of(kEncrypted, {}, kTooLong);
  CHECK_FALSE(read_facts(*h264.track, h264.encoding(), Codec::h264, *rtp::Packet::parse(unread)));
}

TEST_CASE("H.264 pictures without references become a layer, by their slices or by markings without layers") {
  constexpr std::uint8_t kReferred[] = {0x61, 0xb8, 1, 2};
  constexpr std::uint8_t kUnreferred[] = {0x01, 0xb8, 1, 2};
  constexpr std::uint8_t kKept[] = {0xc0};
  constexpr std::uint8_t kDiscardable[] = {0xd0};
  for (const bool marked : {false, true}) {
    CAPTURE(marked);
    const Fixture f{Codec::h264};
    int began = 0;
    for (std::uint32_t i = 1; i <= 40; ++i) {
      const bool upper = i % 2 == 0;
      const Bytes slice = upper ? Bytes{kUnreferred} : Bytes{kReferred};
      const Bytes marking = upper ? Bytes{kDiscardable} : Bytes{kKept};
      const auto bytes =
          marked ? packet_of(kEncrypted, {}, marking, i * 3000) : packet_of(slice, {}, {}, i * 3000);
      auto facts = read_facts(*f.track, f.encoding(), Codec::h264, *rtp::Packet::parse(bytes));
      REQUIRE(facts);
      CHECK(facts->unnumbered);
      if (take_reference(f.encoding(), *facts)) ++began;
      CHECK(facts->layer.temporal == (upper && i >= 8 ? 1 : 0));
      CHECK(facts->layer.sync == (facts->layer.temporal == 1));
      // A packet that is asked for again is read as it was.
      const auto again = read_facts(*f.track, f.encoding(), Codec::h264, *rtp::Packet::parse(bytes));
      CHECK(again->layer.temporal == facts->layer.temporal);
    }
    CHECK(began == 1);
  }
}
