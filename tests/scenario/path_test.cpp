#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

TEST_CASE("a phone leaves Wi-Fi: media follows the next valid check") {
  World world{41};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.watch(ann, 0, bob);
  world.run(3s);
  const std::string before = world.participant_stats(ann).selected_address;
  const Time moved = world.now();
  world.move(ann);
  const std::size_t seen = ann.video(0).sequences.size();
  REQUIRE(world.run_until([&] { return ann.video(0).sequences.size() > seen + 5; }, 3s));
  // Packets in flight to the old address are lost; the check takes one way in, media one way out.
  CHECK(to_us(world.now() - moved) < 500'000);
  world.run(2s);
  CHECK(std::string{world.participant_stats(ann).selected_address} != before);
  CHECK(world.participant_stats(ann).path_changes >= 1);
  CHECK_FALSE(world.events(WEIR_EVENT_PATH_CHANGED).empty());
  CHECK(ann.video(0).last_sender() == bob.number());
  CHECK(bob.video(0).times.back() > moved + 1500ms);  // and Ann's own media arrives from there
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_DISCONNECTED).empty());
}

TEST_CASE("ICE restart: new credentials, same DTLS, media goes on") {
  World world{42};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  const std::string old_answer = ann.answer();
  const auto handshakes = world.node_stats().handshakes_completed;
  ann.restart_ice();
  REQUIRE(world.negotiate(ann) == WEIR_OK);
  const auto old_session = sdp::parse(old_answer);
  const auto new_session = sdp::parse(ann.answer());
  CHECK(old_session->media[0].ice->ufrag != new_session->media[0].ice->ufrag);
  CHECK(new_session->version == old_session->version + 1);
  const std::size_t seen = bob.video(0).sequences.size();
  world.run(2s);
  CHECK(bob.video(0).sequences.size() > seen + 60);
  CHECK_FALSE(bob.video(0).has_gap());
  CHECK(world.node_stats().handshakes_completed == handshakes);
}

TEST_CASE("the same offer again gives the same answer") {
  World world{43};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  const std::string first = ann.answer();
  REQUIRE(world.negotiate(ann) == WEIR_OK);
  CHECK(ann.answer() == first);
}

TEST_CASE("consent expires when checks stop; an ICE restart revives the participant") {
  World world{44};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.watch(ann, 0, bob);
  world.run(2s);
  world.link(ann).cut = true;
  world.run(27s);  // the last check was at most 2 s old
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_DISCONNECTED).empty());
  world.run(6s);
  const auto lost = world.events(WEIR_EVENT_PARTICIPANT_DISCONNECTED);
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].status == WEIR_ERR_AGAIN);
  CHECK(lost[0].participant == ann.id.value);
  // Nothing is sent to somebody who may be gone (RFC 7675 section 5.1).
  const std::uint64_t sent = world.participant_stats(ann).packets_sent;
  world.run(2s);
  CHECK(world.participant_stats(ann).packets_sent == sent);

  world.link(ann).cut = false;
  ann.restart_ice();
  REQUIRE(world.negotiate(ann) == WEIR_OK);
  const std::size_t seen = ann.video(0).sequences.size();
  world.run(3s);
  CHECK(ann.video(0).sequences.size() > seen + 60);
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_CONNECTED).size() == 3);
}

TEST_CASE("another certificate in a later offer is refused, the session goes on") {
  World world{45};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  std::string forged = ann.offer();
  const std::size_t at = forged.find("sha-256 ") + 8;
  const std::string other = bob.peer().fingerprint_text();
  for (std::size_t i = at; i != std::string::npos + 8; i = forged.find("sha-256 ", i) + 8) {
    forged.replace(i, other.size(), other);
  }
  const auto answer = world.engine().negotiate(world.now(), ann.id, forged);
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().status == WEIR_ERR_SDP);
  const std::size_t seen = bob.video(0).sequences.size();
  world.run(1s);
  CHECK(bob.video(0).sequences.size() > seen + 30);
}

TEST_CASE("a certificate that is not the one of the offer never connects") {
  World world{46};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  std::string forged = ann.offer();
  for (std::size_t i = forged.find("sha-256 "); i != std::string::npos; i = forged.find("sha-256 ", i + 8)) {
    forged[i + 8] = forged[i + 8] == 'A' ? 'B' : 'A';
  }
  weir_participant_options options = World::default_participant();
  const auto mallory = world.engine().join(world.now(), room, options);
  REQUIRE(mallory.ok());
  const auto answer = world.engine().negotiate(world.now(), *mallory, forged);
  REQUIRE(answer.ok());
  ann.take_answer(*answer);  // the peer now talks to the session that expects another certificate
  world.run(5s);
  weir_participant_stats stats{};
  CHECK(world.engine().participant_stats(*mallory, stats) == WEIR_OK);
  CHECK(stats.connected == 0);
  CHECK(world.node_stats().handshakes_failed >= 1);
}

TEST_CASE("after a failed handshake a new offer connects") {
  engine::Options options;
  options.handshake_timeout = 3s;
  World world{47, options};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  world.link(ann).cut = true;
  world.run(5s);
  CHECK(world.node_stats().handshakes_failed == 1);
  world.link(ann).cut = false;
  REQUIRE(world.negotiate(ann) == WEIR_OK);
  CHECK(world.run_until([&] { return ann.peer().connected(); }, 3s));
}

TEST_CASE("an offer of which no line can be used is refused") {
  World world{48};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  std::string offer = ann.offer();
  for (std::size_t i = offer.find(" 9 UDP"); i != std::string::npos; i = offer.find(" 9 UDP"))
    offer.replace(i, 6, " 0 UDP");
  const auto joined = world.engine().join(world.now(), room, World::default_participant());
  const auto answer = world.engine().negotiate(world.now(), *joined, offer);
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().status == WEIR_ERR_SDP);
}
