#include "media/voice_synthesizer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "media/audio_level.h"

using namespace weir::media;

namespace {

std::vector<std::int16_t> spoken(std::uint32_t pitch, std::uint64_t seed, int seconds) {
  VoiceSynthesizer synthesizer{pitch, seed};
  std::vector<std::int16_t> samples(static_cast<std::size_t>(VoiceSynthesizer::kSampleRate * seconds));
  synthesizer.render(true, samples);
  return samples;
}

// The lag with the highest autocorrelation in the loudest 40 ms, as a frequency; 0 when the sound does not
// repeat itself. Less than an octave around the pitch is searched: two periods resemble each other as much as
// one.
double pitch_heard(const std::vector<std::int16_t>& samples, std::uint32_t pitch) {
  constexpr std::size_t window = 1920;
  const auto level_at = [&](std::size_t i) { return audio_level(std::span{samples}.subspan(i, window)); };
  std::size_t best = 0;
  for (std::size_t i = 0; i + 2 * window < samples.size(); i += window / 2) {
    if (level_at(i) < level_at(best)) best = i;
  }
  const auto correlation = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t i = best; i < best + window; ++i)
      sum += static_cast<double>(samples[i]) * samples[i + lag];
    return sum;
  };
  const std::size_t average = VoiceSynthesizer::kSampleRate / pitch;
  std::size_t period = average * 5 / 9;
  for (std::size_t lag = period; lag < average * 7 / 5; ++lag) {
    if (correlation(lag) > correlation(period)) period = lag;
  }
  if (correlation(period) < 0.6 * correlation(0)) return 0;
  return static_cast<double>(VoiceSynthesizer::kSampleRate) / static_cast<double>(period);
}

}  // namespace

TEST_CASE("the pitch is near the one that was asked for") {
  for (const std::uint32_t pitch : {100U, 150U, 220U}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      const double heard = pitch_heard(spoken(pitch, seed, 5), pitch);
      CAPTURE(pitch);
      CHECK(heard > 0.75 * pitch);
      CHECK(heard < 1.4 * pitch);
    }
  }
}

TEST_CASE("sound does not depend on how it is cut into pieces") {
  const auto whole = spoken(120, 4, 2);
  VoiceSynthesizer synthesizer{120, 4};
  std::vector<std::int16_t> pieces(whole.size());
  std::size_t at = 0;
  for (std::size_t size = 1; at < pieces.size(); size = size * 3 % 1000 + 1) {
    const std::size_t n = std::min(size, pieces.size() - at);
    synthesizer.render(true, std::span{pieces}.subspan(at, n));
    at += n;
  }
  CHECK(pieces == whole);
}

TEST_CASE("samples are never clipped") {
  for (const std::uint32_t pitch : {60U, 120U, 400U}) {
    VoiceSynthesizer synthesizer{pitch, 3};
    std::vector<std::int16_t> samples(VoiceSynthesizer::kSampleRate * 10);
    synthesizer.render(true, samples);
    CHECK(std::none_of(samples.begin(), samples.end(),
                       [](std::int16_t s) { return s > 30'000 || s < -30'000; }));
  }
}
