// A key frame of a moment ago, between a host's own camera and its own readers; scenario/switching_test.cpp
// has it with networks.
#include "engine/replay.h"

#include "local_host.h"

using namespace weir;
using namespace weir::engine;

namespace {

struct Host : LocalHost {
  using LocalHost::watch;
  Id watch(std::uint32_t max_queue = 64) { return watch(join(), max_queue); }
  weir_subscription_stats stats(Id line) const {
    weir_subscription_stats stats{};
    REQUIRE(engine.subscription_stats(line, stats) == WEIR_OK);
    return stats;
  }
  /// Somebody watches since a key frame of 40 to 80 ms ago.
  Id begin() {
    const Id first = watch();
    for (int i = 0; i < 1000 && stats(first).key_frames_sent == 0; ++i) run(10ms);
    run(40ms);
    requests = 0;
    return first;
  }
};

}  // namespace

TEST_CASE(
    "a second watcher gets the key frame of the first and all after it, at once and without a request") {
  Host host;
  const Id first = host.begin();
  const Id second = host.watch();
  host.run(1ms);
  CHECK(host.stats(second).packets_sent == host.stats(first).packets_sent);
  CHECK(host.stats(second).key_frames_sent == 1);
  host.run(1s);
  CHECK(host.stats(second).packets_sent == host.stats(first).packets_sent);
  CHECK(host.requests == 0);
}

TEST_CASE("after 350 ms the sender is asked") {
  Host host;
  const Id first = host.begin();
  host.run(350ms);
  const Id second = host.watch();
  host.run(1ms);
  CHECK(host.stats(second).packets_sent == 0);
  CHECK(host.requests == 1);
  host.run(100ms);
  CHECK(host.stats(second).key_frames_sent == 1);
  CHECK(host.stats(first).key_frames_sent == 2);
}

TEST_CASE("a reader whose queue has no room for all of it waits for another key frame") {
  Host host;
  host.begin();
  const Id second = host.watch(1);
  host.run(1ms);
  CHECK(host.stats(second).packets_sent == 0);
  CHECK(host.requests == 1);
}

TEST_CASE("of a muted track nothing is shown again") {
  Host host;
  host.begin();
  CHECK(host.engine.set_muted(host.now, host.camera, true) == WEIR_OK);
  const Id second = host.watch();
  host.run(1ms);
  CHECK(host.stats(second).packets_sent == 0);
}
