#include "sfu/sfu.h"

#include "unit/sfu/control_world.h"

using namespace weir;
using namespace weir::sfu;
using namespace weir::sfu::test;

TEST_CASE(
    "a track that ends while it is waited for takes the old picture with it: the source names nothing") {
  World world{1};
  Room& room = world.open();
  Participant& ann = world.join(room);
  Participant& bob = world.join(room);
  Track& first = world.track(ann, MediaKind::video);
  Track& second = world.track(ann, MediaKind::video);
  Subscription& line = world.subscription(bob, MediaKind::video);
  world.watch(line, first);
  world.key_frame(first);
  world.watch(line, second);
  REQUIRE(line.current == &first);
  REQUIRE(line.pending == &second);
  world.sfu.remove_track(world.now, second);
  CHECK(line.current == nullptr);
  CHECK(line.idle == WEIR_IDLE_NO_SOURCE);
  CHECK(first.routes.empty());
  world.check();
}

TEST_CASE("a muted track that ends leaves no source, and says so") {
  World world{2};
  Room& room = world.open();
  Track& camera = world.track(world.join(room), MediaKind::video);
  Subscription& line = world.subscription(world.join(room), MediaKind::video);
  world.sfu.set_muted(world.now, camera, true);
  world.watch(line, camera);
  CHECK(line.idle == WEIR_IDLE_MUTED);
  world.sfu.remove_track(world.now, camera);
  CHECK(line.idle == WEIR_IDLE_NO_SOURCE);
  world.check();
}

TEST_CASE("a receiver that was away begins again: without a gap, and with a key frame asked for at once") {
  World world{3};
  Room& room = world.open();
  Track& camera = world.track(world.join(room), MediaKind::video);
  Participant& bob = world.join(room, false);
  world.sfu.set_connected(world.now, bob, true);
  Subscription& line = world.subscription(bob, MediaKind::video);
  world.watch(line, camera);
  world.key_frame(camera);
  REQUIRE(line.current == &camera);
  world.sfu.set_connected(world.now, bob, false);
  CHECK(line.current == nullptr);
  CHECK(line.pending == &camera);
  CHECK(line.idle == WEIR_IDLE_KEYFRAME);
  CHECK_FALSE(camera.encodings.front().keyframes.wanted());  // nobody is there to need one
  world.sfu.set_connected(world.now, bob, true);
  CHECK(camera.encodings.front().keyframes.wanted());
  world.check();
}

TEST_CASE("a line that comes back takes the rank that its going left free") {
  World world{4};
  Room& room = world.open();
  Participant& ann = world.join(room, true, WEIR_MAY_ALL, WEIR_SOURCE_VOICE, WEIR_SOURCE_MEMBER);
  for (int i = 0; i < 3; ++i) world.subscription(ann, MediaKind::video);
  world.sfu.remove_subscription(world.now, *ann.subscriptions[1]);
  CHECK(world.subscription(ann, MediaKind::video).source.rank == 1);
  CHECK(world.subscription(ann, MediaKind::video).source.rank == 3);
}

TEST_CASE("what a batch changes is settled once, at its end") {
  World world{5};
  Room& room = world.open();
  Participant& bob = world.join(room, true, WEIR_MAY_ALL, WEIR_SOURCE_VOICE, WEIR_SOURCE_MEMBER);
  Subscription& line = world.subscription(bob, MediaKind::video);
  Track* camera = nullptr;
  world.sfu.batch(world.now, room, [&] {
    camera = &world.track(world.join(room), MediaKind::video);
    CHECK(line.pending == nullptr);
    world.sfu.batch(world.now, room, [] {});  // one within another ends nothing
    CHECK(line.pending == nullptr);
  });
  CHECK(line.pending == camera);
  world.check();
}

TEST_CASE("a room that closes tells of everybody, and of nobody's new source") {
  World world{6};
  Room& room = world.open();
  for (int i = 0; i < 40; ++i) {
    Participant& who = world.join(room, true, WEIR_MAY_ALL, WEIR_SOURCE_VOICE, WEIR_SOURCE_MEMBER);
    world.track(who, MediaKind::audio);
    world.key_frame(world.track(who, MediaKind::video));
    for (int k = 0; k < 4; ++k) world.subscription(who, k == 0 ? MediaKind::audio : MediaKind::video);
  }
  world.check();
  world.sfu.close_room(world.now, room);
  std::map<std::int32_t, int> count;
  for (const weir_event& event : world.sfu.take_events()) ++count[event.type];
  CHECK(count[WEIR_EVENT_PARTICIPANT_LEFT] == 40);
  CHECK(count[WEIR_EVENT_TRACK_REMOVED] == 80);
  CHECK(count[WEIR_EVENT_SUBSCRIPTION_REMOVED] == 160);
  CHECK(count[WEIR_EVENT_SUBSCRIPTION_SOURCE] == 0);
  CHECK(count[WEIR_EVENT_ROOM_CLOSED] == 1);
  CHECK(world.sfu.tracks().size() == 0);
  CHECK(world.sfu.subscriptions().size() == 0);
}
