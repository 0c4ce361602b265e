// Recorded streams through parser, selector and rewriter: what leaves is what came in, in one stream, also
// over a change of their sender. (VP8 is decoded as well: decode_test.cpp.)
#include <algorithm>

#include "rtp/packet.h"
#include "rtp/payload.h"
#include "scenario/world.h"
#include "support/shared_data.h"
#include "unit/rtp/material.h"

using namespace weir;
using namespace weir::scenario;

namespace {

using Packets = std::vector<std::vector<std::uint8_t>>;

struct Local {
  World world{83};
  Id room = world.open_room();

  Id add_track(std::int32_t codec) {
    return *world.engine().add_track(world.now(), world.join_local(room),
                                     {.struct_size = sizeof(weir_track_options),
                                      .kind = WEIR_KIND_VIDEO,
                                      .codec = codec,
                                      .content = WEIR_CONTENT_MAIN,
                                      .min_bitrate = 0});
  }
  Id add_reader() {
    return *world.engine().add_subscription(world.now(), world.join_local(room),
                                            {.struct_size = sizeof(weir_subscription_options),
                                             .kind = WEIR_KIND_VIDEO,
                                             .format = WEIR_FORMAT_RTP,
                                             .max_queue = 4096});
  }
  void watch(Id reader, Id track) {
    weir_source source{};
    source.struct_size = sizeof source;
    source.kind = WEIR_SOURCE_TRACK;
    source.track = track.value;
    REQUIRE(world.engine().set_source(world.now(), reader, source) == WEIR_OK);
  }
  /// In their order, each picture 33 ms after the one before.
  void write(Id track, const std::vector<std::uint8_t>& packet) {
    REQUIRE(world.engine().write_rtp(world.now(), track, packet, WEIR_LEVEL_NONE) == WEIR_OK);
  }
  Packets read(Id reader) {
    Packets packets;
    std::vector<std::uint8_t> buffer(1600);
    weir_frame frame{};
    frame.struct_size = sizeof frame;
    while (world.engine().read(reader, frame, buffer) == WEIR_OK) {
      packets.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(frame.size));
    }
    return packets;
  }
};

/// Both send the recording; the receiver goes from one to the other when half of it is through.
void pass_through(const Packets& recorded, Codec codec, std::int32_t named) {
  Local local;
  const Id ann = local.add_track(named);
  const Id bob = local.add_track(named);
  const Id reader = local.add_reader();
  local.watch(reader, ann);
  Packets left;
  std::optional<std::uint32_t> timestamp;
  const auto play = [&](Id track) {
    for (const auto& bytes : recorded) {
      const auto packet = rtp::Packet::parse(bytes);
      REQUIRE(packet);
      if (timestamp != packet->timestamp()) local.world.run(33ms);
      timestamp = packet->timestamp();
      local.write(track, bytes);
      for (auto& each : local.read(reader)) left.push_back(std::move(each));
    }
  };
  play(ann);
  const std::size_t first = left.size();
  local.watch(reader, bob);
  play(bob);
  CHECK(local.world.subscription_stats(reader).source_changes == 2);

  // From the first key frame on nothing is missing, twice over, with one run of numbers.
  const auto begins = [&](const std::vector<std::uint8_t>& bytes) {
    const auto facts = rtp::parse_payload(codec, rtp::Packet::parse(bytes)->payload());
    return facts && facts->key_frame;
  };
  const auto key = std::find_if(recorded.begin(), recorded.end(), begins);
  REQUIRE(key != recorded.end());
  std::size_t at = 0;
  for (const std::size_t count : {first, left.size() - first}) {
    auto source = key;
    for (std::size_t i = 0; i < count; ++i, ++at, ++source) {
      CAPTURE(at);
      while (source != recorded.end() && !rtp::parse_payload(codec, rtp::Packet::parse(*source)->payload())) {
        ++source;  // malformed as recorded
      }
      REQUIRE(source != recorded.end());
      const auto sent = rtp::Packet::parse(*source);
      const auto got = rtp::Packet::parse(left[at]);
      REQUIRE(got);
      CHECK(std::equal(got->payload().begin(), got->payload().end(), sent->payload().begin(),
                       sent->payload().end()));
      CHECK(got->marker() == sent->marker());
      if (at == 0) continue;
      const auto before = rtp::Packet::parse(left[at - 1]);
      CHECK(got->sequence() == static_cast<std::uint16_t>(before->sequence() + 1));
      CHECK(static_cast<std::int32_t>(got->timestamp() - before->timestamp()) >= (i == 0 ? 1 : 0));
    }
    while (source != recorded.end() && !rtp::parse_payload(codec, rtp::Packet::parse(*source)->payload())) {
      ++source;
    }
    CHECK(source == recorded.end());
  }
}

}  // namespace

TEST_CASE("a recorded AV1 stream goes through whole, and over a change of its sender") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/str0m");
  const auto recorded = test::pcap_payloads(test::read_file(*folder / "av1.pcap"));
  REQUIRE(recorded.size() > 100);
  pass_through(recorded, Codec::av1, WEIR_CODEC_AV1);
}

TEST_CASE("a recorded H.264 stream goes through whole, and over a change of its sender") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/webrtc_rtpdump");
  const auto recorded = test::rtpdump_payloads(test::read_file(*folder / "video.rtpdump"));
  REQUIRE(recorded.size() > 100);
  pass_through(recorded, Codec::h264, WEIR_CODEC_H264);
}
