// SSRCs that come, go and return, and requests for key frames.
#include "rtp/packet.h"
#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

namespace {

/// A media or RTX packet of a camera, as the client might have sent it a while ago.
std::vector<std::uint8_t> old_packet(std::uint32_t ssrc, std::uint8_t payload_type, std::uint16_t sequence,
                                     std::optional<std::uint16_t> original) {
  std::vector<std::uint8_t> packet(64);
  const std::size_t head =
      rtp::HeaderWriter{
          {.marker = true, .payload_type = payload_type, .sequence = sequence, .timestamp = 1, .ssrc = ssrc}}
          .write(packet);
  packet.resize(head);
  if (original) {
    packet.resize(head + 2);
    store_u16(&packet[head], *original);
  }
  packet.insert(packet.end(), {0x80, 0xe0, 0x81, 0x00, 0x01, 0x00, 0x11, 0, 0});
  return packet;
}

}  // namespace

TEST_CASE("late packets of an SSRC that was replaced change nothing") {
  World world{111};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  const std::uint32_t before = ann.camera_ssrc();
  const std::uint32_t before_rtx = 0x20000U + ann.number();
  ann.renew_camera_ssrc();
  world.run(300ms);
  const std::size_t changes = world.events(WEIR_EVENT_SUBSCRIPTION_SOURCE).size();
  const int asked = ann.plis_received();
  const std::size_t seen = bob.video(0).sequences.size();
  const std::uint64_t dropped = world.drops(DropReason::RTP_UNKNOWN_STREAM);
  for (std::uint16_t i = 0; i < 20; ++i) {
    ann.send_rtp(old_packet(before, 96, static_cast<std::uint16_t>(100 + i), std::nullopt));
    ann.send_rtp(
        old_packet(before_rtx, 97, static_cast<std::uint16_t>(5000 + i), static_cast<std::uint16_t>(90 + i)));
    world.run(30ms);
  }
  CHECK(world.drops(DropReason::RTP_UNKNOWN_STREAM) == dropped + 40);
  CHECK(world.events(WEIR_EVENT_SUBSCRIPTION_SOURCE).size() == changes);
  CHECK(ann.plis_received() == asked);
  world.run(1s);
  CHECK(bob.video(0).sequences.size() > seen + 60);
  CHECK_FALSE(bob.video(0).has_gap());
  for (std::size_t i = 1; i < bob.video(0).timestamps.size(); ++i) {
    REQUIRE(static_cast<std::int32_t>(bob.video(0).timestamps[i] - bob.video(0).timestamps[i - 1]) >= 0);
  }
  CHECK(world.track_stats(world.track(ann, "cam")).packets_lost == 0);
}

TEST_CASE("statistics of a track go on counting over a change of its SSRC") {
  World world{112};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  world.run(2s);
  const Id camera = world.track(ann, "cam");
  weir_track_stats last = world.track_stats(camera);
  ann.renew_camera_ssrc();
  for (int i = 0; i < 10; ++i) {
    world.run(50ms);
    const weir_track_stats now = world.track_stats(camera);
    REQUIRE(now.packets_received >= last.packets_received);
    REQUIRE(now.bytes_received >= last.bytes_received);
    REQUIRE(now.frames_received >= last.frames_received);
    last = now;
  }
}

TEST_CASE("frames are counted once, also when their packets are swapped or sent again") {
  World world{113};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  world.link(ann).jitter = 90ms;
  world.link(ann).loss = 0.05;
  world.run(5s);
  const weir_track_stats stats = world.track_stats(world.track(ann, "cam"));
  CHECK(stats.frames_received > 50);
  CHECK(stats.frames_received <= 5 * 15);
}

TEST_CASE("a receiver that asks for key frames without end does not get them without end") {
  World world{114};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  const int before = ann.plis_received();
  for (int i = 0; i < 250; ++i) {
    bob.ask_for_key_frame(0);
    world.run(20ms);
  }
  CHECK(ann.plis_received() - before >= 8);
  CHECK(ann.plis_received() - before <= 11);
  CHECK(world.subscription_stats(world.subscription(bob, "rv0")).pli_count == 250);
}

TEST_CASE("lines that come back stand in their place, and a mid may come back as another kind") {
  World world{115};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  weir_participant_options options = World::default_participant();
  options.default_video_source = WEIR_SOURCE_MEMBER;
  Client& bob = world.join(room, {.sends_audio = false, .sends_video = false, .receives_video = 3}, options);
  world.run(1s);
  const std::string offer = bob.offer();
  const auto mids = [&] {
    std::string all;
    const auto ids = world.engine().participant_subscriptions(bob.id);
    for (const std::uint64_t id : *ids) all += std::string{world.info(Id{id}).mid} + " ";
    return all;
  };
  CHECK(mids() == "ra0 ra1 rv0 rv1 rv2 ");
  std::string without = offer;
  const std::size_t at = without.find("a=recvonly", without.find("a=mid:rv1"));
  without.replace(at, 10, "a=inactive");
  REQUIRE(world.engine().negotiate(world.now(), bob.id, without).ok());
  CHECK(mids() == "ra0 ra1 rv0 rv2 ");
  REQUIRE(world.engine().negotiate(world.now(), bob.id, offer).ok());
  CHECK(mids() == "ra0 ra1 rv0 rv1 rv2 ");
  CHECK(world.info(world.subscription(bob, "rv1")).source_rank == 1);

  // The camera's mid becomes a line on which Ann receives sound.
  std::string other = ann.offer();
  const std::size_t camera = other.find("m=video");
  const std::size_t end = other.find("m=", camera + 2);
  std::string line = other.substr(other.find("m=audio"), camera - other.find("m=audio"));
  line.replace(line.find("a=mid:mic"), 9, "a=mid:cam");
  line.replace(line.find("a=sendonly"), 10, "a=recvonly");
  line.erase(line.find("a=ssrc:"));
  other.replace(camera, end - camera, line);
  world.watch(bob, 0, ann);
  const Id before = world.track(ann, "cam");
  REQUIRE(world.engine().negotiate(world.now(), ann.id, other).ok());
  world.run(500ms);
  CHECK_FALSE(world.track(ann, "cam"));
  weir_track_info gone{};
  CHECK(world.engine().track_info(before, gone) == WEIR_ERR_NOT_FOUND);
  CHECK(world.info(world.subscription(ann, "cam")).kind == WEIR_KIND_AUDIO);
  CHECK(world.info(world.subscription(bob, "rv0")).source_kind == WEIR_SOURCE_NONE);
  CHECK(world.info(world.subscription(bob, "rv0")).track == 0);
  REQUIRE(world.negotiate(ann) == WEIR_OK);
  world.run(500ms);
  CHECK(world.track(ann, "cam") != before);
}
