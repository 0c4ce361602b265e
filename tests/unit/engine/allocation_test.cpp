#include "engine/allocation.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/random.h"
#include "support/shared_data.h"
#include "unit/engine/allocation_receiver.h"

using namespace weir;
using namespace weir::engine;
using namespace std::chrono_literals;

TEST_CASE("without a limit everybody gets the best of what is wanted") {
  Receiver receiver;
  Receiver::Line& large = receiver.add();
  Receiver::Line& tile = receiver.add(simulcast(), {.max_width = 320, .max_height = 180});
  Receiver::Line& slow = receiver.add(simulcast(), {.max_milli_fps = 15'000});
  Receiver::Line& second = receiver.add(simulcast(), {.max_spatial = 1});
  Receiver::Line& still = receiver.add(simulcast(), {.max_temporal = 0});
  Receiver::Line& hidden = receiver.add(simulcast(), {.visible = false});
  Receiver::Line& nothing = receiver.add({});
  receiver.decide(std::nullopt);
  CHECK(large.memory.target == kTop);
  CHECK(large.memory.reason == WEIR_LAYER_FULL);
  CHECK(large.memory.height == 720);
  CHECK(tile.memory.target == sfu::LayerId{0, 0, 2});
  CHECK(slow.memory.target == sfu::LayerId{2, 0, 1});
  CHECK(second.memory.target == sfu::LayerId{1, 0, 2});
  CHECK(still.memory.target == sfu::LayerId{2, 0, 0});
  CHECK(receiver.wanted == 1'700'000 + 150'000 + 1'190'000 + 500'000 + 680'000);
  for (const Receiver::Line* line : {&tile, &slow, &second, &still}) {
    CHECK(line->memory.reason == WEIR_LAYER_REDUCED_SIZE);
  }
  CHECK_FALSE(hidden.memory.target);
  CHECK(hidden.memory.reason == WEIR_LAYER_PAUSED_LAYOUT);
  CHECK_FALSE(nothing.memory.target);
  CHECK(nothing.memory.reason == WEIR_LAYER_PAUSED_PUBLISHER);
}

TEST_CASE("the lowest layer of everybody visible comes before the second of anybody who is not pinned") {
  for (std::uint64_t budget = 0; budget < 4'000'000; budget += 37'000) {
    Receiver receiver;
    for (int i = 0; i < 6; ++i) receiver.add(simulcast(), {.priority = i == 0 ? 1000U : 1U});
    receiver.decide(budget);
    CHECK(receiver.used() <= budget);
    int shown = 0;
    int above = 0;
    for (const Receiver::Line& line : receiver.lines) {
      shown += line.memory.target ? 1 : 0;
      above += line.memory.target && *line.memory.target != sfu::LayerId{0, 0, 0} ? 1 : 0;
    }
    CHECK((above == 0 || shown == 6));
  }
}

TEST_CASE("a pinned one is served first, others are paused for it") {
  Receiver receiver;
  Receiver::Line& pinned = receiver.add(simulcast(), {.pinned = true});
  receiver.add();
  receiver.decide(1'750'000);
  CHECK(pinned.memory.target == sfu::LayerId{2, 0, 1});
  receiver.decide(60'000);
  CHECK(pinned.memory.target == sfu::LayerId{0, 0, 0});
  CHECK(receiver.lines[1].memory.reason == WEIR_LAYER_PAUSED_BANDWIDTH);
}

TEST_CASE("rather nothing than less than what is wanted at least") {
  Receiver receiver;
  Receiver::Line& line = receiver.add(simulcast(), {.min_spatial = 2});
  receiver.decide(1'000'000);
  CHECK(line.memory.target == sfu::LayerId{2, 0, 0});
  receiver.now += 10s;
  receiver.decide(600'000);
  CHECK(line.memory.reason == WEIR_LAYER_PAUSED_BANDWIDTH);
  line.layers.resize(6);  // the publisher stops it
  receiver.decide(600'000);
  CHECK(line.memory.reason == WEIR_LAYER_PAUSED_PUBLISHER);
}

TEST_CASE("max_video shows so many") {
  Receiver receiver;
  receiver.max_video = 2;
  for (int i = 0; i < 4; ++i) receiver.add(simulcast(), {.priority = i == 3 ? 9U : 1U});
  receiver.decide(std::nullopt);
  CHECK(receiver.lines[3].memory.target);
  CHECK(receiver.lines[0].memory.target);
  CHECK(receiver.lines[1].memory.reason == WEIR_LAYER_PAUSED_LIMIT);
  CHECK(receiver.lines[2].memory.reason == WEIR_LAYER_PAUSED_LIMIT);
  receiver.max_video = 0;
  receiver.decide(std::nullopt);
  CHECK(receiver.lines[1].memory.reason == WEIR_LAYER_FULL);
}

TEST_CASE("a screen is sharp before it is fluent, and fluent when there is room") {
  const std::vector<sfu::OfferedLayer> layers = {
      {.id = {0, 0, 0}, .bitrate = 500'000, .width = 640, .height = 360, .milli_fps = 30'000},
      {.id = {1, 0, 0}, .bitrate = 500'000, .width = 1280, .height = 720, .milli_fps = 5'000},
      {.id = {1, 0, 1}, .bitrate = 1'500'000, .width = 1280, .height = 720, .milli_fps = 30'000}};
  for (const bool screen : {false, true}) {
    Receiver receiver;
    Receiver::Line& line = receiver.add(layers);
    line.screen = screen;
    receiver.decide(600'000);
    CHECK(line.memory.target->encoding == (screen ? 1 : 0));
    receiver.now += 10s;
    receiver.decide(std::nullopt);
    CHECK(line.memory.target == sfu::LayerId{1, 0, 1});
  }
}

TEST_CASE("a camera moves before it is large") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  receiver.decide(850'000);  // 720p at 7.5 pictures a second would fit
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  receiver.now += 10s;
  receiver.decide(1'500'000);
  CHECK(line.memory.target == sfu::LayerId{2, 0, 1});
}

TEST_CASE("down at once, up after the wait and with the margin") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  receiver.decide(2'000'000);
  REQUIRE(line.memory.target == kTop);
  receiver.now += 100ms;
  receiver.decide(500'000);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  CHECK(line.memory.reason == WEIR_LAYER_REDUCED_BANDWIDTH);
  const Time fell = receiver.now;
  receiver.decide(2'000'000);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  CHECK(line.memory.reason == WEIR_LAYER_REDUCED_HYSTERESIS);
  while (line.memory.target != kTop) {
    receiver.now += 100ms;
    REQUIRE(receiver.now - fell < 60s);
    receiver.decide(2'000'000);
  }
  // The first picture was no rise that failed: the wait is the usual one.
  CHECK(receiver.now - fell == LayerAllocation::kHold);
  receiver.now += 100ms;
  receiver.decide(500'000);
  const Time failed = receiver.now;
  while (line.memory.target != kTop) {
    receiver.now += 100ms;
    REQUIRE(receiver.now - failed < 60s);
    receiver.decide(2'000'000);
  }
  // This one has failed within its trial: the wait is twice as long.
  CHECK(receiver.now - failed == 2 * LayerAllocation::kHold);
}

TEST_CASE("rises that fail again and again become rare, one that lasts is forgiven") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  receiver.decide(2'000'000);
  std::vector<Duration> waits;
  for (int i = 0; i < 7; ++i) {
    receiver.decide(500'000);
    const Time fell = receiver.now;
    while (line.memory.target != kTop) {
      receiver.now += 100ms;
      REQUIRE(receiver.now - fell < 100s);
      receiver.decide(2'000'000);
    }
    waits.push_back(receiver.now - fell);
    receiver.now += 1s;
  }
  for (std::size_t i = 1; i < waits.size(); ++i) {
    CHECK(waits[i] == std::min<Duration>(2 * waits[i - 1], LayerAllocation::kLongestHold));
  }
  receiver.now += 31s;
  receiver.decide(2'000'000);
  receiver.decide(500'000);
  const Time fell = receiver.now;
  while (line.memory.target != kTop) {
    receiver.now += 100ms;
    receiver.decide(2'000'000);
  }
  CHECK(receiver.now - fell == LayerAllocation::kHold);
}

TEST_CASE("layers that a sender begins with one after another are not waited for; what comes back is") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  const auto all = line.layers;
  line.layers.resize(3);
  line.discoveries = 3;
  receiver.decide(std::nullopt);
  REQUIRE(line.memory.target == sfu::LayerId{0, 0, 2});
  receiver.now += 30ms;
  line.layers = all;
  line.discoveries = 12;
  receiver.decide(std::nullopt);
  CHECK(line.memory.target == kTop);
  receiver.now += 1s;
  line.layers.resize(6);
  receiver.decide(std::nullopt);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  receiver.now += 1s;
  line.layers = all;
  receiver.decide(std::nullopt);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  CHECK(line.memory.reason == WEIR_LAYER_REDUCED_HYSTERESIS);
  receiver.now += 4s;
  receiver.decide(std::nullopt);
  CHECK(line.memory.target == kTop);
}

TEST_CASE("a place that changes its source keeps its quality and need not wait") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  receiver.decide(500'000);
  receiver.now += 100ms;
  line.track = 999;
  receiver.decide(2'000'000);
  CHECK(line.memory.target == kTop);
  // A full house where everybody has the lowest layer: the newcomer in a place is not the one who waits.
  Receiver tight;
  for (int i = 0; i < 4; ++i) tight.add();
  tight.decide(290'000);
  for (const Receiver::Line& each : tight.lines) REQUIRE(each.memory.target == sfu::LayerId{0, 0, 0});
  tight.now += 100ms;
  tight.lines[2].track = 999;
  tight.decide(245'000);
  CHECK(tight.lines[2].memory.target == sfu::LayerId{0, 0, 0});
}

TEST_CASE("a layer that vanishes is replaced at once, and nobody is stuck in a pause") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  receiver.decide(std::nullopt);
  REQUIRE(line.memory.target == kTop);
  receiver.now += 100ms;
  line.layers.resize(6);
  receiver.decide(std::nullopt);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  CHECK(line.memory.reason == WEIR_LAYER_FULL);
  line.layers.clear();
  receiver.decide(std::nullopt);
  CHECK(line.memory.reason == WEIR_LAYER_PAUSED_PUBLISHER);
  line.wants.visible = false;
  receiver.decide(std::nullopt);
  CHECK(line.memory.reason == WEIR_LAYER_PAUSED_LAYOUT);
  line.layers = simulcast();
  receiver.decide(std::nullopt);
  CHECK(line.memory.reason == WEIR_LAYER_PAUSED_LAYOUT);
  line.wants.visible = true;
  receiver.decide(std::nullopt);
  CHECK(line.memory.target == kTop);
}

TEST_CASE("a link with noise: no two changes of a subscription within five seconds") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SeededRandom random{seed};
    Receiver receiver;
    for (int i = 0; i < 6; ++i) receiver.add();
    const double link = 300'000 + random.unit() * 4'000'000;
    std::map<std::uint64_t, Time> changed;
    receiver.decide(static_cast<std::uint64_t>(link));
    for (int step = 0; step < 1200; ++step) {
      receiver.now += 100ms;
      for (Receiver::Line& line : receiver.lines) {
        line.layers = simulcast();
        for (sfu::OfferedLayer& layer : line.layers) {
          layer.bitrate =
              static_cast<std::uint64_t>(static_cast<double>(layer.bitrate) * (0.98 + 0.04 * random.unit()));
        }
      }
      std::vector<std::optional<sfu::LayerId>> before;
      for (const Receiver::Line& line : receiver.lines) before.push_back(line.memory.target);
      receiver.decide(static_cast<std::uint64_t>(link * (0.96 + 0.08 * random.unit())));
      for (std::size_t i = 0; i < receiver.lines.size(); ++i) {
        const Receiver::Line& line = receiver.lines[i];
        if (line.memory.target == before[i]) continue;
        const auto last = changed.find(line.id);
        if (last != changed.end()) CHECK(receiver.now - last->second >= 5s);
        changed[line.id] = receiver.now;
      }
    }
  }
}

TEST_CASE("more lines than any receiver had before") {
  Receiver receiver;
  for (int i = 0; i < 3; ++i) receiver.add();
  receiver.decide(1'000'000);
  while (receiver.lines.size() < 150) receiver.add();
  receiver.decide(30'000'000);
  for (const Receiver::Line& line : receiver.lines) CHECK(line.memory.target);
  CHECK(receiver.used() <= 30'000'000);
}

// jitsi-videobridge's recorded ramp (its maintainers want fewer than 20 changes): six senders, two temporal
// layers each.
TEST_CASE("a recorded ramp of a bridge: fewer than 20 changes") {
  WEIR_NEEDS_SHARED_DATA(folder, "network_traces/jitsi_bwe");
  std::ifstream file{*folder / "bwe-events.csv"};
  std::string line;
  std::getline(file, line);
  Receiver receiver;
  for (int i = 0; i < 6; ++i) {
    receiver.add({{.id = {0, 0, 0}, .width = 320, .height = 180, .milli_fps = 7'500},
                  {.id = {0, 0, 1}, .width = 320, .height = 180, .milli_fps = 30'000}});
  }
  int changes = 0;
  int rows = 0;
  while (std::getline(file, line)) {
    std::istringstream row{line};
    std::string cell;
    std::getline(row, cell, ',');
    const int hours = std::stoi(cell.substr(0, 2));
    const int minutes = std::stoi(cell.substr(3, 2));
    const auto us =
        static_cast<std::int64_t>((hours * 3600 + minutes * 60 + std::stod(cell.substr(6))) * 1e6);
    receiver.now = time_from_us(us);
    std::getline(row, cell, ',');
    const std::uint64_t budget = std::stoull(cell);
    std::vector<std::optional<sfu::LayerId>> before;
    for (Receiver::Line& each : receiver.lines) {
      before.push_back(each.memory.target);
      for (sfu::OfferedLayer& layer : each.layers) {
        std::getline(row, cell, ',');
        layer.bitrate = std::stoull(cell);
      }
    }
    receiver.decide(budget);
    CHECK(receiver.used() <= budget);
    for (std::size_t i = 0; i < before.size(); ++i) {
      changes += receiver.lines[i].memory.target != before[i] ? 1 : 0;
    }
    ++rows;
  }
  CHECK(rows == 427);
  MESSAGE("changes of six senders in the recorded ramp: ", changes);
  CHECK(changes < 20);
  for (const Receiver::Line& each : receiver.lines) CHECK(each.memory.target == sfu::LayerId{0, 0, 1});
}
