// People who lose their connection and come back to it, or with another.
#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

TEST_CASE(
    "a client that closed comes back with another connection: the same SSRCs, other numbers, both ways") {
  World world{101};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.watch(ann, 0, bob);
  world.run(3s);
  ann.peer().close(world.now());
  world.run(500ms);
  REQUIRE(world.events(WEIR_EVENT_PARTICIPANT_DISCONNECTED).size() == 1);
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_DISCONNECTED)[0].status == WEIR_ERR_CLOSED);
  const weir_track_stats before = world.track_stats(world.track(ann, "cam"));

  ann.reconnect();
  REQUIRE(world.negotiate(ann) == WEIR_OK);
  REQUIRE(world.run_until([&] { return ann.peer().connected(); }, 2s));
  const Time connected = world.now();
  const std::size_t seen = bob.video(0).sequences.size();
  const std::size_t shown = ann.video(0).sequences.size();
  const int feedback = ann.transport_feedback_received();
  REQUIRE(world.run_until(
      [&] { return bob.video(0).sequences.size() > seen && ann.video(0).sequences.size() > shown; }, 1s));
  CHECK(to_us(world.now() - connected) <= 300'000);
  world.run(2s);
  CHECK(bob.video(0).sequences.size() > seen + 60);
  CHECK(ann.video(0).sequences.size() > shown + 60);
  CHECK_FALSE(bob.video(0).has_gap());
  CHECK_FALSE(ann.video(0).has_gap());
  CHECK(ann.transport_feedback_received() > feedback + 20);
  CHECK(world.drops(DropReason::RTP_DUPLICATE) == 0);
  const weir_track_stats after = world.track_stats(world.track(ann, "cam"));
  CHECK(after.packets_received > before.packets_received);
  CHECK(after.frames_received > before.frames_received);
  CHECK(after.packets_lost >= before.packets_lost);
}

TEST_CASE("a receiver whose consent was lost goes on without a gap, with a key frame asked for at once") {
  engine::Options options;
  options.consent_timeout = 5s;
  World world{102, options};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(3s);
  world.link(bob).cut = true;
  world.run(20s);
  const Id line = world.subscription(bob, "rv0");
  CHECK(world.info(line).idle == WEIR_IDLE_KEYFRAME);
  CHECK(world.info(line).track == 0);
  const std::size_t seen = bob.video(0).sequences.size();
  const std::size_t keys = bob.video(0).key_frame_senders.size();
  const std::int64_t last = bob.video(0).sequences.back();
  world.link(bob).cut = false;
  REQUIRE(world.run_until([&] { return bob.video(0).sequences.size() > seen; }, 4s));
  CHECK(bob.video(0).key_frame_senders.size() == keys + 1);  // the first packet is a key frame's
  // What was sent into the cut before consent expired is missing, 5 to 7 s of it; what came after it is not.
  CHECK(bob.video(0).sequences.back() - last < 7 * 50);
  CHECK(world.info(line).idle == WEIR_IDLE_NOT);
}

TEST_CASE("who loses consent while still shaking hands is not told to be connected before it is so") {
  engine::Options options;
  options.consent_timeout = 3s;
  World world{103, options};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  world.link(ann).dtls_loss = 1;
  world.run(500ms);
  world.link(ann).cut = true;
  world.run(6s);
  world.link(ann).cut = false;
  world.run(3s);
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_CONNECTED).empty());
  CHECK(world.participant_stats(ann).connected == 0);
  CHECK(world.node_stats().connected == 0);
  world.link(ann).dtls_loss = 0;
  REQUIRE(world.run_until([&] { return ann.peer().connected(); }, 20s));
  world.run(100ms);
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_CONNECTED).size() == 1);
}

TEST_CASE("a sender that was away is seen again as soon as it is back, whoever watches by name or by rule") {
  engine::Options options;
  options.consent_timeout = 3s;
  World world{104, options};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.set_rule(bob, MediaKind::video, 1, WEIR_SOURCE_SPEAKER, 0);
  world.run(2s);
  world.link(ann).cut = true;
  world.run(8s);
  CHECK(world.info(world.subscription(bob, "rv1")).track == 0);
  world.link(ann).cut = false;
  const std::size_t named = bob.video(0).sequences.size();
  const std::size_t ruled = bob.video(1).sequences.size();
  world.run(4s);
  CHECK(bob.video(0).sequences.size() > named + 60);
  CHECK(bob.video(1).sequences.size() > ruled + 60);
}
