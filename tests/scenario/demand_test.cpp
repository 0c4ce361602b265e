// What publishers are told that nobody watches, and how soon it is back when somebody does.
#include "scenario/wishes.h"

using namespace weir;
using namespace weir::scenario;

namespace {

/// A publisher's page: encodes what it is told that somebody wants.
struct Obedient {
  World& world;
  Client& client;
  std::size_t seen = 0;

  void obey() {
    const std::vector<weir_event> told = world.events(WEIR_EVENT_TRACK_DEMAND);
    for (; seen < told.size(); ++seen) {
      if (told[seen].participant != client.id.value) continue;
      for (int encoding = 0; encoding < 3; ++encoding) {
        client.set_encoding(encoding, ((told[seen].value >> (8 * encoding)) & 1U) != 0);
      }
    }
  }
  void run(Duration time) {
    const Time end = world.now() + time;
    while (world.now() < end) {
      world.run(10ms);
      obey();
    }
  }
  bool run_until(const std::function<bool()>& done, Duration most) {
    const Time end = world.now() + most;
    while (!done() && world.now() < end) {
      world.run(10ms);
      obey();
    }
    return done();
  }
};

}  // namespace

TEST_CASE("a publisher stops what nobody watches, and everybody who asks gets it back") {
  World world{86};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  std::vector<Client*> watchers;
  for (int i = 0; i < 3; ++i) {
    watchers.push_back(&world.join(room, viewer(1)));
    world.watch(*watchers.back(), 0, ann);
    want(world, *watchers.back(), 0, at_most(180));
  }
  Obedient page{world, ann};
  page.run(8s);
  const std::vector<weir_event> told = world.events(WEIR_EVENT_TRACK_DEMAND);
  REQUIRE_FALSE(told.empty());
  CHECK(told.back().value == 0xf);
  CHECK(told.back().track == world.track(ann, "cam").value);
  const std::uint64_t uplink = world.track_stats(world.track(ann, "cam")).bitrate;
  CHECK(uplink < 100'000);
  // It can still be seen that there is more, and what it would take.
  const auto layers = world.engine().track_layers(world.now(), world.track(ann, "cam"));
  REQUIRE(layers.ok());
  REQUIRE(layers->size() == 3);
  CHECK(layers->at(2).active == 0);
  CHECK(layers->at(2).wanted == 0);
  CHECK(layers->at(2).bitrate > 500'000);
  CHECK(std::string_view{layers->at(2).rid} == "c");

  Duration slowest{};
  for (std::size_t i = 0; i < watchers.size(); ++i) {
    const Time asked = world.now();
    want(world, *watchers[i], 0, all());
    REQUIRE(page.run_until([&] { return encoding_of(*watchers[i], 0) == 2; }, 2s));
    slowest = std::max(slowest, world.now() - asked);
    page.run(700ms);
  }
  MESSAGE("the slowest got the stopped layer after ", to_us(slowest) / 1000, " ms");
  CHECK(slowest <= 500ms);
  for (const Client* each : watchers) check_whole(each->video(0));
  // The middle one is nobody's now.
  page.run(4s);
  CHECK(world.events(WEIR_EVENT_TRACK_DEMAND).back().value == 0xf0000);
}

TEST_CASE("nobody watches: nothing is asked for; somebody comes: it is asked for at once") {
  World world{87};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room, viewer(1));
  Obedient page{world, ann};
  page.run(5s);
  REQUIRE_FALSE(world.events(WEIR_EVENT_TRACK_DEMAND).empty());
  CHECK(world.events(WEIR_EVENT_TRACK_DEMAND).back().value == 0);
  CHECK(world.track_stats(world.track(ann, "cam")).bitrate == 0);
  const Time asked = world.now();
  world.watch(bob, 0, ann);
  REQUIRE(page.run_until([&] { return encoding_of(bob, 0) == 2; }, 2s));
  CHECK(world.now() - asked <= 500ms);
  page.run(2s);
  check_whole(bob.video(0));
}

TEST_CASE("publishers are told no more often than twice a second, whatever receivers do") {
  World world{88};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room, viewer(1));
  world.watch(bob, 0, ann);
  world.run(3s);
  for (int i = 0; i < 200; ++i) {
    want(world, bob, 0, i % 3 == 0 ? hidden() : i % 3 == 1 ? at_most(180) : all());
    world.run(Duration{10'000 + i * 20'000});
  }
  Time last{};
  for (const weir_event& event : world.events(WEIR_EVENT_TRACK_DEMAND)) {
    CHECK(time_from_us(event.time_us) - last >= 500ms);
    last = time_from_us(event.time_us);
  }
}
