#include <doctest/doctest.h>

#include "base/random.h"
#include "engine/engine.h"

using namespace weir;
using namespace weir::engine;

namespace {

struct Host {
  SeededRandom random{1};
  Engine engine{{}, *crypto::Certificate::make(random, 1'700'000'000), random, Log{}};
  Time now = time_from_us(1'000'000);
  Id room = *engine.open_room(now, weir_room_options{});

  Id join() {
    weir_participant_options options{};
    options.kind = WEIR_PARTICIPANT_LOCAL;
    options.may = WEIR_MAY_ALL;
    options.default_audio_source = WEIR_SOURCE_VOICE;
    const auto joined = engine.join(now, room, options);
    REQUIRE(joined.ok());
    return *joined;
  }
  Id line(Id person, std::int32_t kind) {
    const auto added = engine.add_subscription(
        now, person, {.struct_size = 0, .kind = kind, .format = WEIR_FORMAT_FRAME, .max_queue = 16});
    REQUIRE(added.ok());
    return *added;
  }
};

constexpr weir_wants kWants{.struct_size = sizeof(weir_wants),
                            .priority = 3,
                            .max_width = 640,
                            .max_height = 360,
                            .max_milli_fps = 0,
                            .pinned = 1,
                            .visible = 1,
                            .min_spatial = 0,
                            .max_spatial = WEIR_LAYER_ANY,
                            .max_temporal = WEIR_LAYER_ANY};

}  // namespace

TEST_CASE("wants are for video, limits for people, layers for tracks") {
  Host host;
  const Id person = host.join();
  CHECK(host.engine.set_wants(host.now, host.line(person, WEIR_KIND_VIDEO), kWants) == WEIR_OK);
  CHECK(host.engine.set_wants(host.now, host.line(person, WEIR_KIND_AUDIO), kWants) == WEIR_ERR_INVALID);
  CHECK(host.engine.set_wants(host.now, person, kWants) == WEIR_ERR_NOT_FOUND);
  const weir_receive_limits limits{.struct_size = 0, .max_video = 2, .max_bitrate = 1'000'000};
  CHECK(host.engine.set_receive_limits(host.now, person, limits) == WEIR_OK);
  CHECK(host.engine.set_receive_limits(host.now, host.room, limits) == WEIR_ERR_NOT_FOUND);
  CHECK(host.engine.track_layers(host.now, person).error().status == WEIR_ERR_NOT_FOUND);
}

TEST_CASE("a track has no layers before it sends, and a microphone never has any") {
  Host host;
  const Id person = host.join();
  for (const auto& [kind, codec] :
       {std::pair{WEIR_KIND_VIDEO, WEIR_CODEC_VP8}, std::pair{WEIR_KIND_AUDIO, WEIR_CODEC_OPUS}}) {
    const auto track = host.engine.add_track(
        host.now, person,
        {.struct_size = 0, .kind = kind, .codec = codec, .content = WEIR_CONTENT_MAIN, .min_bitrate = 0});
    REQUIRE(track.ok());
    const auto layers = host.engine.track_layers(host.now, *track);
    REQUIRE(layers.ok());
    CHECK(layers->empty());
  }
}
