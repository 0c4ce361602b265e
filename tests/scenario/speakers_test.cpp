#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

namespace {

std::uint64_t dominant(const World& world) {
  const auto events = world.events(WEIR_EVENT_DOMINANT_SPEAKER);
  return events.empty() ? 0 : events.back().participant;
}

}  // namespace

TEST_CASE("who speaks becomes dominant; a cough does not") {
  World world{61};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.run(2s);
  CHECK(dominant(world) == 0);
  ann.set_talking(true);
  world.run(1s);
  CHECK(dominant(world) == ann.id.value);
  bob.set_talking(true);  // a cough
  world.run(200ms);
  bob.set_talking(false);
  world.run(2s);
  CHECK(dominant(world) == ann.id.value);
  ann.set_talking(false);
  bob.set_talking(true);
  world.run(2s);
  CHECK(dominant(world) == bob.id.value);
  CHECK(world.events(WEIR_EVENT_DOMINANT_SPEAKER).size() == 2);
  world.leave(bob);
  CHECK(dominant(world) == 0);
}

TEST_CASE("video follows the most recent speakers") {
  World world{62};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& cid = world.join(room);
  Client& dan = world.join(room);
  world.set_rule(dan, MediaKind::video, 0, WEIR_SOURCE_SPEAKER, 0);
  world.set_rule(dan, MediaKind::video, 1, WEIR_SOURCE_SPEAKER, 1);
  world.run(2s);
  // Nobody has spoken: the order of joining.
  CHECK(dan.video(0).last_sender() == ann.number());
  CHECK(dan.video(1).last_sender() == bob.number());
  cid.set_talking(true);
  world.run(1500ms);
  CHECK(dan.video(0).last_sender() == cid.number());
  CHECK(dan.video(1).last_sender() == ann.number());
  dan.set_talking(true);  // oneself is never shown to oneself
  cid.set_talking(false);
  world.run(2s);
  CHECK(dominant(world) == dan.id.value);
  CHECK(dan.video(0).last_sender() == cid.number());
  const auto speakers = world.engine().room_speakers(room);
  REQUIRE(speakers.ok());
  CHECK((*speakers)[0] == dan.id.value);
  CHECK((*speakers)[1] == cid.id.value);
}

TEST_CASE("two voice lines carry the loudest of six people, the first syllable included") {
  World world{63};
  const Id room = world.open_room();
  std::vector<Client*> people;
  for (int i = 0; i < 6; ++i) people.push_back(&world.join(room, {.receives_audio = 2, .receives_video = 0}));
  world.run(2s);
  Client& listener = *people[5];
  for (Client* speaker : {people[4], people[2], people[3], people[0]}) {
    const Time began = world.now();
    speaker->set_talking(true);
    const auto heard = [&](int line) {
      return listener.audio(line).last_sender() == speaker->number() &&
             listener.audio(line).times.back() > began + 5ms;
    };
    REQUIRE(world.run_until([&] { return heard(0) || heard(1); }, 1s));
    // The packet of the first 20 ms of speech is the first one that arrives: two hops of 10 ms after it was
    // sent.
    CHECK(to_us(world.now() - began) <= 45'000);
    world.run(1500ms);
    speaker->set_talking(false);
    world.run(500ms);
  }
  // A voice keeps its line while it is among the loudest.
  people[1]->set_talking(true);
  world.run(1s);
  const auto track_on = [&](const char* mid) { return world.info(world.subscription(listener, mid)).track; };
  const std::uint64_t mine = world.track(*people[1], "mic").value;
  const char* line = track_on("ra0") == mine ? "ra0" : "ra1";
  REQUIRE(track_on(line) == mine);
  people[2]->set_talking(true);
  world.run(3s);
  CHECK(track_on(line) == mine);
}

TEST_CASE("a muted microphone takes no voice line") {
  World world{64};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  ann.set_talking(true);
  world.run(2s);
  CHECK(bob.audio(0).last_sender() == ann.number());
  CHECK(world.engine().set_muted(world.now(), world.track(ann, "mic"), true) == WEIR_OK);
  world.run(100ms);
  const std::size_t before = bob.audio(0).sequences.size();
  world.run(1s);
  CHECK(bob.audio(0).sequences.size() == before);
}

TEST_CASE("rules pass over people who are not connected") {
  World world{65};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.link(ann).cut = true;  // joined first, but never arrives
  Client& cid = world.join(room);
  world.set_rule(cid, MediaKind::video, 0, WEIR_SOURCE_SPEAKER, 0);
  world.run(2s);
  CHECK(cid.video(0).last_sender() == bob.number());
  CHECK(cid.audio(0).last_sender() == bob.number());
  world.link(ann).cut = false;
  world.run(4s);
  CHECK(cid.video(0).last_sender() == ann.number());
}

TEST_CASE("loudest three of twenty: all sixteen packets of every first syllable arrive, lines all taken") {
  for (const bool levels : {true, false}) {
    CAPTURE(levels);
    World world{66};
    const Id room = world.open_room();
    std::vector<Client*> people;
    for (int i = 0; i < 20; ++i) {
      people.push_back(&world.join(room, {.sends_video = false,
                                          .receives_audio = 3,
                                          .receives_video = 0,
                                          .sends_levels = levels,
                                          .discontinuous = !levels || i % 2 == 0}));
    }
    world.run(3s);
    Client& listener = *people[19];
    SeededRandom random{67};
    // Three speak in turn, then one who has not spoken for long, and so on: every time all three lines belong
    // to somebody who spoke just before.
    for (std::size_t turn = 0; turn < 30; ++turn) {
      CAPTURE(turn);
      Client& speaker = *people[turn * 7 % 19];
      const Time began = world.now();
      speaker.set_talking(true);
      world.run(320ms);
      speaker.set_talking(false);
      world.run(Duration{220'000 + static_cast<std::int64_t>(random.below(300'000))});
      std::size_t heard = 0;
      for (int line = 0; line < 3; ++line) {
        const Received& received = listener.audio(line);
        for (std::size_t i = 0; i < received.times.size(); ++i) {
          const Time sent = received.times[i] - Duration{received.ages_us[i]};
          if (received.senders[i] == speaker.number() && sent >= began && sent < began + 320ms) ++heard;
        }
      }
      REQUIRE(heard == 16);
    }
    for (int line = 0; line < 3; ++line) CHECK_FALSE(listener.audio(line).has_gap());
  }
}

TEST_CASE("last three cameras: a newcomer takes the line of who spoke longest ago, nobody else moves") {
  World world{68};
  const Id room = world.open_room();
  Client& viewer = world.join(room, {.receives_video = 3});
  std::vector<Client*> people;
  for (int i = 0; i < 5; ++i) people.push_back(&world.join(room));
  for (int line = 0; line < 3; ++line) world.set_rule(viewer, MediaKind::video, line, WEIR_SOURCE_RECENT, 0);
  world.run(2s);
  const auto shown = [&] {
    return std::vector<std::uint32_t>{viewer.video(0).last_sender(), viewer.video(1).last_sender(),
                                      viewer.video(2).last_sender()};
  };
  const auto number = [&](std::size_t i) { return people[i]->number(); };
  CHECK(shown() == std::vector<std::uint32_t>{number(0), number(1), number(2)});
  const auto speak = [&](std::size_t i) {
    people[i]->set_talking(true);
    world.run(2s);
    people[i]->set_talking(false);
    world.run(100ms);
  };
  speak(2);  // is shown already: nothing moves
  CHECK(shown() == std::vector<std::uint32_t>{number(0), number(1), number(2)});
  speak(4);  // in place of 1: the order was 2, 0, 1
  CHECK(shown() == std::vector<std::uint32_t>{number(0), number(4), number(2)});
  speak(3);
  CHECK(shown() == std::vector<std::uint32_t>{number(3), number(4), number(2)});
  // Who switches the camera off or leaves makes room for the next; who comes back waits for a turn.
  CHECK(world.engine().set_muted(world.now(), world.track(*people[4], "cam"), true) == WEIR_OK);
  world.run(500ms);
  CHECK(shown() == std::vector<std::uint32_t>{number(3), number(0), number(2)});
  world.leave(*people[2]);
  world.run(500ms);
  CHECK(shown() == std::vector<std::uint32_t>{number(3), number(0), number(1)});
}

TEST_CASE("whom somebody excludes is neither heard nor seen, by nobody else's rules") {
  World world{69};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& cid = world.join(room);
  for (Client* viewer : {&ann, &cid}) world.set_rule(*viewer, MediaKind::video, 0, WEIR_SOURCE_SPEAKER, 0);
  world.watch(ann, 1, bob);
  bob.set_talking(true);
  world.run(3s);
  CHECK(ann.video(0).last_sender() == bob.number());
  CHECK(ann.video(1).last_sender() == bob.number());
  const std::uint64_t excluded[] = {bob.id.value};
  REQUIRE(world.engine().set_excluded(world.now(), ann.id, excluded) == WEIR_OK);
  world.run(100ms);
  const Time since = world.now();
  world.run(2s);
  for (const auto* mid : {"ra0", "ra1", "rv0", "rv1"}) {
    const Received& line = ann.line(mid);
    for (std::size_t i = 0; i < line.senders.size(); ++i) {
      if (line.times[i] > since) CHECK(line.senders[i] != bob.number());
    }
  }
  CHECK(ann.video(0).last_sender() == cid.number());
  CHECK(world.info(world.subscription(ann, "rv1")).idle == WEIR_IDLE_EXCLUDED);
  CHECK(cid.video(0).last_sender() == bob.number());
  REQUIRE(world.engine().set_excluded(world.now(), ann.id, {}) == WEIR_OK);
  world.run(1s);
  CHECK(ann.video(0).last_sender() == bob.number());
  CHECK(ann.video(1).last_sender() == bob.number());
}

TEST_CASE("a room that names no dominant speaker keeps the order of joining") {
  World world{70};
  const auto room = world.engine().open_room(world.now(), {.struct_size = sizeof(weir_room_options),
                                                           .max_participants = 0,
                                                           .user = 0,
                                                           .dominant_speaker = 0,
                                                           .dominant_hold_ms = 0});
  REQUIRE(room.ok());
  Client& ann = world.join(*room);
  Client& bob = world.join(*room);
  bob.set_talking(true);
  world.run(4s);
  CHECK(world.events(WEIR_EVENT_DOMINANT_SPEAKER).empty());
  const auto speakers = world.engine().room_speakers(*room);
  CHECK((*speakers)[0] == ann.id.value);
  CHECK(ann.audio(0).last_sender() == bob.number());  // voices are another matter
}
