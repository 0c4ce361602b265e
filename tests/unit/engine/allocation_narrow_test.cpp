// What the allocation does while a link gets narrow, and wide again.
#include <doctest/doctest.h>

#include "unit/engine/allocation_receiver.h"

using namespace weir;
using namespace weir::engine;
using namespace std::chrono_literals;

TEST_CASE("below seven pictures a second a smaller picture that moves is preferred, at every size") {
  for (std::uint32_t height : {180U, 360U}) {
    Receiver receiver;
    Receiver::Line& line = receiver.add({{.id = {0, 0, 2},
                                          .bitrate = 120'000,
                                          .width = height * 16 / 9,
                                          .height = height,
                                          .milli_fps = 12'000},
                                         {.id = {1, 0, 0},
                                          .bitrate = 110'000,
                                          .width = height * 32 / 9,
                                          .height = 2 * height,
                                          .milli_fps = 3'000},
                                         {.id = {1, 0, 1},
                                          .bitrate = 120'000,
                                          .width = height * 32 / 9,
                                          .height = 2 * height,
                                          .milli_fps = 6'000}});
    receiver.decide(140'000);
    CHECK(line.memory.target == sfu::LayerId{0, 0, 2});
    receiver.now += 10s;
    line.layers.erase(line.layers.begin());  // nothing else is sent
    receiver.decide(140'000);
    CHECK(line.memory.target == sfu::LayerId{1, 0, 1});
  }
}

TEST_CASE("the smallest picture outlives an estimate that is too low for a while, and comes back soon") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  receiver.estimate(2'000'000);
  receiver.now += 1s;
  const Time cut = receiver.now;
  for (; receiver.now - cut < LayerAllocation::kGrace; receiver.now += 100ms) {
    receiver.estimate(40'000);
    CHECK(line.memory.target == sfu::LayerId{0, 0, 0});
  }
  receiver.estimate(40'000);
  CHECK_FALSE(line.memory.target);
  CHECK(line.memory.reason == WEIR_LAYER_PAUSED_BANDWIDTH);
  const Time paused = receiver.now;
  for (; !line.memory.target; receiver.now += 100ms) {
    REQUIRE(receiver.now - paused <= LayerAllocation::kPause);
    receiver.estimate(100'000);
  }
  // An estimate that recovers in between begins the time anew; what the host allows is no estimate.
  receiver.estimate(40'000);
  receiver.now += LayerAllocation::kGrace - 100ms;
  receiver.estimate(100'000);
  receiver.now += 200ms;
  receiver.estimate(40'000);
  CHECK(line.memory.target);
  receiver.decide({.bitrate = 1'000'000, .limit = 40'000});
  CHECK_FALSE(line.memory.target);
}

TEST_CASE("a layer whose key picture would take the path for too long is not entered") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  for (sfu::OfferedLayer& layer : line.layers) {
    layer.key_bytes = layer.id.encoding == 0 ? 60'000 : layer.id.encoding == 1 ? 50'000 : 60'000;
  }
  receiver.estimate(2'000'000);
  CHECK(line.memory.target == kTop);
  // Down: 50 kB take 0.62 s of 650 kbit/s; the smallest is taken whatever it costs.
  receiver.now += 10s;
  receiver.estimate(650'000);
  CHECK(line.memory.target == sfu::LayerId{0, 0, 2});
  CHECK(line.memory.reason == WEIR_LAYER_REDUCED_BANDWIDTH);
  CHECK(receiver.wanted == 1'700'000);
  // Up: 0.6 s of 667 kbit/s.
  receiver.now += 10s;
  receiver.estimate(660'000);
  CHECK(line.memory.target == sfu::LayerId{0, 0, 2});
  receiver.now += 10s;
  receiver.estimate(670'000);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  // Layers of one encoding that need each other anyhow are left without a key picture.
  for (sfu::OfferedLayer& layer : line.layers) layer.id = {0, layer.id.encoding, layer.id.temporal};
  line.memory = {};
  receiver.estimate(2'000'000);
  CHECK(line.memory.target == sfu::LayerId{0, 2, 2});
  receiver.now += 10s;
  receiver.estimate(600'000);
  CHECK(line.memory.target == sfu::LayerId{0, 1, 2});
}

TEST_CASE("what is wanted of the path includes the entry into a layer that was left out for it") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  for (sfu::OfferedLayer& layer : line.layers) layer.key_bytes = layer.id.encoding == 2 ? 150'000 : 10'000;
  receiver.estimate(600'000);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  receiver.now += 10s;
  receiver.estimate(1'990'000);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  CHECK(receiver.wanted == 2'000'000);
  receiver.now += 10s;
  receiver.estimate(2'000'000);
  CHECK(line.memory.target == kTop);
  CHECK(receiver.wanted == 1'700'000);
}

TEST_CASE("rises that failed on a narrow link are forgotten on one that carries half as much again") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  receiver.estimate(100'000);
  CHECK(line.memory.target == sfu::LayerId{0, 0, 0});
  receiver.now += LayerAllocation::kHold;
  receiver.estimate(190'000);
  CHECK(line.memory.target == sfu::LayerId{0, 0, 2});
  receiver.now += 1s;
  receiver.estimate(110'000);
  CHECK(line.memory.target == sfu::LayerId{0, 0, 1});
  CHECK(line.memory.hold == 2 * LayerAllocation::kHold);
  receiver.now += 1s;
  receiver.estimate(190'000);
  CHECK(line.memory.target == sfu::LayerId{0, 0, 1});
  receiver.estimate(2'000'000);
  CHECK(line.memory.target == kTop);
  CHECK(line.memory.hold == Duration{});
}

TEST_CASE("a link that carries half as much again since a rise is not waited for") {
  Receiver receiver;
  Receiver::Line& line = receiver.add();
  receiver.estimate(2'000'000);
  receiver.estimate(200'000);
  receiver.now += LayerAllocation::kHold;
  receiver.estimate(600'000);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  receiver.now += 100ms;
  receiver.estimate(880'000);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
  receiver.estimate(2'100'000);
  CHECK(line.memory.target == kTop);
  // After a fall it is.
  receiver.estimate(600'000);
  receiver.now += 100ms;
  receiver.estimate(2'100'000);
  CHECK(line.memory.target == sfu::LayerId{1, 0, 2});
}
