#include "sfu/layer_meter.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sfu;
using namespace std::chrono_literals;

namespace {

/// `seconds` of pictures of `bytes` in two packets, every other one in temporal layer 1.
Time feed(LayerMeter& meter, Time now, int pictures, std::size_t bytes, Duration interval = 50ms) {
  for (int i = 0; i < pictures; ++i, now += interval) {
    const auto temporal = static_cast<std::uint8_t>(i % 2);
    meter.on_packet(now, 0, temporal, bytes / 2, true);
    meter.on_packet(now, 0, temporal, bytes / 2, false);
  }
  return now;
}

bool near(std::uint64_t value, double wanted) {
  return static_cast<double>(value) > wanted * 0.97 && static_cast<double>(value) < wanted * 1.03;
}

}  // namespace

TEST_CASE("a layer costs what it and those below it sent") {
  LayerMeter meter;
  const Time end = feed(meter, time_from_us(1000), 200, 1000);  // 20 a second: 160 kbit/s
  CHECK(near(meter.measure(end, 0, 1).bitrate, 160'000));
  CHECK(near(meter.measure(end, 0, 0).bitrate, 80'000));
  CHECK(near(meter.measure(end, 0, 1).milli_fps, 20'000));
  CHECK(near(meter.measure(end, 0, 0).milli_fps, 10'000));
  CHECK(meter.measure(end, 0, 2).bitrate == 0);  // never sent
  CHECK(meter.measure(end, 1, 0).bitrate == 0);
}

TEST_CASE("the greater of one second and five counts") {
  LayerMeter meter;
  Time now = feed(meter, time_from_us(0), 200, 1000);
  now = feed(meter, now, 40, 4000);  // two seconds of four times as much
  CHECK(near(meter.measure(now, 0, 1).bitrate, 640'000));
  now = feed(meter, now, 40, 1000);
  CHECK(meter.measure(now, 0, 1).bitrate > 300'000);  // remembered for five seconds
  now = feed(meter, now, 120, 1000);
  CHECK(near(meter.measure(now, 0, 1).bitrate, 160'000));
}

TEST_CASE("a young stream is measured by what there is") {
  LayerMeter meter;
  Time now = feed(meter, time_from_us(0), 4, 1000);  // 200 ms
  CHECK(meter.measure(now, 0, 1).bitrate > 100'000);
  now = feed(meter, now, 16, 1000);
  CHECK(meter.measure(now, 0, 1).bitrate > 120'000);
  CHECK(meter.measure(now, 0, 1).bitrate < 200'000);
}

TEST_CASE("a layer without packets is not sent any more, and is when they come again") {
  LayerMeter meter;
  Time now = feed(meter, time_from_us(0), 100, 1000);
  CHECK(meter.active(now));
  CHECK(meter.active(now, 0, 1));
  now += LayerMeter::kSilence + 100ms;
  CHECK_FALSE(meter.active(now));
  CHECK(meter.measure(now, 0, 1).bitrate == 0);
  now += 60s;
  now = feed(meter, now, 40, 1000);
  CHECK(near(meter.measure(now, 0, 1).bitrate, 160'000));
}

TEST_CASE("independent spatial layers cost only themselves") {
  LayerMeter meter;
  Time now = time_from_us(0);
  for (int i = 0; i < 200; ++i, now += 50ms) {
    meter.on_packet(now, 0, 0, 250, true);
    meter.on_packet(now, 1, 0, 750, true);
  }
  CHECK(near(meter.measure(now, 1, 0).bitrate, 160'000));
  meter.set_independent(true);
  CHECK(near(meter.measure(now, 1, 0).bitrate, 120'000));
  CHECK(near(meter.measure(now, 0, 0).bitrate, 40'000));
}

TEST_CASE("sizes, and layers beyond what is kept, do no harm") {
  LayerMeter meter;
  const Time now = time_from_us(0);
  meter.on_size(1, 640, 360);
  meter.on_size(200, 1, 1);
  CHECK(meter.measure(now, 1, 0).width == 640);
  for (std::uint8_t s = 0; s < 255; ++s) {
    for (std::uint8_t t = 0; t < 16; ++t) meter.on_packet(now, s, t, 1000, true);
  }
  CHECK(meter.active(now));
  CHECK(meter.measure(now, 255, 255).bitrate < 1'000'000'000);
}

TEST_CASE("layers that are not sent any more make room for others, after they are forgotten") {
  LayerMeter meter;
  const Time start = time_from_us(0);
  for (std::uint8_t s = 0; s < 3; ++s) {
    for (std::uint8_t t = 0; t < 3; ++t) meter.on_packet(start, s, t, 1000, true);
  }
  const Duration whole = LayerMeter::kBucket * static_cast<std::int64_t>(LayerMeter::kBuckets);
  meter.on_packet(start + whole - 1us, 0, 0, 1000, true);
  meter.on_packet(start + whole - 1us, 0, 3, 1000, true);
  CHECK_FALSE(meter.active(start + whole - 1us, 0, 3));
  meter.on_packet(start + whole, 0, 3, 700, true);
  CHECK(meter.active(start + whole, 0, 3));
  CHECK(meter.active(start + whole, 0, 0));
  // What was measured in its place before does not count for it.
  CHECK(meter.measure(start + whole + 1s, 0, 3).bitrate <= 2 * 1700 * 8);
  for (std::uint8_t t = 4; t < 8; ++t) meter.on_packet(start + whole, 1, t, 1000, true);
  for (std::uint8_t t = 4; t < 8; ++t) CHECK(meter.active(start + whole, 1, t));
}

TEST_CASE("a key picture counts as any other in a second, and its size is kept") {
  LayerMeter meter;
  Time now = feed(meter, time_from_us(0), 200, 1000);  // 160 kbit/s
  const auto before = meter.measure(now, 0, 1);
  CHECK(before.key_bytes == 0);
  meter.begin_key_picture(now);
  meter.on_packet(now, 0, 0, 9000, true, true);
  meter.on_packet(now, 1, 0, 4000, true, true);
  CHECK(meter.measure(now, 0, 1).key_bytes == 9000);
  CHECK(meter.measure(now, 1, 0).key_bytes == 13'000);
  now = feed(meter, now + 50ms, 15, 1000);
  // Five seconds have 100 pictures, and this one weighs as nine.
  CHECK(near(meter.measure(now, 0, 1).bitrate, 160'000 * 1.08));
  // While the next one arrives, the last one says how large it will be.
  meter.begin_key_picture(now);
  meter.on_packet(now, 0, 0, 2000, true, true);
  CHECK(meter.measure(now, 0, 1).key_bytes == 9000);
  meter.begin_key_picture(now + 50ms);
  CHECK(meter.measure(now, 0, 1).key_bytes == 2000);
}
