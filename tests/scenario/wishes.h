// What scenarios of layers share: publishers with three encodings of about 40, 270 and 760 kbit/s, what
// receivers want, and what they got.
#pragma once

#include <algorithm>
#include <string>

#include "scenario/world.h"

namespace weir::scenario {

inline Person publisher(int temporal_layers = 1) {
  Person person;
  person.encodings = 3;
  person.temporal_layers = temporal_layers;
  person.receives_video = 0;
  return person;
}

inline Person viewer(int lines) {
  Person person;
  person.sends_video = false;
  person.receives_video = lines;
  return person;
}

inline std::string mid_of(int line) {
  return "rv" + std::to_string(line);
}

inline weir_subscription_info line_info(World& world, const Client& client, int line) {
  return world.info(world.subscription(client, mid_of(line).c_str()));
}

inline void limit(World& world, const Client& client, std::uint64_t bitrate, std::uint32_t max_video = 0) {
  const weir_receive_limits limits{
      .struct_size = sizeof limits, .max_video = max_video, .max_bitrate = bitrate};
  CHECK(world.engine().set_receive_limits(world.now(), client.id, limits) == WEIR_OK);
}

inline weir_wants all() {
  weir_wants wants{};
  wants.struct_size = sizeof wants;
  wants.priority = 1;
  wants.visible = 1;
  wants.max_spatial = WEIR_LAYER_ANY;
  wants.max_temporal = WEIR_LAYER_ANY;
  return wants;
}

inline void want(World& world, const Client& client, int line, const weir_wants& wants) {
  const Id id = world.subscription(client, mid_of(line).c_str());
  CHECK(world.engine().set_wants(world.now(), id, wants) == WEIR_OK);
}

inline weir_wants at_most(std::uint32_t height) {
  weir_wants wants = all();
  wants.max_width = height * 16 / 9;
  wants.max_height = height;
  return wants;
}

inline weir_wants hidden() {
  weir_wants wants = all();
  wants.visible = 0;
  return wants;
}

inline int encoding_of(const Client& client, int line) {
  const Received& received = client.video(line);
  return received.encodings.empty() ? -1 : received.encodings.back();
}

/// One stream for the decoder: nothing missing, and each picture the successor of the one before.
inline void check_whole(const Received& line) {
  REQUIRE(line.sequences.size() > 10);
  for (std::size_t i = 1; i < line.sequences.size(); ++i) {
    REQUIRE(line.sequences[i] == line.sequences[i - 1] + 1);
    const auto step = static_cast<std::int32_t>(line.timestamps[i] - line.timestamps[i - 1]);
    REQUIRE(step >= 0);
    REQUIRE(((line.picture_ids[i] - line.picture_ids[i - 1]) & 0x7fff) == (step > 0 ? 1 : 0));
  }
}

inline Duration longest_wait(const Received& line, Time since) {
  Duration longest{};
  for (std::size_t i = 1; i < line.times.size(); ++i) {
    if (line.times[i - 1] >= since) longest = std::max(longest, line.times[i] - line.times[i - 1]);
  }
  return longest;
}

}  // namespace weir::scenario
