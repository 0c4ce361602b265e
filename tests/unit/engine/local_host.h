// A host with a camera of its own and readers of its own: an engine without a network.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"

namespace weir::engine {

using namespace std::chrono_literals;

struct LocalHost {
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
  std::vector<weir_event> events;
  Time next_frame = now;
  bool key_wanted = true;
  bool on = true;    // the camera
  int requests = 0;  // for key frames

  Id join() {
    weir_participant_options options{};
    options.kind = WEIR_PARTICIPANT_LOCAL;
    options.may = WEIR_MAY_ALL;
    const auto joined = engine.join(now, room, options);
    REQUIRE(joined.ok());
    return *joined;
  }
  Id watch(Id person, std::uint32_t max_queue = 64) {
    const auto line = engine.add_subscription(
        now, person,
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
  /// The camera takes a picture each 40 ms.
  void run(Duration time) {
    const Time end = now + time;
    while (now < end) {
      now = std::min(end, std::max(now, std::min(engine.deadline(), next_frame)));
      if (now >= next_frame) {
        next_frame = now + 40ms;
        if (on) write_frame();
      }
      if (engine.deadline() <= now) engine.advance(now);
      weir_event event;
      while (engine.next_event(event)) {
        events.push_back(event);
        if (event.type != WEIR_EVENT_KEYFRAME_WANTED) continue;
        key_wanted = true;
        ++requests;
      }
    }
  }
};

}  // namespace weir::engine
