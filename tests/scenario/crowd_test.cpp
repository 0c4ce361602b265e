// A full room. Most of its people are bots, which cost no handshake; the engine does for them what it does
// for all.
#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

TEST_CASE("five hundred people in one room: the last to come sees and hears, and all can leave at once") {
  World world{121};
  const Id room = world.open_room();
  Client& ann = world.join(room, {.receives_audio = 3, .receives_video = 9});
  for (int line = 0; line < 9; ++line) {
    world.set_rule(ann, MediaKind::video, line, WEIR_SOURCE_SPEAKER, static_cast<std::uint32_t>(line));
  }
  weir_participant_options options = World::default_participant();
  options.default_video_source = WEIR_SOURCE_SPEAKER;
  std::vector<Id> microphones;
  std::vector<Id> ears;
  for (int i = 0; i < 498; ++i) {
    const Id bot = world.join_local(room, options);
    const auto track = [&](std::int32_t kind, std::int32_t codec) {
      return *world.engine().add_track(world.now(), bot,
                                       {.struct_size = sizeof(weir_track_options),
                                        .kind = kind,
                                        .codec = codec,
                                        .content = WEIR_CONTENT_MAIN,
                                        .min_bitrate = 0});
    };
    microphones.push_back(track(WEIR_KIND_AUDIO, WEIR_CODEC_OPUS));
    track(WEIR_KIND_VIDEO, WEIR_CODEC_VP8);
    ears.push_back(*world.engine().add_subscription(world.now(), bot,
                                                    {.struct_size = sizeof(weir_subscription_options),
                                                     .kind = WEIR_KIND_AUDIO,
                                                     .format = WEIR_FORMAT_RTP,
                                                     .max_queue = 4}));
  }
  Client& bob = world.join(room, {.receives_audio = 3, .receives_video = 9});
  const auto refused = world.engine().join(world.now(), room, options);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().status == WEIR_ERR_LIMIT);

  ann.set_talking(true);
  world.set_rule(bob, MediaKind::video, 0, WEIR_SOURCE_SPEAKER, 0);
  world.run(1s);
  const std::uint8_t sound[] = {0x78, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0};
  weir_frame frame{};
  frame.codec = WEIR_CODEC_OPUS;
  frame.data = sound;
  frame.size = sizeof sound;
  frame.level = 25;
  for (int i = 0; i < 40; ++i) {
    frame.time_us = to_us(world.now());
    CHECK(world.engine().write_frame(world.now(), microphones[static_cast<std::size_t>(250 + i % 3)],
                                     frame) == WEIR_OK);
    world.run(20ms);
  }
  CHECK(bob.video(0).last_sender() == ann.number());
  CHECK(bob.audio(0).sequences.size() > 10);
  CHECK(world.drops(DropReason::SEND_BUFFER) == 0);
  std::vector<std::uint8_t> buffer(1500);
  CHECK(world.engine().read(ears[17], frame, buffer) == WEIR_OK);
  CHECK(world.engine().room_speakers(room)->front() == ann.id.value);

  CHECK(world.engine().close_room(world.now(), room) == WEIR_OK);
  world.run(100ms);
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_LEFT).size() == 500);
  CHECK(world.node_stats().subscriptions == 0);
  world.run(31s);  // the last that was due was consent
  CHECK(world.engine().deadline() == kNever);
}
