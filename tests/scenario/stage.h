// One who sends, one who watches over a narrowed link.
#pragma once

#include <algorithm>

#include "scenario/world.h"

namespace weir::scenario {

/// 15 pictures a second of `packets` packets of 1000 bytes: `packets` times 0.125 Mbit/s, headers included.
inline Person camera(int packets) {
  Person person;
  person.receives_audio = 0;
  person.receives_video = 0;
  person.picture_packets = packets;
  person.picture_payload = 1000;
  return person;
}

inline Person viewer() {
  Person person;
  person.sends_audio = false;
  person.sends_video = false;
  person.receives_video = 1;
  return person;
}

/// One who sends, one who watches, over a link of so much.
struct Stage {
  explicit Stage(int packets, double kbps, const Person& watching = viewer(), std::uint64_t seed = 1)
      : world(seed), ann(world.join(room, camera(packets))), bob(world.join(room, watching)) {
    world.link(bob).kbps = kbps;
    world.run(200ms);  // connected
    world.watch(bob, 0, ann);
  }
  /// The same, with a source that keeps to what there is for video, as an allocation of layers would.
  void run_fitting(Duration duration) {
    run_fitting_until([] { return false; }, duration);
  }
  bool run_fitting_until(const std::function<bool()>& done, Duration limit) {
    const Time end = world.now() + limit;
    while (world.now() < end) {
      const double packets = static_cast<double>(stats().target_bitrate) / 127e3;
      ann.person().picture_packets = static_cast<int>(std::clamp(packets, 1.0, 14.0));
      if (world.run_until(done, std::min(Duration{100'000}, end - world.now()))) return true;
    }
    return false;
  }
  double estimate() { return static_cast<double>(stats().available_outgoing_bitrate); }
  weir_participant_stats stats() { return world.participant_stats(bob); }
  /// kbit/s that came through to the viewer.
  double rate(Duration span) {
    const std::uint64_t before = bob.bytes_received();
    world.run(span);
    return static_cast<double>(bob.bytes_received() - before) * 8e3 / static_cast<double>(span.count());
  }

  World world;
  Id room = world.open_room();
  Client& ann;
  Client& bob;
};

}  // namespace weir::scenario
