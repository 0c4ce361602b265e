// Frames of H.265 and AV1 that a host writes and another reads, and recorded AV1 read as frames.
#include <algorithm>

#include "rtp/packet.h"
#include "scenario/local_tracks.h"
#include "support/shared_data.h"
#include "unit/rtp/material.h"

using namespace weir;
using namespace weir::scenario;

namespace {

using Frame = std::vector<std::uint8_t>;

void append(Frame& frame, std::initializer_list<std::uint8_t> bytes) {
  frame.insert(frame.end(), bytes);
}

/// H.265: parameter sets and an IDR slice, or a slice behind them. AV1: a temporal unit with a key frame and
/// its sequence header, or with another frame.
Frame make_frame(Codec codec, bool key, std::size_t size, std::uint8_t fill) {
  Frame frame;
  if (codec == Codec::h265) {
    if (key) append(frame, {0, 0, 0, 1, 0x40, 0x01, 0x0c, 0, 0, 0, 1, 0x42, 0x01, 0x01});
    append(frame, {0, 0, 0, 1, static_cast<std::uint8_t>(key ? 0x26 : 0x02), 0x01, 0x80});
  } else {
    append(frame, {0x12, 0});
    if (key) append(frame, {0x0a, 0x05, 0x00, 0x26, 0x27, 0xfb, 0x38});
    append(frame, {0x32});
    std::size_t length = size + 1;  // in LEB128
    for (; length > 0x7f; length >>= 7U) frame.push_back(static_cast<std::uint8_t>(length | 0x80));
    append(frame, {static_cast<std::uint8_t>(length), static_cast<std::uint8_t>(key ? 0x10 : 0x30)});
  }
  frame.insert(frame.end(), size, fill);
  return frame;
}

weir_status write(World& world, Id track, Codec codec, const Frame& data) {
  weir_frame frame{};
  frame.struct_size = sizeof frame;
  frame.codec = static_cast<std::int32_t>(codec);
  frame.data = data.data();
  frame.size = data.size();
  frame.time_us = to_us(world.now());
  return world.engine().write_frame(world.now(), track, frame);
}

struct Read {
  Frame bytes;
  bool key = false;
};
std::vector<Read> read_all(World& world, Id reader) {
  std::vector<Read> frames;
  std::vector<std::uint8_t> buffer(1 << 20);
  weir_frame frame{};
  frame.struct_size = sizeof frame;
  while (world.engine().read(reader, frame, buffer) == WEIR_OK) {
    frames.push_back({{buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(frame.size)},
                      (frame.flags & WEIR_FRAME_KEY) != 0});
  }
  return frames;
}

}  // namespace

TEST_CASE("H.265 and AV1 of hosts: what is read is what the one wrote who is shown, from a key frame on") {
  for (const Codec codec : {Codec::h265, Codec::av1}) {
    CAPTURE(static_cast<int>(codec));
    World world{85};
    const Id room = world.open_room();
    const auto named = static_cast<std::int32_t>(codec);
    const std::array<Id, 2> tracks{add_track(world, world.join_local(room), named),
                                   add_track(world, world.join_local(room), named)};
    const Id reader = add_reader(world, world.join_local(room), WEIR_FORMAT_FRAME);
    std::array<std::size_t, 2> answered{};
    std::size_t read = 0;
    std::optional<std::uint8_t> shown;
    for (int i = 0; i < 240; ++i) {
      if (i % 40 == 0) watch(world, reader, tracks[static_cast<std::size_t>(i / 40 % 2)]);
      std::array<Frame, 2> sent;
      for (std::uint8_t who = 0; who < 2; ++who) {
        std::size_t wanted = 0;
        for (const weir_event& event : world.events(WEIR_EVENT_KEYFRAME_WANTED)) {
          if (event.track == tracks[who].value) ++wanted;
        }
        const bool key = i == 0 || wanted != answered[who];
        answered[who] = wanted;
        // One packet, the largest one packet, two, and many.
        constexpr std::size_t kSizes[] = {100, 1150, 1170, 40'000, 20'000};
        sent[who] = make_frame(codec, key, kSizes[i % 5], static_cast<std::uint8_t>(1 + 2 * (i % 100) + who));
        REQUIRE(write(world, tracks[who], codec, sent[who]) == WEIR_OK);
      }
      world.run(33ms);
      for (const Read& frame : read_all(world, reader)) {
        ++read;
        const auto who = static_cast<std::uint8_t>((frame.bytes.back() & 1) == 1 ? 0 : 1);
        if (shown != who) CHECK(frame.key);
        shown = who;
        CHECK(frame.bytes == sent[who]);
      }
      if (i % 40 == 39) CHECK(shown == i / 40 % 2);
    }
    CHECK(read >= 230);
    CHECK(world.subscription_stats(reader).source_changes == 6);
    // What is no frame of its codec is refused.
    CHECK(write(world, tracks[0], codec, {0x80, 0x01, 0x02}) == WEIR_ERR_INVALID);
    CHECK(write(world, tracks[0], Codec::vp8, {0x10, 0, 0}) == WEIR_ERR_INVALID);
  }
}

TEST_CASE("recorded AV1 is read in frames, which another host writes and reads again") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/str0m");
  World world{86};
  const Id room = world.open_room();
  const Id recorded = add_track(world, world.join_local(room), WEIR_CODEC_AV1);
  const Id written = add_track(world, world.join_local(room), WEIR_CODEC_AV1);
  const Id first = add_reader(world, world.join_local(room), WEIR_FORMAT_FRAME);
  const Id second = add_reader(world, world.join_local(room), WEIR_FORMAT_FRAME);
  watch(world, first, recorded);
  watch(world, second, written);
  std::size_t frames = 0;
  std::size_t keys = 0;
  for (const auto& packet : test::pcap_payloads(test::read_file(*folder / "av1.pcap"))) {
    REQUIRE(world.engine().write_rtp(world.now(), recorded, packet, WEIR_LEVEL_NONE) == WEIR_OK);
    world.run(5ms);
    for (const Read& frame : read_all(world, first)) {
      REQUIRE(write(world, written, Codec::av1, frame.bytes) == WEIR_OK);
      world.run(5ms);
      const auto again = read_all(world, second);
      REQUIRE(again.size() == 1);
      CHECK(again[0].bytes == frame.bytes);
      CHECK(again[0].key == frame.key);
      ++frames;
      keys += frame.key ? 1 : 0;
    }
  }
  // As the listing beside the capture counts them, but for the last one, which it cuts.
  CHECK(frames == 44);
  CHECK(keys == 1);
}
