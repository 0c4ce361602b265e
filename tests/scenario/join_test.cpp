#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

TEST_CASE("two people join and see and hear each other") {
  World world{1};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(ann, 0, bob);
  world.watch(bob, 0, ann);
  world.run(3s);

  for (Client* client : {&ann, &bob}) {
    const Client& other = client == &ann ? bob : ann;
    CAPTURE(client->number());
    CHECK(client->peer().connected());
    CHECK(client->video(0).sequences.size() > 100);
    CHECK(client->video(0).last_sender() == other.number());
    CHECK_FALSE(client->video(0).has_gap());
    CHECK(client->audio(0).sequences.size() > 100);
    CHECK(client->audio(0).last_sender() == other.number());
    // One hop of 10 ms in and one out; of its own the node adds nothing in virtual time but what the pacer
    // spreads out.
    const auto [least, most] =
        std::minmax_element(client->video(0).ages_us.begin(), client->video(0).ages_us.end());
    CHECK(*least == 20'000);
    CHECK(*most < 25'000);
    CHECK(client->reports_about_me() > 0);
    CHECK(client->transport_feedback_received() > 10);
  }
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_CONNECTED).size() == 2);
}

TEST_CASE("both DTLS roles, whole and fragmented ClientHello, both ways to nominate") {
  for (const dtls::Role role : {dtls::Role::client, dtls::Role::server}) {
    for (const std::size_t fragment : {std::size_t{0}, std::size_t{60}}) {
      for (const auto nomination :
           {test::VirtualPeer::Nomination::after_success, test::VirtualPeer::Nomination::at_once}) {
        CAPTURE(fragment);
        World world{7};
        const Id room = world.open_room();
        Client& ann = world.join(room, {.dtls = role, .nomination = nomination, .hello_fragment = fragment});
        CHECK(world.run_until([&] { return ann.peer().connected(); }, 2s));
        CHECK(world.participant_stats(ann).dtls_client == (role == dtls::Role::server ? 1 : 0));
      }
    }
  }
}

TEST_CASE("a late joiner has a picture within 300 ms of being connected") {
  World world{2};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  world.run(5s);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return bob.peer().connected(); }, 2s));
  const Time connected = world.now();
  REQUIRE(world.run_until([&] { return !bob.video(0).sequences.empty(); }, 2s));
  CHECK(to_us(world.now() - connected) <= 300'000);
  CHECK(bob.video(0).key_frame_senders.size() == 1);
}

TEST_CASE("somebody leaves: the line falls silent, the others go on, the id is dead") {
  World world{3};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& cid = world.join(room);
  world.watch(ann, 0, bob);
  world.watch(ann, 1, cid);
  world.run(2s);
  const Id bobs_camera = world.track(bob, "cam");
  world.leave(bob);
  const std::size_t of_bob = ann.video(0).sequences.size();
  const std::size_t of_cid = ann.video(1).sequences.size();
  world.run(1s);
  CHECK(ann.video(0).sequences.size() <= of_bob + 3);
  CHECK(ann.video(1).sequences.size() > of_cid + 30);
  CHECK(world.info(world.subscription(ann, "rv0")).idle == WEIR_IDLE_NO_SOURCE);
  weir_track_info info{};
  CHECK(world.engine().track_info(bobs_camera, info) == WEIR_ERR_NOT_FOUND);
  CHECK(bob.peer().closed());  // told by close_notify
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_LEFT).size() == 1);
  CHECK(world.events(WEIR_EVENT_TRACK_REMOVED).size() == 2);
}

TEST_CASE("a seed reproduces a run byte for byte") {
  const auto run = [](std::uint64_t seed) {
    World world{seed};
    const Id room = world.open_room();
    Client& ann = world.join(room);
    Client& bob = world.join(room);
    world.link(bob) = {.delay = 30ms, .jitter = 20ms, .loss = 0.05};
    world.watch(ann, 0, bob);
    world.watch(bob, 0, ann);
    world.run(3s);
    return world.transcript();
  };
  CHECK(run(11) == run(11));
  CHECK(run(11) != run(12));
}

TEST_CASE("a room is closed: everybody is out and told") {
  World world{4};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.run(1s);
  CHECK(world.engine().close_room(world.now(), room) == WEIR_OK);
  world.run(1s);
  CHECK(ann.peer().closed());
  CHECK(bob.peer().closed());
  CHECK(world.events(WEIR_EVENT_ROOM_CLOSED).size() == 1);
  CHECK(world.node_stats().participants == 0);
  CHECK(world.engine().close_room(world.now(), room) == WEIR_ERR_NOT_FOUND);
}
