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

}  // namespace

TEST_CASE("a link cut from 2.5 Mbit/s to 300 kbit/s: the picture steps down without a freeze, and back up") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    World world{seed};
    const Id room = world.open_room();
    Person large = publisher(3);
    large.life_size = true;
    Client& ann = world.join(room, large);
    Client& bob = world.join(room, viewer(1));
    Client& cid = world.join(room, viewer(1));
    Link& link = world.link(bob);
    link.delay = 20ms;
    link.kbps = 2500;
    world.run(200ms);
    world.watch(bob, 0, ann);
    world.watch(cid, 0, ann);
    REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 2; }, 10s));
    world.run(8s);

    const Time cut = world.now();
    link.kbps = 300;
    REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 0; }, 3s));
    const Duration down = world.now() - cut;
    world.run(15s);
    const Duration frozen = longest_freeze(pictures_of(bob.video(0)), cut);
    MESSAGE("down after ", down.count() / 1000, " ms, longest gap ", frozen.count() / 1000, " ms");
    CHECK(down <= 1500ms);
    CHECK(frozen <= 600ms);
    CHECK(world.drops(DropReason::OBSOLETE) > 0);
    const std::int32_t reason = line_info(world, bob, 0).layer_reason;
    CHECK((reason == WEIR_LAYER_REDUCED_BANDWIDTH || reason == WEIR_LAYER_REDUCED_HYSTERESIS));

    const Time widened = world.now();
    link.kbps = 2500;
    REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 2; }, 20s));
    MESSAGE("up after ", (world.now() - widened).count() / 1000, " ms");
    CHECK(world.now() - widened <= 16s);  // probes come every five seconds; the aim is 8 s
    world.run(3s);
    CHECK(longest_freeze(pictures_of(bob.video(0)), widened) <= 600ms);
    // Nobody else has noticed.
    CHECK(encoding_of(cid, 0) == 2);
    CHECK(longest_wait(cid.video(0), cut) <= 300ms);
    check_whole(cid.video(0));
  }
}
