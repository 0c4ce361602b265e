#include "media/audio_level.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

using namespace weir::media;

TEST_CASE("the level is the RMS below full scale in decibels") {
  const auto constant = [](std::int16_t value) { return audio_level(std::vector<std::int16_t>(960, value)); };
  CHECK(constant(32767) == 0);
  CHECK(constant(-32768) == 0);
  CHECK(constant(16384) == 6);
  CHECK(constant(3277) == 20);
  CHECK(constant(-33) == 60);
  CHECK(constant(1) == 90);
  CHECK(constant(0) == kLevelSilence);
  CHECK(audio_level({}) == kLevelSilence);
}

TEST_CASE("a full-scale sine is 3 dB below a full-scale square") {
  std::vector<std::int16_t> sine(960);
  for (std::size_t i = 0; i < sine.size(); ++i) {
    sine[i] =
        static_cast<std::int16_t>(32767.0 * std::sin(2.0 * std::numbers::pi * static_cast<double>(i) / 96.0));
  }
  CHECK(audio_level(sine) == 3);
}
