#include "rtp/rtcp.h"
#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

TEST_CASE("loss between node and receiver is repaired by RTX") {
  World world{21};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return ann.peer().connected() && bob.peer().connected(); }, 3s));
  world.link(bob).loss = 0.05;
  world.run(10s);
  world.link(bob).loss = 0;
  world.run(2s);
  const Received& line = bob.video(0);
  CHECK(line.repaired > 10);
  CHECK_FALSE(line.has_gap());
  const auto stats = world.subscription_stats(world.subscription(bob, "rv0"));
  CHECK(stats.nack_count > 0);
  CHECK(stats.retransmitted_packets_sent >= static_cast<std::uint64_t>(line.repaired));
  // Ann's own link lost nothing.
  CHECK(world.track_stats(world.track(ann, "cam")).packets_lost == 0);
}

TEST_CASE("loss between sender and node is repaired once, for all receivers") {
  World world{22};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& cid = world.join(room);
  world.watch(bob, 0, ann);
  world.watch(cid, 0, ann);
  REQUIRE(world.run_until(
      [&] { return ann.peer().connected() && bob.peer().connected() && cid.peer().connected(); }, 3s));
  world.link(ann).loss = 0.05;
  world.run(10s);
  world.link(ann).loss = 0;
  world.run(2s);
  const auto stats = world.track_stats(world.track(ann, "cam"));
  CHECK(stats.nack_count > 0);
  CHECK(stats.packets_repaired > 10);
  CHECK_FALSE(bob.video(0).has_gap());
  CHECK_FALSE(cid.video(0).has_gap());
}

TEST_CASE("repairs know the round trip: of who only sends, and of who only receives") {
  World world{26};
  const Id room = world.open_room();
  Client& ann = world.join(room, {.receives_audio = 0, .receives_video = 0});
  Client& bob = world.join(room, {.sends_audio = false, .sends_video = false});
  for (const Client* far : {&ann, &bob}) world.link(*far).delay = 150ms;
  REQUIRE(world.run_until([&] { return ann.peer().connected() && bob.peer().connected(); }, 8s));
  world.watch(bob, 0, ann);
  world.run(10s);
  for (const Client* far : {&ann, &bob}) {
    CHECK(world.participant_stats(*far).current_round_trip_time > 0.29);
    CHECK(world.participant_stats(*far).current_round_trip_time < 0.33);
  }
  // The node asks a sender again when an answer could have come, so that hardly anything comes twice.
  const std::uint64_t duplicates = world.drops(DropReason::RTP_DUPLICATE);
  world.link(ann).loss = 0.05;
  world.run(20s);
  world.link(ann).loss = 0;
  world.run(2s);
  const auto up = world.track_stats(world.track(ann, "cam"));
  CHECK(up.packets_repaired > 20);
  CHECK(world.drops(DropReason::RTP_DUPLICATE) - duplicates <= up.packets_repaired / 5);
  // A receiver that asks every 20 ms is answered once in half a round trip.
  const int repeated = bob.video(0).repeated;
  const int repaired = bob.video(0).repaired;
  world.link(bob).loss = 0.05;
  world.run(20s);
  world.link(bob).loss = 0;
  world.run(2s);
  CHECK(bob.video(0).repaired - repaired > 20);
  CHECK(bob.video(0).repeated - repeated <= 2 * (bob.video(0).repaired - repaired));
  CHECK_FALSE(bob.video(0).has_gap());
}

TEST_CASE("reordering makes neither gaps nor repeats") {
  World world{23};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room, {.repairs = false});
  world.watch(bob, 0, ann);
  world.run(1s);  // the first key frame arrives in order: what overtakes it is of no use
  world.link(ann).jitter = 30ms;
  world.run(8s);
  ann.set_camera(false);
  world.run(100ms);  // what is on its way
  std::vector<std::int64_t> sequences = bob.video(0).sequences;
  REQUIRE(sequences.size() > 200);
  CHECK_FALSE(std::is_sorted(sequences.begin(), sequences.end()));  // they were reordered
  std::sort(sequences.begin(), sequences.end());
  CHECK(std::adjacent_find(sequences.begin(), sequences.end()) == sequences.end());
  CHECK_FALSE(bob.video(0).has_gap());
}

TEST_CASE("a third of the DTLS datagrams lost: the handshake still ends well, in both roles") {
  for (const std::uint64_t seed : {31U, 32U, 33U, 34U}) {
    for (const dtls::Role role : {dtls::Role::client, dtls::Role::server}) {
      CAPTURE(seed);
      World world{seed};
      const Id room = world.open_room();
      Client& ann = world.join(room, {.dtls = role, .hello_fragment = 100});
      world.link(ann).dtls_loss = 0.3;
      CHECK(world.run_until(
          [&] { return ann.peer().connected() && world.participant_stats(ann).connected != 0; }, 25s));
    }
  }
}

TEST_CASE("a handshake that never ends is given up, with an event") {
  engine::Options options;
  options.handshake_timeout = 5s;
  World world{35, options};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  world.link(ann).dtls_loss = 1;
  world.run(10s);
  CHECK_FALSE(ann.peer().connected());
  const auto lost = world.events(WEIR_EVENT_PARTICIPANT_DISCONNECTED);
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].status == WEIR_ERR_CRYPTO);
  CHECK(world.node_stats().handshakes_failed == 1);
}

TEST_CASE("a receiver that asks for ever gets no more than its share") {
  World world{24};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room, {.repairs = false});
  world.watch(bob, 0, ann);
  world.run(3s);
  std::vector<std::uint16_t> same;
  const auto newest = static_cast<std::uint16_t>(bob.video(0).sequences.back());
  for (int i = 0; i < 16; ++i) same.push_back(static_cast<std::uint16_t>(newest - 15 + i));
  for (int round = 0; round < 200; ++round) {
    std::uint8_t out[200];
    ByteWriter w{out};
    rtp::write_nack(w, 1, bob.video(0).ssrc, same);
    bob.send_rtcp(w.written());
    world.run(20ms);
  }
  CHECK(world.subscription_stats(world.subscription(bob, "rv0")).retransmitted_packets_sent <= 16 * 10);
  CHECK(world.drops(DropReason::REPAIR_LIMIT) > 1000);
}

TEST_CASE("a sender that stops sending is asked for packets only so often") {
  World world{25};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  const int before = ann.plis_received();
  ann.set_camera(false);
  for (int i = 0; i < 100; ++i) {  // everybody shouts for a key frame
    bob.ask_for_key_frame(0);
    world.run(20ms);
  }
  CHECK(ann.plis_received() > before);
  CHECK(ann.plis_received() - before <= 8);  // 0.25, 0.5, 1, 2 s, not a hundred
}
