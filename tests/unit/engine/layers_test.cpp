// Layers between a host's own camera and a host's own readers: no network is needed to see when decisions are
// made and what is told.
#include "engine/layers.h"

#include <vector>

#include "local_host.h"
#include "unit/sfu/control_world.h"

using namespace weir;
using namespace weir::engine;

namespace {

struct Host : LocalHost {
  std::vector<std::uint64_t> demands() const {
    std::vector<std::uint64_t> values;
    for (const weir_event& event : events) {
      if (event.type == WEIR_EVENT_TRACK_DEMAND) values.push_back(event.value);
    }
    return values;
  }
  weir_subscription_info info(Id line) const {
    weir_subscription_info info{};
    REQUIRE(engine.subscription_info(line, info) == WEIR_OK);
    return info;
  }
};

weir_wants visible(bool yes) {
  weir_wants wants{};
  wants.priority = 1;
  wants.visible = yes ? 1 : 0;
  wants.max_spatial = wants.max_temporal = WEIR_LAYER_ANY;
  return wants;
}

}  // namespace

TEST_CASE("a host's camera is told when nobody watches, and when somebody does again") {
  Host host;
  host.run(1s);
  CHECK(host.demands().empty());
  host.run(1500ms);
  CHECK(host.demands() == std::vector<std::uint64_t>{0});
  host.on = false;
  host.run(10s);
  const Id line = host.watch(host.join());
  host.run(1ms);
  CHECK(host.demands() == std::vector<std::uint64_t>{0, 0xf});
  host.on = true;
  host.run(3s);
  CHECK(host.info(line).layer_reason == WEIR_LAYER_FULL);
  CHECK(host.info(line).encoding == 0);
  CHECK(host.info(line).width == 640);
  CHECK(host.info(line).height == 360);
  CHECK(host.info(line).target_bitrate > 150'000);
  CHECK(host.info(line).target_bitrate < 300'000);
}

TEST_CASE("a hidden line carries nothing, and its picture is back with the next key frame") {
  Host host;
  const Id reader = host.join();
  const Id line = host.watch(reader);
  host.run(1s);
  weir_subscription_stats stats{};
  CHECK(host.engine.set_wants(host.now, line, visible(false)) == WEIR_OK);
  CHECK(host.info(line).layer_reason == WEIR_LAYER_PAUSED_LAYOUT);
  CHECK(host.info(line).encoding == -1);
  REQUIRE(host.engine.subscription_stats(line, stats) == WEIR_OK);
  const std::uint64_t before = stats.packets_sent;
  host.run(1s);
  REQUIRE(host.engine.subscription_stats(line, stats) == WEIR_OK);
  CHECK(stats.packets_sent == before);
  CHECK(host.engine.set_wants(host.now, line, visible(true)) == WEIR_OK);
  host.run(300ms);
  REQUIRE(host.engine.subscription_stats(line, stats) == WEIR_OK);
  CHECK(stats.packets_sent > before);
  CHECK(host.info(line).encoding == 0);
}

TEST_CASE("each change of a line's layer is told once") {
  Host host;
  const Id line = host.watch(host.join());
  host.run(20s);
  std::vector<std::uint64_t> told;
  for (const weir_event& event : host.events) {
    if (event.type == WEIR_EVENT_SUBSCRIPTION_LAYER && event.subscription == line.value) {
      told.push_back(event.value);
    }
  }
  REQUIRE_FALSE(told.empty());
  CHECK(told.size() <= 4);  // nothing sent yet, begun, decided
  for (std::size_t i = 1; i < told.size(); ++i) CHECK(told[i] != told[i - 1]);
  const std::uint64_t size = std::uint64_t{640} << 32 | std::uint64_t{360} << 48;
  CHECK(told.back() == (size | 1U << 8 | WEIR_LAYER_FULL));
}

TEST_CASE("an engine in which nothing changes has nothing to do about layers") {
  Host host;
  host.on = false;
  host.run(10s);
  CHECK(host.engine.deadline() == kNever);
}

TEST_CASE("a sender's allocation says what its encodings will cost") {
  sfu::test::World world{1};
  sfu::Room& room = world.open();
  sfu::Track& track = world.track(world.join(room, false), MediaKind::video);
  track.line.rids = {"a", "b", "c"};
  REQUIRE(track.name_encodings());
  // Three streams of 1, 2 and 3 temporal layers.
  const std::array<std::uint8_t, 26> extension{0x61, 0x18, 0x32, 0x64, 0xc8, 0x01, 0xc8, 0x01, 0xa0,
                                               0x06, 0xdc, 0x0b, 0x01, 0x3f, 0x00, 0xb3, 0x0f, 0x02,
                                               0x7f, 0x01, 0x67, 0x1e, 0x04, 0xff, 0x02, 0xcf};
  take_announcement(track, extension);  // cut short: not read
  CHECK(track.offer.known().empty());
  std::vector<std::uint8_t> whole{extension.begin(), extension.end()};
  whole.push_back(0x3c);
  take_announcement(track, whole);
  REQUIRE(track.offer.known().size() == 6);
  const sfu::Offer::Known& best = track.offer.known().back();
  CHECK(best.layer.id == sfu::LayerId{2, 0, 2});
  CHECK(best.announced == 1'500'000);
  CHECK(best.layer.width == 1280);
  CHECK(best.layer.milli_fps == 60'000);
  CHECK(track.offer.known()[3].layer.milli_fps == 15'000);
  // Of streams that the line does not name nothing is kept.
  track.line.rids.clear();
  REQUIRE(track.name_encodings());
  track.offer.clear();
  take_announcement(track, whole);
  CHECK(track.offer.known().size() == 1);
}
