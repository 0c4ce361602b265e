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
