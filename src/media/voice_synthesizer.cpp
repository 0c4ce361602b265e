#include "media/voice_synthesizer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

namespace weir::media {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr int kGlideSamples = 240;  // the resonators are tuned every 5 ms
constexpr double kGlideRate = 0.2;  // of the way to the next vowel in each step

// F1 to F3 of eight vowels, Hz (Peterson and Barney 1952, men); F4 differs little.
constexpr std::array<double, 3> kVowels[] = {{270, 2290, 3010}, {390, 1990, 2550}, {530, 1840, 2480},
                                             {660, 1720, 2410}, {730, 1090, 2440}, {570, 840, 2410},
                                             {440, 1020, 2240}, {300, 870, 2240}};
constexpr double kFourthFormant = 3500;
constexpr std::array<double, 4> kBandwidths = {70, 90, 130, 200};

// Brings stressed vowels to about -18 dBov, loud enough for every detector of speech.
constexpr double kVowelGain = 0.25;
constexpr double kHissGain = 0.03;
// The noise of a quiet room, about -75 dBov: what a microphone gives while nobody talks.
constexpr double kRoomNoise = 0.0003;
// Envelope: the way to its aim covered in each sample, 8 ms up and down.
constexpr double kEnvelopeRate = 1.0 / (0.008 * VoiceSynthesizer::kSampleRate);

int samples_of(double seconds) {
  return static_cast<int>(seconds * VoiceSynthesizer::kSampleRate);
}

}  // namespace

// Klatt's digital resonator (1980): unity gain at 0 Hz.
void VoiceSynthesizer::Resonator::tune(double frequency, double bandwidth) {
  constexpr double rate = kSampleRate;
  c = -std::exp(-2.0 * kPi * bandwidth / rate);
  b = 2.0 * std::exp(-kPi * bandwidth / rate) * std::cos(2.0 * kPi * frequency / rate);
  a = 1.0 - b - c;
}

double VoiceSynthesizer::Resonator::filter(double x) {
  const double y = a * x + b * y1 + c * y2;
  y2 = y1;
  y1 = y;
  return y;
}

VoiceSynthesizer::VoiceSynthesizer(std::uint32_t pitch_hz, std::uint64_t seed)
    : random_(seed),
      pitch_(pitch_hz),
      tract_(std::clamp(1.0 + (static_cast<double>(pitch_hz) - 120.0) / 600.0, 0.9, 1.3)),
      noise_state_(random_.u32() | 1U) {
  for (std::size_t i = 0; i < 3; ++i) formants_[i] = kVowels[3][i] * tract_;
  formants_[3] = kFourthFormant * tract_;
  glide();
}

double VoiceSynthesizer::noise() {
  noise_state_ ^= noise_state_ << 13;
  noise_state_ ^= noise_state_ >> 17;
  noise_state_ ^= noise_state_ << 5;
  return static_cast<double>(noise_state_) * 0x1.0p-31 - 1.0;
}

// The derivative of Rosenberg's glottal pulse (1971): the flow rises for 40 % of the period, falls for 16 %,
// is closed for the rest. Lips radiate the derivative.
double VoiceSynthesizer::pulse() {
  constexpr double rise = 0.4;
  constexpr double fall = 0.16;
  if (phase_ < rise) return std::sin(kPi * phase_ / rise) * fall / rise;
  if (phase_ < rise + fall) return -std::sin(0.5 * kPi * (phase_ - rise) / fall);
  return 0;
}

// Pitch falls along a phrase and rises on stress.
void VoiceSynthesizer::plan_syllable(double progress, double stress) {
  Segment vowel;
  vowel.sound = Sound::vowel;
  vowel.samples = samples_of(between(0.08, 0.14) + 0.08 * stress);
  vowel.strength = 0.5 + 0.5 * stress;
  vowel.pitch_begin = pitch_ * (1.15 - 0.25 * progress + 0.15 * stress) * between(0.97, 1.03);
  vowel.pitch_end = vowel.pitch_begin * between(0.88, 1.02);
  const auto& place = kVowels[random_.below(std::size(kVowels))];
  for (std::size_t i = 0; i < 3; ++i) vowel.formants[i] = place[i] * tract_ * between(0.96, 1.04);
  vowel.formants[3] = kFourthFormant * tract_;

  if (random_.unit() < 0.6) {
    Segment consonant = vowel;
    const bool hiss = random_.unit() < 0.5;
    consonant.sound = hiss ? Sound::hiss : Sound::pause;
    consonant.samples = samples_of(hiss ? between(0.05, 0.1) : between(0.03, 0.06));
    consonant.strength = hiss ? between(0.4, 1.0) : 0.0;
    phrase_.push_back(consonant);
  }
  phrase_.push_back(vowel);
}

void VoiceSynthesizer::plan_phrase() {
  const auto syllables = 4 + random_.below(9);
  for (std::uint64_t i = 0; i < syllables; ++i) {
    const double stress = i % 3 == 1 ? between(0.6, 1.0) : between(0.0, 0.4);
    plan_syllable(static_cast<double>(i) / static_cast<double>(syllables), stress);
  }
  Segment breath = phrase_.back();
  breath.sound = Sound::pause;
  breath.strength = 0;
  breath.samples = samples_of(between(0.2, 0.6));
  phrase_.push_back(breath);
}

void VoiceSynthesizer::next_segment(bool talking) {
  position_ = 0;
  if (!talking) {
    segment_.sound = Sound::pause;
    segment_.strength = 0;
    segment_.samples = kGlideSamples;
    return;
  }
  if (phrase_.empty()) plan_phrase();
  segment_ = phrase_.front();
  phrase_.pop_front();
}

void VoiceSynthesizer::glide() {
  for (std::size_t i = 0; i < kResonators; ++i) {
    if (segment_.formants[i] > 0) formants_[i] += (segment_.formants[i] - formants_[i]) * kGlideRate;
    resonators_[i].tune(formants_[i], kBandwidths[i]);
  }
}

void VoiceSynthesizer::render(bool talking, std::span<std::int16_t> out) {
  if (talking != was_talking_) {
    phrase_.clear();
    next_segment(talking);
    was_talking_ = talking;
  }
  for (std::int16_t& sample : out) {
    if (position_ >= segment_.samples) next_segment(talking);
    if (position_ % kGlideSamples == 0) glide();
    const double progress = static_cast<double>(position_++) / segment_.samples;
    envelope_ += (segment_.strength - envelope_) * kEnvelopeRate;

    double sound = 0;
    if (segment_.sound == Sound::hiss) {
      const double white = noise();
      sound = (white - hiss_memory_) * kHissGain;  // a difference: hiss is bright
      hiss_memory_ = white;
    } else if (envelope_ > 1e-4) {
      const double pitch = segment_.pitch_begin + (segment_.pitch_end - segment_.pitch_begin) * progress;
      phase_ += pitch / kSampleRate;
      if (phase_ >= 1.0) phase_ -= 1.0;
      sound = pulse() + 0.02 * noise();
      for (Resonator& resonator : resonators_) sound = resonator.filter(sound);
      sound *= kVowelGain;
    }
    const double value = std::tanh(sound * envelope_) * 0.9 + noise() * kRoomNoise;
    sample = static_cast<std::int16_t>(std::lround(value * 32767.0));
  }
}

}  // namespace weir::media
