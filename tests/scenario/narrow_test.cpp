// A receiver's link gets narrow, and wide again, under pictures as large as browsers send them.
#include <map>

#include "scenario/wishes.h"

using namespace weir;
using namespace weir::scenario;

namespace {

/// When each picture was complete, its encoding with it.
struct Picture {
  Time at;
  int encoding;
};
std::vector<Picture> pictures_of(const Received& line) {
  struct Parts {
    std::int64_t first = INT64_MAX;
    std::int64_t last = -1;
    std::int64_t count = 0;
    bool ended = false;
  };
  std::map<std::uint32_t, Parts> open;
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < line.sequences.size(); ++i) {
    Parts& parts = open[line.timestamps[i]];
    parts.first = std::min(parts.first, line.sequences[i]);
    parts.last = std::max(parts.last, line.sequences[i]);
    ++parts.count;
    parts.ended = parts.ended || line.markers[i];
    if (parts.ended && parts.count == parts.last - parts.first + 1) {
      pictures.push_back({line.times[i], line.encodings[i]});
    }
  }
  return pictures;
}

Duration longest_freeze(const std::vector<Picture>& pictures, Time since) {
  Duration longest{};
  for (std::size_t i = 1; i < pictures.size(); ++i) {
    if (pictures[i].at >= since) longest = std::max(longest, pictures[i].at - pictures[i - 1].at);
  }
  return longest;
}

/// Three encodings as large as browsers send them, 15 pictures a second, towards one whose link changes and
/// one whose link does not.
struct Narrowing {
  explicit Narrowing(Duration delay, Duration settled = 8s, std::uint64_t seed = 1) : world(seed) {
    const Id room = world.open_room();
    Person large = publisher(3);
    large.life_size = true;
    ann = &world.join(room, large);
    bob = &world.join(room, viewer(1));
    cid = &world.join(room, viewer(1));
    world.link(*bob).delay = delay;
    world.link(*bob).kbps = 2500;
    world.run(200ms);
    world.watch(*bob, 0, *ann);
    world.watch(*cid, 0, *ann);
    reach(2, 10s);
    world.run(settled);
  }
  /// Lets time pass until Bob gets the encoding; how long that was.
  Duration reach(int encoding, Duration within) {
    const Time from = world.now();
    REQUIRE(world.run_until([&] { return encoding_of(*bob, 0) == encoding; }, within));
    return world.now() - from;
  }
  Duration freeze(Time since) const { return longest_freeze(pictures_of(bob->video(0)), since); }
  Time change(double kbps) {
    world.link(*bob).kbps = kbps;
    return world.now();
  }

  World world;
  Client* ann = nullptr;
  Client* bob = nullptr;
  Client* cid = nullptr;
};

}  // namespace

TEST_CASE("a link cut from 2.5 Mbit/s to 300 kbit/s: the picture steps down without a freeze, and back up") {
  // A picture that is on its way takes up to 380 ms of what is left, the key picture behind it 200 ms: where
  // the cut falls badly, nothing can be complete for more than half a second.
  int frozen = 0;
  int runs = 0;
  for (const Duration delay : {5ms, 20ms, 50ms, 100ms}) {
    for (const int phase : {0, 3, 5, 7}) {
      CAPTURE(delay.count());
      CAPTURE(phase);
      Narrowing scene{delay};
      World& world = scene.world;
      world.run(phase * 310ms);
      const Time cut = scene.change(300);
      const Duration down = scene.reach(0, 3s);
      world.run(10s + phase * 700ms);
      const Duration freeze = scene.freeze(cut);
      CHECK(down <= 1200ms);
      CHECK(freeze <= 1200ms);
      ++runs;
      if (freeze > 500ms) ++frozen;
      const std::int32_t reason = line_info(world, *scene.bob, 0).layer_reason;
      CHECK((reason == WEIR_LAYER_REDUCED_BANDWIDTH || reason == WEIR_LAYER_REDUCED_HYSTERESIS));

      const Time widened = scene.change(2500);
      const Duration up = scene.reach(2, 20s);
      MESSAGE("down after ", down.count() / 1000, " ms, longest gap ", freeze.count() / 1000,
              " ms, up after ", up.count() / 1000, " ms");
      CHECK(up <= 8s);
      world.run(3s);
      CHECK(scene.freeze(widened) <= 500ms);
      // Nobody else has noticed.
      CHECK(encoding_of(*scene.cid, 0) == 2);
      CHECK(longest_wait(scene.cid->video(0), cut) <= 300ms);
      check_whole(scene.cid->video(0));
    }
  }
  CHECK(frozen <= 8);
  CHECK(runs == 16);
}

TEST_CASE(
    "a link that gets narrow just when a probe has found it wide is no policer: wide again it is used") {
  for (int after = 0; after <= 50; after += 5) {
    CAPTURE(after);
    Narrowing scene{20ms, after * 100ms};
    scene.change(300);
    scene.reach(0, 5s);
    scene.world.run(10s);
    scene.change(2500);
    CHECK(scene.reach(2, 20s) <= 8s);
  }
}

TEST_CASE("behind a link that stays narrow the smallest picture moves on, whatever is probed") {
  for (const double kbps : {250.0, 300.0, 400.0}) {
    CAPTURE(kbps);
    Narrowing scene{20ms};
    scene.change(kbps);
    scene.world.run(5s);
    const Time since = scene.world.now();
    const std::uint64_t dropped = scene.world.link_use(*scene.bob).dropped;
    const std::uint64_t probes = scene.world.participant_stats(*scene.bob).probes_sent;
    scene.world.run(60s);
    CHECK(scene.freeze(since) <= 400ms);
    CHECK(encoding_of(*scene.bob, 0) == 0);
    CHECK(scene.world.link_use(*scene.bob).dropped == dropped);
    CHECK(scene.world.participant_stats(*scene.bob).probes_sent - probes >= 15);
    CHECK(scene.world.participant_stats(*scene.bob).probes_sent - probes <= 25);
  }
}

TEST_CASE("what a key picture makes needless is dropped where it waits") {
  Narrowing scene{100ms};
  for (int i = 0; i < 4 && scene.world.drops(DropReason::OBSOLETE) == 0; ++i) {
    scene.change(300);
    scene.world.run(5s);
    scene.change(2500);
    scene.world.run(10s + i * 130ms);
  }
  CHECK(scene.world.drops(DropReason::OBSOLETE) > 0);
}
