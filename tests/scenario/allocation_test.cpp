// Who gets which layer, and why, through the whole engine.
#include <array>
#include <optional>
#include <set>

#include "rtp/rtcp.h"
#include "scenario/wishes.h"

using namespace weir;
using namespace weir::scenario;

TEST_CASE("a budget cut to a quarter: one step down at once, without a picture lost") {
  World world{81};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher(3));
  Client& bob = world.join(room, viewer(1));
  world.watch(bob, 0, ann);
  limit(world, bob, 1'200'000);
  REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 2; }, 5s));
  world.run(3s);
  const Time cut = world.now();
  limit(world, bob, 300'000);
  // Decided with the call, or at the end of a burst of decisions; shown with the key frame that it asks for.
  world.run(20ms);
  CHECK(line_info(world, bob, 0).target_encoding == 1);
  REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 1; }, 1s));
  CHECK(world.now() - cut <= 300ms);
  world.run(3s);
  CHECK(longest_wait(bob.video(0), cut) <= 300ms);
  CHECK(line_info(world, bob, 0).layer_reason == WEIR_LAYER_REDUCED_BANDWIDTH);
  check_whole(bob.video(0));
}

TEST_CASE("a steady link: no two changes of a subscription within five seconds") {
  World world{82};
  const Id room = world.open_room();
  std::vector<Client*> publishers;
  for (int i = 0; i < 4; ++i) publishers.push_back(&world.join(room, publisher(3)));
  Client& bob = world.join(room, viewer(4));
  for (int i = 0; i < 4; ++i) world.watch(bob, i, *publishers[static_cast<std::size_t>(i)]);
  limit(world, bob, 900'000);
  world.run(10s);
  struct Seen {
    int encoding = -1;
    int temporal = -1;
    Time changed{};
  };
  std::array<Seen, 4> seen;
  int changes = 0;
  for (int step = 0; step < 1200; ++step) {
    world.run(50ms);
    for (int i = 0; i < 4; ++i) {
      const auto info = line_info(world, bob, i);
      Seen& line = seen[static_cast<std::size_t>(i)];
      if (info.target_encoding == line.encoding && info.target_temporal == line.temporal) continue;
      if (line.changed != Time{}) {
        CHECK(world.now() - line.changed >= 5s);
        ++changes;
      }
      line = {info.target_encoding, info.target_temporal, world.now()};
    }
  }
  CHECK(changes <= 4);
  for (int i = 0; i < 4; ++i) check_whole(bob.video(i));
}

TEST_CASE("the lowest layer of everybody visible comes before the second of anybody, unless pinned") {
  World world{83};
  const Id room = world.open_room();
  std::vector<Client*> publishers;
  for (int i = 0; i < 4; ++i) publishers.push_back(&world.join(room, publisher()));
  Client& bob = world.join(room, viewer(4));
  for (int i = 0; i < 4; ++i) world.watch(bob, i, *publishers[static_cast<std::size_t>(i)]);
  world.run(5s);
  for (const bool pinned : {false, true}) {
    weir_wants first = all();
    first.priority = 10'000;
    first.pinned = pinned ? 1 : 0;
    want(world, bob, 0, first);
    for (std::uint64_t budget = 30'000; budget <= 630'000; budget += 60'000) {
      limit(world, bob, budget);
      world.run(7s);
      int shown = 0;
      int above = 0;
      std::uint64_t sum = 0;
      for (int i = 0; i < 4; ++i) {
        const auto info = line_info(world, bob, i);
        shown += info.target_encoding >= 0 ? 1 : 0;
        above += info.target_encoding > 0 && !(pinned && i == 0) ? 1 : 0;
        sum += info.target_bitrate;
      }
      CAPTURE(budget);
      CHECK(sum <= budget);
      CHECK((above == 0 || shown == 4));
      if (pinned && budget >= 390'000) CHECK(line_info(world, bob, 0).target_encoding >= 1);
    }
  }
}

TEST_CASE("a receiver learns each reason, by the event and by asking") {
  World world{84};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& cid = world.join(room, publisher());
  Client& bob = world.join(room, viewer(3));
  world.watch(bob, 0, ann);
  world.watch(bob, 1, cid);
  const auto reason = [&](int line) { return line_info(world, bob, line).layer_reason; };
  world.run(8s);
  CHECK(reason(0) == WEIR_LAYER_FULL);
  CHECK(reason(2) == WEIR_LAYER_UNDECIDED);
  want(world, bob, 0, at_most(180));
  CHECK(reason(0) == WEIR_LAYER_REDUCED_SIZE);
  world.run(50ms);
  want(world, bob, 0, hidden());
  CHECK(reason(0) == WEIR_LAYER_PAUSED_LAYOUT);
  // What comes in a burst waits for its end.
  want(world, bob, 0, all());
  CHECK(reason(0) == WEIR_LAYER_PAUSED_LAYOUT);
  world.run(20ms);
  CHECK(reason(0) == WEIR_LAYER_FULL);
  world.run(1s);
  limit(world, bob, 0, 1);
  CHECK(reason(0) == WEIR_LAYER_FULL);
  CHECK(reason(1) == WEIR_LAYER_PAUSED_LIMIT);
  world.run(1s);
  limit(world, bob, 400'000);
  world.run(100ms);
  CHECK(reason(0) == WEIR_LAYER_REDUCED_BANDWIDTH);
  world.run(1s);
  limit(world, bob, 45'000);
  world.run(100ms);
  CHECK((reason(0) == WEIR_LAYER_PAUSED_BANDWIDTH) != (reason(1) == WEIR_LAYER_PAUSED_BANDWIDTH));
  world.run(1s);
  limit(world, bob, 2'500'000);
  world.run(100ms);
  CHECK(std::max(reason(0), reason(1)) == WEIR_LAYER_PAUSED_BANDWIDTH);
  CHECK(std::min(reason(0), reason(1)) == WEIR_LAYER_REDUCED_HYSTERESIS);
  world.run(8s);
  ann.set_camera(false);
  CHECK(world.engine().set_muted(world.now(), world.track(cid, "cam"), true) == WEIR_OK);
  world.run(3s);
  CHECK(reason(0) == WEIR_LAYER_PAUSED_PUBLISHER);
  CHECK(reason(1) == WEIR_LAYER_PAUSED_PUBLISHER);
  std::set<std::uint64_t> told;
  for (const weir_event& event : world.events(WEIR_EVENT_SUBSCRIPTION_LAYER)) {
    CHECK(event.participant == bob.id.value);
    told.insert(event.value & 0xff);
  }
  for (int each = WEIR_LAYER_FULL; each <= WEIR_LAYER_PAUSED_LIMIT; ++each) {
    CAPTURE(each);
    CHECK(told.count(static_cast<std::uint64_t>(each)) == 1);
  }
}

TEST_CASE("two receivers with different links do not touch each other") {
  World world{85};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room, viewer(1));
  Client& cid = world.join(room, viewer(1));
  world.watch(bob, 0, ann);
  world.watch(cid, 0, ann);
  REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 2 && encoding_of(cid, 0) == 2; }, 5s));
  world.run(2s);
  const std::size_t keys = cid.video(0).key_frame_senders.size();
  const Time since = world.now();
  for (const std::uint64_t budget : {300'000U, 50'000U, 1U, 300'000U, 60'000U}) {
    limit(world, bob, budget);
    world.run(8s);
  }
  CHECK(encoding_of(bob, 0) < 2);
  CHECK(encoding_of(cid, 0) == 2);
  CHECK(line_info(world, cid, 0).layer_reason == WEIR_LAYER_FULL);
  CHECK(cid.video(0).key_frame_senders.size() == keys);
  CHECK(longest_wait(cid.video(0), since) <= 70ms);
  check_whole(cid.video(0));
}

// mediasoup 1821: a viewer whose layer the sender stopped went black.
TEST_CASE("a layer that its sender stops is replaced by the next one, and taken again when it is back") {
  World world{89};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room, viewer(1));
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 2; }, 5s));
  world.run(2s);
  ann.set_encoding(2, false);
  const Time stopped = world.now();
  REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 1; }, 5s));
  CHECK(world.now() - stopped <= 2500ms);
  CHECK(line_info(world, bob, 0).layer_reason == WEIR_LAYER_FULL);
  world.run(1s);
  ann.set_encoding(2, true);
  REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 2; }, 10s));
  check_whole(bob.video(0));
}

// livekit 2069: a second reason overwrote the first, and the stream stayed paused.
TEST_CASE("a pause ends with its reason, in whatever order reasons come and go") {
  World world{90};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room, viewer(1));
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 2; }, 5s));
  world.run(6s);
  const Id camera = world.track(ann, "cam");
  SeededRandom random{7};
  for (int round = 0; round < 20; ++round) {
    // Three reasons come in any order and go in any order.
    for (int i = 0; i < 12; ++i) {
      const bool off = random.below(2) == 0;
      const std::uint64_t which = random.below(3);
      if (which == 0) limit(world, bob, off ? 1 : 0);
      if (which == 1) want(world, bob, 0, off ? hidden() : all());
      if (which == 2) CHECK(world.engine().set_muted(world.now(), camera, off) == WEIR_OK);
      world.run(Duration{static_cast<std::int64_t>(random.below(400'000))});
    }
    limit(world, bob, 0);
    want(world, bob, 0, all());
    CHECK(world.engine().set_muted(world.now(), camera, false) == WEIR_OK);
    const std::size_t before = bob.video(0).sequences.size();
    CAPTURE(round);
    REQUIRE(world.run_until([&] { return bob.video(0).sequences.size() > before + 10; }, 8s));
  }
  check_whole(bob.video(0));
}

TEST_CASE("max_video shows the most important, and who is shown stays") {
  World world{91};
  const Id room = world.open_room();
  std::vector<Client*> publishers;
  for (int i = 0; i < 4; ++i) publishers.push_back(&world.join(room, publisher()));
  Client& bob = world.join(room, viewer(4));
  for (int i = 0; i < 4; ++i) world.watch(bob, i, *publishers[static_cast<std::size_t>(i)]);
  limit(world, bob, 0, 2);
  world.run(5s);
  const auto shown = [&] {
    std::string text;
    for (int i = 0; i < 4; ++i) text += line_info(world, bob, i).target_encoding >= 0 ? '1' : '0';
    return text;
  };
  CHECK(shown() == "1100");
  weir_wants important = all();
  important.priority = 5;
  want(world, bob, 3, important);
  world.run(1s);
  CHECK(shown() == "1001");
  important.priority = 1;
  want(world, bob, 3, important);
  world.run(1s);
  CHECK(shown() == "1001");
  limit(world, bob, 0, 0);
  world.run(1s);
  CHECK(shown() == "1111");
}

TEST_CASE("a tap of the host gets the best that it wants, whatever others can carry") {
  World world{92};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room, viewer(1));
  world.watch(bob, 0, ann);
  limit(world, bob, 50'000);
  const Id tap = world.join_local(room);
  const auto line = world.engine().add_subscription(
      world.now(), tap,
      {.struct_size = 0, .kind = WEIR_KIND_VIDEO, .format = WEIR_FORMAT_RTP, .max_queue = 100});
  REQUIRE(line.ok());
  weir_source source{};
  source.kind = WEIR_SOURCE_TRACK;
  source.track = world.track(ann, "cam").value;
  REQUIRE(world.engine().set_source(world.now(), *line, source) == WEIR_OK);
  world.run(4s);
  CHECK(world.info(*line).encoding == 2);
  CHECK(world.info(*line).width == 1280);
  CHECK(world.info(*line).layer_reason == WEIR_LAYER_FULL);
  CHECK(encoding_of(bob, 0) == 0);
  CHECK(world.engine().set_wants(world.now(), *line, at_most(360)) == WEIR_OK);
  world.run(1s);
  CHECK(world.info(*line).encoding == 1);
  CHECK(world.info(*line).layer_reason == WEIR_LAYER_REDUCED_SIZE);
}

TEST_CASE("what a receiver says that it can take is what its video gets") {
  World world{93};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room, viewer(1));
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 2; }, 5s));
  world.run(3s);
  const std::array<std::uint32_t, 1> ssrcs{bob.video(0).ssrc};
  std::array<std::uint8_t, 100> bytes{};
  ByteWriter writer{bytes};
  rtp::write_receiver_report(writer, 1, {});
  rtp::write_remb(writer, 1, 300'000, ssrcs);
  REQUIRE(bob.send_rtcp(writer.written()));
  REQUIRE(world.run_until([&] { return encoding_of(bob, 0) == 1; }, 1s));
  CHECK(line_info(world, bob, 0).layer_reason == WEIR_LAYER_REDUCED_BANDWIDTH);
}

TEST_CASE(
    "speakers alternate every 3 s on a steady link: who did not speak keeps its layer for 5 s and more") {
  World world{312};
  const Id room = world.open_room();
  std::vector<Client*> people;
  for (int i = 0; i < 4; ++i) people.push_back(&world.join(room, publisher()));
  Client& bob = world.join(room, viewer(4));
  for (int i = 0; i < 4; ++i) world.watch(bob, i, *people[static_cast<std::size_t>(i)]);
  world.link(bob).kbps = 1700;
  world.run(20s);
  const Time began = world.now();
  weir_wants speaking = all();
  speaking.priority = 4;
  for (int turn = 0; turn < 16; ++turn) {
    want(world, bob, turn % 2, speaking);
    want(world, bob, 1 - turn % 2, all());
    world.run(3s);
  }
  int changes = 0;
  for (const int line : {2, 3}) {
    std::optional<Time> changed;
    std::uint64_t shown = 0;
    const Id id = world.subscription(bob, mid_of(line).c_str());
    for (const weir_event& event : world.events(WEIR_EVENT_SUBSCRIPTION_LAYER)) {
      if (event.subscription != id.value) continue;
      const std::uint64_t target = event.value >> 32;  // the size that is forwarded
      const Time at = time_from_us(event.time_us);
      if (target == shown || at < began) {
        shown = target;
        continue;
      }
      shown = target;
      ++changes;
      CAPTURE(line);
      if (changed) CHECK(to_us(at - *changed) >= 5'000'000);
      changed = at;
    }
  }
  MESSAGE("changes of two who did not speak in 48 s: ", changes);
  CHECK(changes <= 2 * 48 / 5);
  // Who speaks has the better picture.
  CHECK(line_info(world, bob, 1).target_bitrate >= line_info(world, bob, 0).target_bitrate);
}
