// Who speaks: levels of RFC 6464 become a smoothed loudness for each microphone, a dominant speaker that does
// not change for a cough, and a ranking of voices.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/slots.h"
#include "base/time.h"

namespace weir::sfu {

/// Loudness of one microphone. Level L in -dBov counts as max(0, kQuietest - L): 0 silence, 60 very loud.
class VoiceActivity {
 public:
  static constexpr int kQuietest = 60;  // -dBov: anything softer is no speech
  static constexpr int kSpeaking = 8;   // loudness from which somebody counts as speaking
  static constexpr Duration kSmoothing = std::chrono::milliseconds{350};

  /// Notes a packet's level. True when a voice begins: loud now, not loud within `hold` before.
  bool on_level(Time now, std::uint8_t level, Duration hold);
  /// Smoothed loudness now, 0 to 60; falls by itself when packets stop (DTX).
  double loudness(Time now) const;
  bool speaking(Time now) const { return loudness(now) >= kSpeaking; }
  /// Loud within `hold`.
  bool active(Time now, Duration hold) const { return heard_ && now - last_loud_ <= hold; }
  bool heard() const { return heard_; }
  Time last_loud() const { return last_loud_; }

 private:
  double loudness_ = 0;
  Time updated_{};
  Time last_loud_{};
  bool started_ = false;
  bool heard_ = false;
};

/// The dominant speaker of a room: the loudest takes over once it has been clearly louder for kPatience.
class DominantSpeaker {
 public:
  static constexpr Duration kPatience = std::chrono::milliseconds{300};
  static constexpr double kMargin = 6;

  struct Candidate {
    Id participant;
    double loudness;
  };
  /// Considers everybody; true when the dominant speaker changed.
  bool consider(Time now, const std::vector<Candidate>& candidates);
  /// True when the dominant one left.
  bool forget(Id participant);
  Id current() const { return current_; }

 private:
  Id current_;
  Id contender_;
  Time since_{};
};

}  // namespace weir::sfu
