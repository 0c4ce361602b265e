#include "sfu/speech_activity.h"

#include <doctest/doctest.h>

#include "unit/sfu/sounds.h"

using namespace weir;
using namespace weir::sfu;
using namespace weir::sfu::test;
using namespace std::chrono_literals;

namespace {

constexpr Time kStart = time_from_us(5'000'000);

SpeechScores after(const Sound& sound, Duration length, Duration packet = kPacket, Duration from = 0ms) {
  SpeechActivity activity;
  for (Duration t = 0ms; t < length; t += packet) {
    activity.on_level(kStart + from + t, static_cast<std::uint8_t>(sound(t)), packet);
  }
  return activity.scores(kStart + from + length);
}

}  // namespace

TEST_CASE("a frame clock tells the time between packets, and which come late") {
  FrameClock clock;
  CHECK(clock.advance(0xffff'ff00U, 48'000) == std::optional<Duration>{20ms});  // the first: as usual
  CHECK(clock.advance(0xffff'ff00U + 960, 48'000) == std::optional<Duration>{20ms});
  CHECK(clock.advance(0xffff'ff00U + 960 + 48'000, 48'000) == std::optional<Duration>{1s});
  CHECK_FALSE(clock.advance(0xffff'ff00U + 960, 48'000));                                     // late
  CHECK_FALSE(clock.advance(0xffff'ff00U + 960 + 48'000, 48'000));                            // twice
  CHECK(clock.advance(0xffff'ff00U - 10 * 48'000, 48'000) == std::optional<Duration>{20ms});  // began anew
  FrameClock telephone;
  telephone.advance(0, 8000);
  CHECK(telephone.advance(160, 8000) == std::optional<Duration>{20ms});
}

TEST_CASE("nothing, and silence, have no score") {
  CHECK(SpeechActivity{}.scores(kStart).recent == 0);
  const SpeechScores scores = after(silence(), 3s);
  CHECK(scores.recent == 0);
  CHECK(scores.lasting == 0);
  CHECK(scores.loudness == 0);
}

TEST_CASE("units fill with speech, whatever the packets' length") {
  for (const Duration packet : {10ms, 20ms, 40ms, 60ms}) {
    CAPTURE(packet.count());
    const SpeechScores scores = after(tone(30), 3s, packet);
    CHECK(scores.recent >= SpeechActivity::kRecent);
    CHECK(scores.lasting >= SpeechActivity::kLasting);
    CHECK(scores.loudness == 97);
    CHECK_FALSE(scores.lively);
  }
}

TEST_CASE("a burst fills no more units than it is long") {
  for (int packets = 1; packets <= 15; ++packets) {
    for (Duration phase = 0ms; phase < 100ms; phase += 5ms) {
      CAPTURE(packets);
      CAPTURE(phase.count());
      const Duration length = kPacket * packets;
      const SpeechScores scores = after(burst(200ms, length, 10), 600ms, kPacket, phase);
      // Each unit in the middle takes five packets, the first and the last at least three.
      CHECK(scores.lasting <= (packets < 6 ? packets / 3 : (packets + 4) / 5));
    }
  }
}

TEST_CASE("what the microphone gives all the time is noise, up to a level") {
  const SpeechScores fan = after(tone(45), 10s);
  CHECK(fan.recent == 0);
  const SpeechScores edge = after(tone(41), 10s);
  CHECK(edge.recent == 0);
  CHECK(after(tone(30), 10s).recent > 0);  // as loud as a voice: stays one
  // Speech over the fan's noise is heard as before.
  const Sound over = [](Duration t) { return t % 200ms < 160ms && t > 3s ? 25 : 45; };
  const SpeechScores talk = after(over, 5600ms);
  CHECK(talk.recent >= 4);
  CHECK(talk.lively);
}

TEST_CASE("speech is lively, a tune is not, whatever was before it") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    CHECK(after(speech(seed, 25, 4s, 100ms), 3s).lively);
  }
  CHECK_FALSE(after(then(silence(), 2s, music(15)), 4s).lively);
  CHECK_FALSE(after(then(silence(), 2s, music(15)), 2700ms).lively);
}

TEST_CASE("a gap is silence, also when its packets do not come (DTX)") {
  SpeechActivity activity;
  Time now = kStart;
  for (int i = 0; i < 100; ++i) activity.on_level(now += 20ms, 25, 20ms);
  CHECK(activity.scores(now).recent >= 5);
  CHECK(activity.scores(now + 700ms).recent == 0);
  CHECK(activity.scores(now + 1200ms).lasting == 0);
  // A packet after the gap stands for itself, not for the gap.
  activity.on_level(now += 2s, 25, 2s);
  CHECK(activity.scores(now).recent <= 1);
}

TEST_CASE("hostile levels and times keep within bounds") {
  SpeechActivity activity;
  SeededRandom random{9};
  Time now = time_from_us(0);
  for (int i = 0; i < 20'000; ++i) {
    now += Duration{static_cast<std::int64_t>(random.below(50'000))};
    const Duration span{static_cast<std::int64_t>(random.below(40'000'000'000))};
    activity.on_level(now, static_cast<std::uint8_t>(random.below(256)), span);
    const SpeechScores scores = activity.scores(now);
    REQUIRE(scores.recent <= scores.lasting);
    REQUIRE(scores.lasting <= SpeechActivity::kLasting + 1);
    REQUIRE(scores.loudness <= 127);
  }
}
