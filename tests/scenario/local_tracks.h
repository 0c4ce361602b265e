// Tracks and readers of the host, one on each side of the engine.
#pragma once

#include "scenario/world.h"

namespace weir::scenario {

inline Id add_track(World& world, Id participant, std::int32_t codec) {
  return *world.engine().add_track(world.now(), participant,
                                   {.struct_size = sizeof(weir_track_options),
                                    .kind = WEIR_KIND_VIDEO,
                                    .codec = codec,
                                    .content = WEIR_CONTENT_MAIN,
                                    .min_bitrate = 0});
}

inline Id add_reader(World& world, Id participant, std::int32_t format) {
  return *world.engine().add_subscription(world.now(), participant,
                                          {.struct_size = sizeof(weir_subscription_options),
                                           .kind = WEIR_KIND_VIDEO,
                                           .format = format,
                                           .max_queue = 4096});
}

inline void watch(World& world, Id subscription, Id track) {
  weir_source source{};
  source.struct_size = sizeof source;
  source.kind = WEIR_SOURCE_TRACK;
  source.track = track.value;
  REQUIRE(world.engine().set_source(world.now(), subscription, source) == WEIR_OK);
}

inline void want(World& world, Id subscription, std::uint32_t spatial, std::uint32_t temporal) {
  weir_wants wants{};
  wants.struct_size = sizeof wants;
  wants.priority = 1;
  wants.visible = 1;
  wants.max_spatial = spatial;
  wants.max_temporal = temporal;
  REQUIRE(world.engine().set_wants(world.now(), subscription, wants) == WEIR_OK);
}

}  // namespace weir::scenario
