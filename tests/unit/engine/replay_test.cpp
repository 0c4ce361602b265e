// A key frame of a moment ago, between a host's own camera and its own readers; scenario/switching_test.cpp
// has it with networks.
#include "engine/replay.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"

using namespace weir;
using namespace weir::engine;
using namespace std::chrono_literals;

namespace {

struct Host {
  SeededRandom random{1};
  Engine engine{{}, *crypto::Certificate::make(random, 1'700'000'000), random, Log{}};
  Time now = time_from_us(1'000'000);
  Id room = *engine.open_room(now, weir_room_options{});
  Id presenter = join();
  Id camera = *engine.add_track(now, presenter,
                                {.struct_size = 0,
                                 .kind = WEIR_KIND_VIDEO,
                                 .codec = WEIR_CODEC_VP8,
                                 .content = WEIR_CONTENT_MAIN,
                                 .min_bitrate = 0});
  Time next_frame = now;
  bool key_wanted = true;
  int requests = 0;

  Id join() {
    weir_participant_options options{};
    options.kind = WEIR_PARTICIPANT_LOCAL;
    options.may = WEIR_MAY_ALL;
    const auto joined = engine.join(now, room, options);
    REQUIRE(joined.ok());
    return *joined;
  }
  Id watch(std::uint32_t max_queue = 64) {
    const auto line = engine.add_subscription(
        now, join(),
        {.struct_size = 0, .kind = WEIR_KIND_VIDEO, .format = WEIR_FORMAT_RTP, .max_queue = max_queue});
    REQUIRE(line.ok());
    weir_source source{};
    source.kind = WEIR_SOURCE_TRACK;
    source.track = camera.value;
    REQUIRE(engine.set_source(now, *line, source) == WEIR_OK);
    return *line;
  }
  void write_frame() {
    // VP8 frame tag (RFC 6386 section 9.1), 640x360.
    std::array<std::uint8_t, 1000> data{};
    data[0] = key_wanted ? 0x10 : 0x11;
    const std::array<std::uint8_t, 7> head{0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01};
    if (key_wanted) std::copy(head.begin(), head.end(), data.begin() + 3);
    weir_frame frame{};
    frame.codec = WEIR_CODEC_VP8;
    frame.data = data.data();
    frame.size = data.size();
    frame.time_us = to_us(now);
    frame.flags = key_wanted ? WEIR_FRAME_KEY : 0;
    key_wanted = false;
    CHECK(engine.write_frame(now, camera, frame) == WEIR_OK);
  }
  void run(Duration time) {
    const Time end = now + time;
    while (now < end) {
      now = std::min(end, std::max(now, std::min(engine.deadline(), next_frame)));
      if (now >= next_frame) {
        next_frame = now + 40ms;
        write_frame();
      }
      if (engine.deadline() <= now) engine.advance(now);
      weir_event event;
      while (engine.next_event(event)) {
        if (event.type != WEIR_EVENT_KEYFRAME_WANTED) continue;
        key_wanted = true;
        ++requests;
      }
    }
  }
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
