// Simulcast and temporal layers through the whole engine.
#include <algorithm>

#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

namespace {

Person publisher(int temporal_layers = 1) {
  Person person;
  person.encodings = 3;
  person.temporal_layers = temporal_layers;
  person.receives_video = 0;
  return person;
}

/// The decoder sees one stream: no sequence number missing or twice, picture ids that step by one with every
/// timestamp, timestamps that do not go back, a marker at the end of each picture.
void check_one_stream(const Received& line) {
  REQUIRE(line.picture_ids.size() == line.sequences.size());
  for (std::size_t i = 1; i < line.sequences.size(); ++i) {
    CAPTURE(i);
    REQUIRE(line.sequences[i] == line.sequences[i - 1] + 1);
    const auto step = static_cast<std::int32_t>(line.timestamps[i] - line.timestamps[i - 1]);
    REQUIRE(step >= 0);
    const int pictures = (line.picture_ids[i] - line.picture_ids[i - 1]) & 0x7fff;
    REQUIRE(pictures == (step > 0 ? 1 : 0));
    REQUIRE(line.markers[i - 1] == (step > 0));
    const int base = static_cast<std::uint8_t>(line.tl0[i] - line.tl0[i - 1]);
    REQUIRE(base == (step > 0 && line.temporal[i] == 0 ? 1 : 0));
  }
}

int encoding_now(const Received& line) {
  return line.encodings.empty() ? -1 : line.encodings.back();
}

}  // namespace

TEST_CASE("of three encodings the best that is sent is carried, as one stream") {
  World world{71};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return encoding_now(bob.video(0)) == 2; }, 3s));
  world.run(2s);
  check_one_stream(bob.video(0));
  CHECK(world.drops(DropReason::OTHER_ENCODING) > 0);
  const weir_track_stats stats = world.track_stats(world.track(ann, "cam"));
  CHECK(stats.frame_width == 1280);
  CHECK(stats.packets_lost == 0);
}

TEST_CASE("an encoding is changed with a key frame of the new one and no sooner, in time with its pictures") {
  World world{72};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room);
  ann.set_encoding(1, false);
  ann.set_encoding(2, false);
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return bob.video(0).sequences.size() > 20; }, 3s));
  CHECK(encoding_now(bob.video(0)) == 0);
  const std::size_t before = bob.video(0).key_frame_senders.size();
  ann.set_encoding(2, true);
  REQUIRE(world.run_until([&] { return encoding_now(bob.video(0)) == 2; }, 1s));
  CHECK(bob.video(0).key_frame_senders.size() == before + 1);
  world.run(1s);
  check_one_stream(bob.video(0));
  // 15 pictures a second on the receiver's clock, over the change as well: both encodings' reports tell when
  // their pictures were captured.
  const Received& line = bob.video(0);
  for (std::size_t i = 1; i < line.timestamps.size(); ++i) {
    const std::uint32_t step = line.timestamps[i] - line.timestamps[i - 1];
    if (step != 0 && line.encodings[i] != line.encodings[i - 1]) CHECK(step <= 6010);
  }
}

TEST_CASE("an encoding that restarts begins again for those who see it, and for nobody else") {
  World world{73};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return encoding_now(bob.video(0)) == 2; }, 3s));
  world.run(500ms);
  ann.renew_camera_ssrc();
  world.run(2s);
  CHECK(encoding_now(bob.video(0)) == 2);
  check_one_stream(bob.video(0));
}

TEST_CASE("lost packets of an encoding are repaired by the publisher and for the receiver") {
  World world{74};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher(3));
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return encoding_now(bob.video(0)) == 2; }, 3s));
  world.link(ann).loss = 0.05;
  world.link(bob).loss = 0.05;
  world.run(5s);
  world.link(ann).loss = 0;
  world.link(bob).loss = 0;
  world.run(2s);
  CHECK_FALSE(bob.video(0).has_gap());
  CHECK(bob.video(0).repaired > 10);
  CHECK(ann.nacks_received() > 10);
}

TEST_CASE("a change of the person goes from any encoding to any, in one stream") {
  World world{75};
  const Id room = world.open_room();
  Client& ann = world.join(room, publisher());
  Client& cid = world.join(room, publisher(3));
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  REQUIRE(world.run_until([&] { return encoding_now(bob.video(0)) == 2; }, 3s));
  for (int i = 0; i < 6; ++i) {
    const Client& next = i % 2 == 0 ? cid : ann;
    world.watch(bob, 0, next);
    const Time asked = world.now();
    REQUIRE(world.run_until([&] { return bob.video(0).last_sender() == next.number(); }, 1s));
    CHECK(to_us(world.now() - asked) <= 300'000);
    world.run(700ms);
  }
  check_one_stream(bob.video(0));
}
