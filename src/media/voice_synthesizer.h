// Sound that resembles somebody talking: phrases of syllables with pauses between them.
//
//   glottal pulses (pitch) --+--> resonators F1 F2 F3 F4 in cascade --> envelope --> + room noise --> samples
//   breath and hiss (noise) -+
//
// A vowel is a place of the resonators (Peterson and Barney's averages); they glide from one to the next as a
// mouth does.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>

#include "base/random.h"

namespace weir::media {

class VoiceSynthesizer {
 public:
  static constexpr int kSampleRate = 48'000;

  VoiceSynthesizer(std::uint32_t pitch_hz, std::uint64_t seed);

  /// The next samples. A voice that stops talking falls silent within 50 ms; one that begins, begins a new
  /// phrase.
  void render(bool talking, std::span<std::int16_t> out);

 private:
  static constexpr std::size_t kResonators = 4;

  enum class Sound : std::uint8_t { pause, vowel, hiss };

  struct Segment {
    Sound sound = Sound::pause;
    int samples = 0;
    double strength = 0;     ///< Loudness at its middle, 1 is a stressed vowel.
    double pitch_begin = 0;  ///< Hz.
    double pitch_end = 0;
    std::array<double, kResonators> formants{};  ///< Hz.
  };

  struct Resonator {
    double a = 0, b = 0, c = 0;
    double y1 = 0, y2 = 0;

    void tune(double frequency, double bandwidth);
    double filter(double x);
  };

  void plan_phrase();
  void plan_syllable(double progress, double stress);
  void next_segment(bool talking);
  void glide();
  double pulse();
  double noise();
  double between(double low, double high) { return low + (high - low) * random_.unit(); }

  SeededRandom random_;
  double pitch_;
  double tract_;  ///< Formants relative to an average man's: smaller people have shorter vocal tracts.
  std::uint32_t noise_state_;

  std::deque<Segment> phrase_;  ///< What is still to be said; refilled when empty, so at most one phrase.
  Segment segment_;
  int position_ = 0;  ///< Samples into segment_.
  bool was_talking_ = false;

  double phase_ = 0;  ///< 0 to 1 within a glottal period.
  double envelope_ = 0;
  double hiss_memory_ = 0;
  std::array<double, kResonators> formants_{};
  std::array<Resonator, kResonators> resonators_{};
};

}  // namespace weir::media
