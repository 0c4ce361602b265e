// What comes out of the engine decodes, whatever layers were left out of it: real VP9 of libvpx with three
// spatial and three temporal layers, and a recorded VP8 stream.
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include <algorithm>

#include "rtp/packet.h"
#include "rtp/payload.h"
#include "rtp/vp9_descriptor.h"
#include "scenario/local_tracks.h"
#include "support/shared_data.h"
#include "support/vp9_svc.h"
#include "unit/rtp/material.h"

using namespace weir;
using namespace weir::scenario;
using weir::test::pcap_payloads;

namespace {

constexpr std::uint32_t kSecond = 30;  // pictures

/// A local publisher of VP9 and a local reader of RTP packets, one on each side of the engine.
class Vp9Room {
 public:
  explicit Vp9Room(bool independent) : encoder_(independent) {
    const Id room = world_.open_room();
    const Id sender = world_.join_local(room);
    const Id receiver = world_.join_local(room);
    track_ = add_track(world_, sender, WEIR_CODEC_VP9);
    subscription_ = add_reader(world_, receiver, WEIR_FORMAT_RTP);
    watch(world_, subscription_, track_);
  }

  void want(std::uint32_t spatial, std::uint32_t temporal) {
    weir::scenario::want(world_, subscription_, spatial, temporal);
  }

  struct Seen {
    int pictures = 0;
    int decoded = 0;
    unsigned width = 0;         // of the last
    std::uint8_t temporal = 0;  // the highest
  };
  /// Sends pictures, one in 33 ms, and decodes what arrives.
  Seen run(std::uint32_t pictures) {
    Seen seen;
    for (std::uint32_t i = 0; i < pictures; ++i) {
      send();
      world_.run(33ms);
      receive(seen);
    }
    return seen;
  }

 private:
  void send() {
    const auto wanted = world_.events(WEIR_EVENT_KEYFRAME_WANTED).size();
    const bool key = number_ == 0 || wanted != key_requests_;
    key_requests_ = wanted;
    const auto frames = encoder_.encode(key);
    ++number_;
    picture_id_ = static_cast<std::uint16_t>((picture_id_ + 1) & 0x7fff);
    if (!frames.empty() && frames.front().temporal == 0) ++tl0_;
    for (const auto& payload : test::packetize_vp9(frames, picture_id_, tl0_, 900)) {
      std::vector<std::uint8_t> packet(20);
      const std::size_t header = rtp::HeaderWriter{
          {.marker = payload.marker,
           .payload_type = 96,
           .sequence = sequence_++,
           .timestamp = number_ * 3000,
           .ssrc = 1}}.write(packet);
      packet.resize(header);
      packet.insert(packet.end(), payload.bytes.begin(), payload.bytes.end());
      REQUIRE(world_.engine().write_rtp(world_.now(), track_, packet, WEIR_LEVEL_NONE) == WEIR_OK);
    }
  }

  void receive(Seen& seen) {
    std::vector<std::uint8_t> buffer(1600);
    weir_frame frame{};
    frame.struct_size = sizeof frame;
    std::vector<std::uint8_t> picture;
    while (world_.engine().read(subscription_, frame, buffer) == WEIR_OK) {
      const auto packet = rtp::Packet::parse(Bytes{buffer}.first(frame.size));
      REQUIRE(packet);
      if (last_sequence_) REQUIRE(packet->sequence() == static_cast<std::uint16_t>(*last_sequence_ + 1));
      last_sequence_ = packet->sequence();
      const auto descriptor = rtp::parse_vp9_descriptor(packet->payload());
      REQUIRE(descriptor);
      seen.temporal = std::max(seen.temporal, descriptor->temporal);
      const Bytes data = packet->payload().subspan(descriptor->size);
      picture.insert(picture.end(), data.begin(), data.end());
      if (!packet->marker()) continue;
      ++seen.pictures;
      seen.width = decoder_.decode(picture);
      seen.decoded += seen.width != 0 ? 1 : 0;
      picture.clear();
    }
    CHECK(picture.empty());  // each picture ends with a marker
  }

  World world_{81};
  test::Vp9SvcEncoder encoder_;
  test::Vp9Decoder decoder_;
  Id track_;
  Id subscription_;
  std::uint32_t number_ = 0;
  std::size_t key_requests_ = 0;
  std::uint16_t picture_id_ = 0x7ff0;
  std::uint8_t tl0_ = 250;
  std::uint16_t sequence_ = 65'000;
  std::optional<std::uint16_t> last_sequence_;
};

void check_ladder(bool independent) {
  Vp9Room room{independent};
  Vp9Room::Seen seen = room.run(2 * kSecond);
  CHECK(seen.decoded == seen.pictures);
  CHECK(seen.pictures >= 58);
  CHECK(seen.width == 320);
  CHECK(seen.temporal == 2);

  room.want(2, 0);
  seen = room.run(kSecond);
  CHECK(seen.decoded == seen.pictures);
  CHECK(seen.pictures <= 9);
  CHECK(seen.width == 320);

  room.want(0, 2);
  seen = room.run(4 * kSecond);  // the stream does not say where layers may be joined: a key frame, later
  CHECK(seen.decoded == seen.pictures);
  CHECK(seen.width == 80);
  CHECK(seen.temporal == 2);

  room.want(1, 1);
  seen = room.run(2 * kSecond);
  CHECK(seen.decoded == seen.pictures);
  CHECK(seen.width == 160);
  CHECK(seen.temporal == 1);

  room.want(2, 2);
  seen = room.run(2 * kSecond);
  CHECK(seen.decoded == seen.pictures);
  CHECK(seen.width == 320);
}

}  // namespace

TEST_CASE("VP9 L3T3: every picture of every choice of layers decodes") {
  check_ladder(false);
}

TEST_CASE("VP9 L3T3_KEY: every picture of every choice of layers decodes") {
  check_ladder(true);
}

TEST_CASE("a recorded VP8 stream decodes behind the engine, also when its sender changes in the middle") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/str0m");
  const auto packets = pcap_payloads(test::read_file(*folder / "vp8.pcap"));
  REQUIRE(packets.size() > 100);
  World world{82};
  const Id room = world.open_room();
  const Id ann = add_track(world, world.join_local(room), WEIR_CODEC_VP8);
  const Id bob = add_track(world, world.join_local(room), WEIR_CODEC_VP8);
  const Id reader = add_reader(world, world.join_local(room), WEIR_FORMAT_FRAME);
  vpx_codec_ctx_t decoder{};
  REQUIRE(vpx_codec_dec_init(&decoder, vpx_codec_vp8_dx(), nullptr, 0) == VPX_CODEC_OK);
  int frames = 0;
  int pictures = 0;
  std::vector<std::uint8_t> buffer(1 << 20);
  const auto decode = [&] {
    weir_frame frame{};
    frame.struct_size = sizeof frame;
    while (world.engine().read(reader, frame, buffer) == WEIR_OK) {
      ++frames;
      const auto size = static_cast<unsigned>(frame.size);
      CHECK(vpx_codec_decode(&decoder, buffer.data(), size, nullptr, 0) == VPX_CODEC_OK);
      vpx_codec_iter_t iterator = nullptr;
      while (vpx_codec_get_frame(&decoder, &iterator) != nullptr) ++pictures;
      int corrupted = 0;
      vpx_codec_control(&decoder, VP8D_GET_FRAME_CORRUPTED, &corrupted);
      CHECK(corrupted == 0);
    }
  };
  // Both send the recording, Bob a second later; each change waits for a key frame of the other.
  watch(world, reader, ann);
  std::size_t changes = 0;
  for (std::size_t i = 0; i < packets.size() + 40; ++i) {
    if (i < packets.size()) {
      REQUIRE(world.engine().write_rtp(world.now(), ann, packets[i], WEIR_LEVEL_NONE) == WEIR_OK);
    }
    if (i >= 40) {
      REQUIRE(world.engine().write_rtp(world.now(), bob, packets[i - 40], WEIR_LEVEL_NONE) == WEIR_OK);
    }
    if (i == 20) watch(world, reader, bob);
    world.run(30ms);
    decode();
    const weir_subscription_stats stats = world.subscription_stats(reader);
    changes = stats.source_changes;
  }
  vpx_codec_destroy(&decoder);
  CHECK(changes == 2);  // Ann, then Bob
  CHECK(frames > 100);
  CHECK(pictures == frames);
}

TEST_CASE("VP9 frames of libvpx that a host writes are read as they were, and decode") {
  World world{98};
  const Id room = world.open_room();
  const Id sender = world.join_local(room);
  const Id receiver = world.join_local(room);
  const Id track = add_track(world, sender, WEIR_CODEC_VP9);
  const Id reader = add_reader(world, receiver, WEIR_FORMAT_FRAME);
  watch(world, reader, track);
  world.run(10ms);
  test::Vp9SvcEncoder encoder{false};
  test::Vp9Decoder decoder;
  std::vector<std::uint8_t> buffer(100'000);
  for (int i = 0; i < 40; ++i) {
    const bool key = i % 20 == 0;
    const test::Vp9LayerFrame sent = encoder.encode(key).front();  // the lowest layer: a stream of its own
    weir_frame frame{};
    frame.struct_size = sizeof frame;
    frame.codec = WEIR_CODEC_VP9;
    frame.data = sent.bytes.data();
    frame.size = sent.bytes.size();
    frame.time_us = to_us(world.now());
    REQUIRE(world.engine().write_frame(world.now(), track, frame) == WEIR_OK);
    world.run(33ms);
    REQUIRE(world.engine().read(reader, frame, buffer) == WEIR_OK);
    CHECK(std::equal(sent.bytes.begin(), sent.bytes.end(), buffer.begin(),
                     buffer.begin() + static_cast<std::ptrdiff_t>(frame.size)));
    CHECK(((frame.flags & WEIR_FRAME_KEY) != 0) == key);
    CHECK(decoder.decode(Bytes{frame.data, frame.size}) > 0);
  }
}
