// What comes out of the engine decodes, whatever layers were left out of it: real VP9 of libvpx with three
// spatial and three temporal layers, and a recorded VP8 stream.
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include <algorithm>

#include "rtp/packet.h"
#include "rtp/payload.h"
#include "rtp/vp9_descriptor.h"
#include "scenario/world.h"
#include "support/shared_data.h"
#include "support/vp9_svc.h"
#include "unit/rtp/material.h"

using namespace weir;
using namespace weir::scenario;

namespace {

constexpr std::uint32_t kSecond = 30;  // pictures

/// A local publisher of VP9 and a local reader of RTP packets, one on each side of the engine.
class Vp9Room {
 public:
  explicit Vp9Room(bool independent) : encoder_(independent) {
    const Id room = world_.open_room();
    const Id sender = world_.join_local(room);
    const Id receiver = world_.join_local(room);
    track_ = *world_.engine().add_track(world_.now(), sender,
                                        {.struct_size = sizeof(weir_track_options),
                                         .kind = WEIR_KIND_VIDEO,
                                         .codec = WEIR_CODEC_VP9,
                                         .content = WEIR_CONTENT_MAIN});
    subscription_ = *world_.engine().add_subscription(world_.now(), receiver,
                                                      {.struct_size = sizeof(weir_subscription_options),
                                                       .kind = WEIR_KIND_VIDEO,
                                                       .format = WEIR_FORMAT_RTP,
                                                       .max_queue = 4096});
    weir_source source{};
    source.struct_size = sizeof source;
    source.kind = WEIR_SOURCE_TRACK;
    source.track = track_.value;
    REQUIRE(world_.engine().set_source(world_.now(), subscription_, source) == WEIR_OK);
  }

  void want(std::uint32_t spatial, std::uint32_t temporal) {
    weir_wants wants{};
    wants.struct_size = sizeof wants;
    wants.priority = 1;
    wants.visible = 1;
    wants.max_spatial = spatial;
    wants.max_temporal = temporal;
    REQUIRE(world_.engine().set_wants(world_.now(), subscription_, wants) == WEIR_OK);
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
