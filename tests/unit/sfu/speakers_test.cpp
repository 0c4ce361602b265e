#include "sfu/speakers.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sfu;
using namespace std::chrono_literals;

namespace {

constexpr Id kAnn{IdKind::participant, 0, 1, 1};
constexpr Id kBob{IdKind::participant, 0, 1, 2};

}  // namespace

TEST_CASE("a voice begins once, and again after the hold") {
  VoiceActivity voice;
  Time now = time_from_us(0);
  CHECK_FALSE(voice.on_level(now, 127, 2s));
  CHECK(voice.on_level(now += 20ms, 20, 2s));
  CHECK_FALSE(voice.on_level(now += 20ms, 20, 2s));
  CHECK(voice.active(now + 2s, 2s));
  CHECK_FALSE(voice.active(now + 2s + 1us, 2s));
  CHECK(voice.on_level(now += 3s, 20, 2s));
}

TEST_CASE("levels around the threshold of speech") {
  VoiceActivity voice;
  CHECK_FALSE(voice.on_level(time_from_us(0), 53, 2s));  // 60 - 53 = 7
  CHECK(voice.on_level(time_from_us(20'000), 52, 2s));   // 8
}

TEST_CASE("loudness rises with speech, fades without packets (DTX)") {
  VoiceActivity voice;
  Time now = time_from_us(0);
  for (int i = 0; i < 50; ++i) voice.on_level(now += 20ms, 10, 2s);
  CHECK(voice.loudness(now) > 40);
  CHECK(voice.loudness(now + 60ms) == voice.loudness(now));
  CHECK(voice.loudness(now + 2s) < 1);
}

TEST_CASE("the first speaker is dominant at once, the next needs patience and a margin") {
  DominantSpeaker dominant;
  Time now = time_from_us(0);
  CHECK_FALSE(dominant.consider(now, {{kAnn, 3.0}}));  // not speaking
  CHECK(dominant.consider(now, {{kAnn, 20.0}, {kBob, 0.0}}));
  CHECK(dominant.current() == kAnn);
  CHECK_FALSE(dominant.consider(now, {{kAnn, 20.0}, {kBob, 25.9}}));  // margin is 6
  CHECK_FALSE(dominant.consider(now, {{kAnn, 20.0}, {kBob, 26.0}}));
  CHECK_FALSE(dominant.consider(now + 299ms, {{kAnn, 20.0}, {kBob, 26.0}}));
  CHECK(dominant.consider(now + 300ms, {{kAnn, 20.0}, {kBob, 26.0}}));
  CHECK(dominant.current() == kBob);
}

TEST_CASE("an interrupted challenge begins anew; who left is forgotten") {
  DominantSpeaker dominant;
  const Time now = time_from_us(0);
  CHECK(dominant.consider(now, {{kAnn, 20.0}}));
  CHECK_FALSE(dominant.consider(now, {{kAnn, 0.0}, {kBob, 30.0}}));
  CHECK_FALSE(dominant.consider(now + 200ms, {{kAnn, 0.0}, {kBob, 2.0}}));
  CHECK_FALSE(dominant.consider(now + 300ms, {{kAnn, 0.0}, {kBob, 30.0}}));
  CHECK(dominant.current() == kAnn);
  CHECK_FALSE(dominant.forget(kBob));
  CHECK(dominant.forget(kAnn));
  CHECK_FALSE(dominant.current());
}
