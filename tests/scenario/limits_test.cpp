#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

TEST_CASE("rooms and participants: the one at the limit gets in, the next is refused") {
  engine::Options options;
  options.max_rooms = 2;
  options.max_participants = 5;
  options.max_room_participants = 3;
  World world{81, options};
  const Id first = world.open_room();
  const Id second = world.open_room(2);
  const auto third = world.engine().open_room(world.now(), {});
  REQUIRE_FALSE(third.ok());
  CHECK(third.error().status == WEIR_ERR_LIMIT);
  const auto join = [&](Id room) {
    return world.engine().join(world.now(), room, World::default_participant());
  };
  CHECK(join(first).ok());
  CHECK(join(first).ok());
  CHECK(join(first).ok());
  CHECK(join(first).error().status == WEIR_ERR_LIMIT);  // max_room_participants
  CHECK(join(second).ok());
  CHECK(join(second).ok());
  CHECK(join(second).error().status == WEIR_ERR_LIMIT);  // the room's own
  const auto members = world.engine().room_participants(first);
  CHECK(world.engine().leave(world.now(), Id{members->front()}) == WEIR_OK);
  CHECK(join(first).ok());  // a place became free
  CHECK(world.node_stats().limit_refusals == 3);
  CHECK(world.engine().close_room(world.now(), second) == WEIR_OK);
  CHECK(world.engine().open_room(world.now(), {}).ok());
}

TEST_CASE("an offer with too many lines changes nothing") {
  engine::Options options;
  options.max_tracks_per_participant = 2;
  options.max_subscriptions_per_participant = 4;
  World world{82, options};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  world.run(1s);
  ann.person().sends_screen = true;
  CHECK(world.negotiate(ann) == WEIR_ERR_LIMIT);
  CHECK(world.engine().participant_tracks(ann.id)->size() == 2);
  ann.person().sends_screen = false;
  ann.person().receives_video = 3;
  CHECK(world.negotiate(ann) == WEIR_ERR_LIMIT);
  CHECK(world.engine().participant_subscriptions(ann.id)->size() == 4);
  ann.person().receives_video = 1;
  CHECK(world.negotiate(ann) == WEIR_OK);
  CHECK(world.engine().participant_subscriptions(ann.id)->size() == 3);
}

TEST_CASE("an offer that is too long, and one that cannot be used, are refused with the reason") {
  engine::Options options;
  options.max_sdp_bytes = 20'000;
  World world{83, options};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  const std::string offer = ann.offer();
  const std::string padded = offer + "a=x:" + std::string(20'000 - offer.size() - 6, 'x') + "\r\n";
  REQUIRE(padded.size() == 20'000);
  CHECK(world.engine().negotiate(world.now(), ann.id, padded).ok());
  const auto longer = world.engine().negotiate(world.now(), ann.id, padded + " ");
  REQUIRE_FALSE(longer.ok());
  CHECK(longer.error().status == WEIR_ERR_LIMIT);
  const auto bad = world.engine().negotiate(world.now(), ann.id,
                                            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio x\r\n");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().status == WEIR_ERR_SDP);
  CHECK(bad.error().line == 5);
  CHECK_FALSE(bad.error().reason.empty());
}

TEST_CASE("the event queue is full: the last event says how many were lost") {
  engine::Options options;
  options.max_events = 4;
  World world{84, options};
  const Id room = world.open_room();
  // Without draining: joins of local people with a track each.
  for (int i = 0; i < 6; ++i) {
    weir_participant_options local = World::default_participant();
    local.kind = WEIR_PARTICIPANT_LOCAL;
    const auto joined = world.engine().join(world.now(), room, local);
    REQUIRE(joined.ok());
    CHECK(world.engine()
              .add_track(world.now(), *joined,
                         {.struct_size = 0,
                          .kind = WEIR_KIND_AUDIO,
                          .codec = WEIR_CODEC_OPUS,
                          .content = 0,
                          .min_bitrate = 0})
              .ok());
  }
  std::vector<weir_event> events;
  weir_event event;
  while (world.engine().next_event(event)) events.push_back(event);
  REQUIRE(events.size() == 4);
  CHECK(events[2].type == WEIR_EVENT_TRACK_ADDED);
  CHECK(events[3].type == WEIR_EVENT_LOST);
  CHECK(events[3].value == 3);
  CHECK(world.node_stats().events_lost == 3);
}

TEST_CASE("the packet pool runs dry: repair shrinks, forwarding goes on") {
  engine::Options options;
  options.packet_buffers = 64;
  World world{85, options};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(5s);
  CHECK(bob.video(0).sequences.size() > 180);
  CHECK_FALSE(bob.video(0).has_gap());
  const auto stats = world.node_stats();
  CHECK(stats.packet_buffers_used <= stats.packet_buffers);
  CHECK(stats.drops[WEIR_DROP_NO_BUFFER] == 0);
}
