#include "rtp/packet.h"
#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

namespace {

Id add_track(World& world, Id participant, std::int32_t kind, std::int32_t codec) {
  const auto track = world.engine().add_track(world.now(), participant,
                                              {.struct_size = sizeof(weir_track_options),
                                               .kind = kind,
                                               .codec = codec,
                                               .content = WEIR_CONTENT_MAIN,
                                               .min_bitrate = 0});
  REQUIRE(track.ok());
  return *track;
}

Id add_subscription(World& world, Id participant, std::int32_t kind, std::int32_t format,
                    std::uint32_t queue = 256) {
  const auto subscription = world.engine().add_subscription(
      world.now(), participant,
      {.struct_size = sizeof(weir_subscription_options), .kind = kind, .format = format, .max_queue = queue});
  REQUIRE(subscription.ok());
  return *subscription;
}

/// A VP8 frame as far as the node looks: frame tag and, in a key frame, the size.
std::vector<std::uint8_t> vp8_frame(bool key, std::size_t size, std::uint8_t fill) {
  std::vector<std::uint8_t> frame(size, fill);
  const std::uint8_t head[] = {
      static_cast<std::uint8_t>(key ? 0x10 : 0x11), 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00};
  std::copy_n(head, key ? 10 : 3, frame.begin());
  return frame;
}

weir_status write(World& world, Id track, std::int32_t codec, Bytes data, bool key,
                  std::uint32_t level = WEIR_LEVEL_NONE) {
  weir_frame frame{};
  frame.struct_size = sizeof frame;
  frame.codec = codec;
  frame.data = data.data();
  frame.size = data.size();
  frame.time_us = to_us(world.now());
  frame.flags = key ? WEIR_FRAME_KEY : 0;
  frame.level = level;
  return world.engine().write_frame(world.now(), track, frame);
}

weir_status read(World& world, Id subscription, weir_frame& frame, std::vector<std::uint8_t>& buffer) {
  return world.engine().read(subscription, frame, buffer);
}

}  // namespace

TEST_CASE("a bot without a network: its frames come out of another bot's subscription as they went in") {
  World world{91};
  const Id room = world.open_room();
  const Id sender = world.join_local(room);
  const Id reader = world.join_local(room);
  const Id track = add_track(world, sender, WEIR_KIND_VIDEO, WEIR_CODEC_VP8);
  const Id subscription = add_subscription(world, reader, WEIR_KIND_VIDEO, WEIR_FORMAT_FRAME);
  weir_source source{};
  source.kind = WEIR_SOURCE_MEMBER;
  CHECK(world.engine().set_source(world.now(), subscription, source) == WEIR_OK);
  world.run(10ms);
  CHECK_FALSE(world.events(WEIR_EVENT_KEYFRAME_WANTED).empty());

  std::vector<std::uint8_t> buffer(100'000);
  weir_frame frame{};
  CHECK(read(world, subscription, frame, buffer) == WEIR_ERR_AGAIN);
  for (const std::size_t size :
       {std::size_t{20}, std::size_t{1160}, std::size_t{1161}, std::size_t{50'000}}) {
    const bool key = size == 20;
    const auto sent = vp8_frame(key, size, static_cast<std::uint8_t>(size));
    CHECK(write(world, track, WEIR_CODEC_VP8, sent, key) == WEIR_OK);
    world.run(66ms);
    REQUIRE(read(world, subscription, frame, buffer) == WEIR_OK);
    CHECK(std::equal(sent.begin(), sent.end(), buffer.begin(),
                     buffer.begin() + static_cast<std::ptrdiff_t>(frame.size)));
    CHECK((frame.flags & WEIR_FRAME_KEY) == (key ? 1U : 0U));
    CHECK(frame.track == track.value);
  }
  CHECK_FALSE(world.events(WEIR_EVENT_SUBSCRIPTION_READABLE).empty());
}

TEST_CASE("a bot in a room with remote people: they see it, it hears them, key frames are asked of it") {
  World world{92};
  const Id room = world.open_room();
  const Id bot = world.join_local(room);
  const Id camera = add_track(world, bot, WEIR_KIND_VIDEO, WEIR_CODEC_VP8);
  const Id ears = add_subscription(world, bot, WEIR_KIND_AUDIO, WEIR_FORMAT_FRAME);
  Client& ann = world.join(room, {.repairs = false});
  world.set_rule(ann, MediaKind::video, 0, WEIR_SOURCE_SPEAKER, 0);
  std::size_t asked = 0;
  for (int i = 0; i < 45; ++i) {
    const std::size_t wanted = world.events(WEIR_EVENT_KEYFRAME_WANTED).size();
    CHECK(write(world, camera, WEIR_CODEC_VP8, vp8_frame(wanted > asked, 3000, 1), wanted > asked) ==
          WEIR_OK);
    asked = wanted;
    world.run(66ms);
  }
  CHECK(ann.video(0).sequences.size() > 60);
  CHECK_FALSE(ann.video(0).has_gap());
  CHECK(ann.video(0).reports.size() >= 1);
  std::vector<std::uint8_t> buffer(2000);
  weir_frame frame{};
  int heard = 0;
  while (read(world, ears, frame, buffer) == WEIR_OK) ++heard;
  CHECK(heard > 50);
  CHECK(frame.codec == WEIR_CODEC_OPUS);
  CHECK(frame.track == world.track(ann, "mic").value);
}

TEST_CASE("RTP in and RTP out, numbers continuous") {
  World world{93};
  const Id room = world.open_room();
  const Id sender = world.join_local(room);
  const Id reader = world.join_local(room);
  const Id track = add_track(world, sender, WEIR_KIND_AUDIO, WEIR_CODEC_OPUS);
  const Id subscription = add_subscription(world, reader, WEIR_KIND_AUDIO, WEIR_FORMAT_RTP);
  std::vector<std::uint8_t> buffer(1500);
  weir_frame frame{};
  std::optional<std::uint16_t> last;
  for (std::uint16_t i = 0; i < 20; ++i) {
    std::uint8_t packet[15] = {};
    rtp::HeaderWriter{{.payload_type = 5,
                       .sequence = static_cast<std::uint16_t>(65'530 + i),
                       .timestamp = i * 960U,
                       .ssrc = 9}}
        .write(packet);
    packet[12] = static_cast<std::uint8_t>(i);
    CHECK(world.engine().write_rtp(world.now(), track, packet, 30) == WEIR_OK);
    world.run(20ms);
    REQUIRE(read(world, subscription, frame, buffer) == WEIR_OK);
    const auto out = rtp::Packet::parse(Bytes{buffer}.first(frame.size));
    REQUIRE(out);
    CHECK(out->payload()[0] == i);
    if (last) CHECK(out->sequence() == static_cast<std::uint16_t>(*last + 1));
    last = out->sequence();
    CHECK(frame.level == 30);
  }
  CHECK(write(world, track, WEIR_CODEC_OPUS, buffer, false) == WEIR_ERR_STATE);  // frames or RTP, not both
}

TEST_CASE("a slow reader loses the oldest, and both sides can count it") {
  World world{94};
  const Id room = world.open_room();
  const Id sender = world.join_local(room);
  const Id reader = world.join_local(room);
  const Id track = add_track(world, sender, WEIR_KIND_AUDIO, WEIR_CODEC_OPUS);
  const Id subscription = add_subscription(world, reader, WEIR_KIND_AUDIO, WEIR_FORMAT_FRAME, 3);
  for (std::uint8_t i = 0; i < 10; ++i) {
    const std::uint8_t sound[] = {0x78, i};
    CHECK(write(world, track, WEIR_CODEC_OPUS, sound, false, 20) == WEIR_OK);
    world.run(20ms);
  }
  std::vector<std::uint8_t> buffer(100);
  weir_frame frame{};
  for (std::uint8_t i = 7; i < 10; ++i) {
    REQUIRE(read(world, subscription, frame, buffer) == WEIR_OK);
    CHECK(buffer[1] == i);
  }
  CHECK(read(world, subscription, frame, buffer) == WEIR_ERR_AGAIN);
  CHECK(world.subscription_stats(subscription).queue_drops == 7);
  CHECK(world.drops(DropReason::QUEUE_FULL) == 7);
}

TEST_CASE("wrong frames and wrong objects are refused") {
  World world{95};
  const Id room = world.open_room();
  const Id bot = world.join_local(room);
  const Id track = add_track(world, bot, WEIR_KIND_VIDEO, WEIR_CODEC_VP8);
  const std::vector<std::uint8_t> frame = vp8_frame(true, 100, 1);
  CHECK(write(world, track, WEIR_CODEC_H264, frame, true) == WEIR_ERR_INVALID);
  CHECK(write(world, track, WEIR_CODEC_VP8, {}, true) == WEIR_ERR_INVALID);
  const std::vector<std::uint8_t> huge((4U << 20) + 1);
  CHECK(write(world, track, WEIR_CODEC_VP8, huge, true) == WEIR_ERR_INVALID);
  CHECK(write(world, Id{track.value + 1}, WEIR_CODEC_VP8, frame, true) == WEIR_ERR_NOT_FOUND);
  Client& ann = world.join(room);
  world.run(500ms);
  CHECK(write(world, world.track(ann, "cam"), WEIR_CODEC_VP8, frame, true) == WEIR_ERR_STATE);
  CHECK(world.engine().negotiate(world.now(), bot, ann.offer()).error().status == WEIR_ERR_STATE);
  std::vector<std::uint8_t> small(10);
  const Id ears = add_subscription(world, bot, WEIR_KIND_VIDEO, WEIR_FORMAT_FRAME);
  weir_source own{};
  own.kind = WEIR_SOURCE_TRACK;
  own.track = track.value;
  CHECK(world.engine().set_source(world.now(), ears, own) ==
        WEIR_OK);  // one's own picture may be asked for by name
  CHECK(write(world, track, WEIR_CODEC_VP8, frame, true) == WEIR_OK);
  weir_frame out{};
  CHECK(read(world, ears, out, small) == WEIR_ERR_BUFFER);
  CHECK(out.size == 100);
  small.resize(100);
  CHECK(read(world, ears, out, small) == WEIR_OK);
}

TEST_CASE("a recorder that lost a frame asks for a key frame itself") {
  World world{96};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  const Id recorder = world.join_local(room);
  const Id tape = add_subscription(world, recorder, WEIR_KIND_VIDEO, WEIR_FORMAT_FRAME, 10'000);
  weir_source source{};
  source.kind = WEIR_SOURCE_MEMBER;
  CHECK(world.engine().set_source(world.now(), tape, source) == WEIR_OK);
  world.run(2s);
  world.link(ann).loss = 0.9;
  world.run(2s);
  world.link(ann).loss = 0;
  world.run(4s);
  std::vector<std::uint8_t> buffer(2000);
  weir_frame frame{};
  std::optional<std::int64_t> last;
  int frames = 0;
  while (read(world, tape, frame, buffer) == WEIR_OK) {
    last = frame.time_us;
    ++frames;
  }
  CHECK(frames > 70);  // the camera made 8 s of 15 a second
}

TEST_CASE(
    "a reader that was too slow for video gets a key frame once it has caught up, and no storm before") {
  World world{97};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  const Id recorder = world.join_local(room);
  const Id tape = add_subscription(world, recorder, WEIR_KIND_VIDEO, WEIR_FORMAT_FRAME, 16);
  weir_source source{};
  source.kind = WEIR_SOURCE_MEMBER;
  CHECK(world.engine().set_source(world.now(), tape, source) == WEIR_OK);
  world.run(5s);
  CHECK(world.subscription_stats(tape).queue_drops > 30);
  const int asked = ann.plis_received();
  CHECK(asked <= 2);
  std::vector<std::uint8_t> buffer(2000);
  weir_frame frame{};
  while (read(world, tape, frame, buffer) == WEIR_OK) continue;
  world.run(500ms);
  CHECK(ann.plis_received() == asked + 1);
  bool key = false;
  while (read(world, tape, frame, buffer) == WEIR_OK) key = key || (frame.flags & WEIR_FRAME_KEY) != 0;
  CHECK(key);
}

TEST_CASE("a frame that does not fit the queue leaves no packet of it there") {
  engine::Options options;
  options.packet_buffers = 64;  // the queue then holds 256 packets
  World world{98, options};
  const Id room = world.open_room();
  const Id bot = world.join_local(room);
  const Id track = add_track(world, bot, WEIR_KIND_VIDEO, WEIR_CODEC_H264);
  // Two such units do not fit one packet: there are more packets than the size tells.
  std::vector<std::uint8_t> frame;
  for (int i = 0; i < 260; ++i) {
    frame.insert(frame.end(), {0, 0, 0, 1, 0x65, 0x88});
    frame.insert(frame.end(), 694, 0x55);
  }
  CHECK(write(world, track, WEIR_CODEC_H264, frame, true) == WEIR_ERR_LIMIT);
  CHECK(world.track_stats(track).packets_received == 0);
  CHECK(world.drops(DropReason::QUEUE_FULL) == 1);
  CHECK(world.drops(DropReason::NO_BUFFER) == 0);
  frame.resize(200 * 700);
  CHECK(write(world, track, WEIR_CODEC_H264, frame, true) == WEIR_OK);
  CHECK(world.track_stats(track).packets_received == 200);
}

TEST_CASE("any capture time is taken as it is, or refused") {
  World world{99};
  const Id room = world.open_room();
  const Id bot = world.join_local(room);
  const Id track = add_track(world, bot, WEIR_KIND_AUDIO, WEIR_CODEC_OPUS);
  const std::uint8_t sound[] = {0x78, 1};
  weir_frame frame{};
  frame.struct_size = sizeof frame;
  frame.codec = WEIR_CODEC_OPUS;
  frame.data = sound;
  frame.size = sizeof sound;
  Client& ann = world.join(room);
  world.run(500ms);
  const std::int64_t edge = std::int64_t{1} << 60;
  for (const std::int64_t time_us : {std::int64_t{0}, edge, -edge, std::int64_t{-1}, edge / 3}) {
    frame.time_us = time_us;
    CHECK(world.engine().write_frame(world.now(), track, frame) == WEIR_OK);
    world.run(1500ms);
  }
  for (const std::int64_t time_us : {INT64_MAX, INT64_MIN, edge + 1, -edge - 1}) {
    frame.time_us = time_us;
    CHECK(world.engine().write_frame(world.now(), track, frame) == WEIR_ERR_INVALID);
  }
  CHECK(ann.peer().connected());
}

TEST_CASE("RTP of the host that begins another numbering goes on after a few packets") {
  World world{100};
  const Id room = world.open_room();
  const Id bot = world.join_local(room);
  const Id track = add_track(world, bot, WEIR_KIND_AUDIO, WEIR_CODEC_OPUS);
  const Id ears = add_subscription(world, world.join_local(room), WEIR_KIND_AUDIO, WEIR_FORMAT_RTP);
  std::vector<std::uint8_t> buffer(1500);
  weir_frame frame{};
  const auto play = [&](std::uint16_t first, int count) {
    int heard = 0;
    for (int i = 0; i < count; ++i) {
      std::uint8_t packet[15] = {};
      rtp::HeaderWriter{{.payload_type = 5,
                         .sequence = static_cast<std::uint16_t>(first + i),
                         .timestamp = static_cast<std::uint32_t>(i) * 960U,
                         .ssrc = 9}}
          .write(packet);
      CHECK(world.engine().write_rtp(world.now(), track, packet, 30) == WEIR_OK);
      world.run(20ms);
      while (read(world, ears, frame, buffer) == WEIR_OK) ++heard;
    }
    return heard;
  };
  CHECK(play(30'000, 50) == 50);
  CHECK(play(10'000, 50) >= 40);
}
