// Who speaks: what each microphone's packets tell, and a dominant speaker that does not change for a cough.
#pragma once

#include <cstdint>
#include <vector>

#include "base/slots.h"
#include "base/time.h"
#include "sfu/speech_activity.h"

namespace weir::sfu {

/// One microphone: whether it sounds, how loud it is, how it spoke lately.
class VoiceActivity {
 public:
  static constexpr int kQuietest = 60;  // -dBov: loudness counts from here, 0 to 60
  /// Loud packets this close together are one sound: pauses between words are longer, those within are not.
  static constexpr Duration kPause = std::chrono::milliseconds{200};
  /// Voices within one step, in dB, count as equally loud; a voice changes its step by a whole one only.
  static constexpr int kStep = 6;
  static constexpr Duration kFading = std::chrono::seconds{1};
  /// What a packet counts as whose level is not known: softer than speech, so that a voice that is known goes
  /// before.
  static constexpr std::uint8_t kUnknownLevel = 45;
  /// Packets of silence are no larger: Opus sends 1 or 2 bytes (RFC 6716 section 2.1.9), its quietest frames
  /// with a variable bitrate a few more.
  static constexpr std::size_t kSilentPayload = 10;

  /// Notes a packet's level. True when a sound begins (loud now, not loud for longer than kPause before), or
  /// becomes louder by a step.
  bool on_level(Time now, std::uint8_t level, Duration span);
  /// The same for a packet without the level: whoever sends more than silence needs may be speaking.
  bool on_unknown_level(Time now, std::size_t payload_size, Duration span);

  /// How loud it is when it sounds, in steps: rises at once, falls slowly, and not in pauses.
  int step() const { return step_; }
  /// Loud just now.
  bool sounding(Time now) const { return active(now, kPause); }
  /// Loud within `hold`.
  bool active(Time now, Duration hold) const { return heard_ && now - last_loud_ <= hold; }
  Time last_loud() const { return last_loud_; }
  SpeechScores scores(Time now) const { return speech_.scores(now); }

 private:
  bool note(Time now, std::uint8_t level, bool loud, Duration span);

  SpeechActivity speech_;
  double loudness_ = 0;
  int step_ = 0;
  Time last_loud_{};
  bool heard_ = false;
};

/// Of two voices, whether the one behind goes before the one ahead: who sounds goes before who is silent, the
/// louder before the softer, and of those who are silent who spoke later. Among equals the order stays.
bool overtakes(Time now, Duration hold, const VoiceActivity& behind, const VoiceActivity& ahead);

/// The dominant speaker of a room. After the three looks back of Volfin and Cohen (2013), with bounds that
/// hold for every input:
///   - who has not spoken for 0.4 s of the last 0.6 s, or for 0.5 s of the last 1.1 s, is never chosen: not
///   for a
///     cough of 300 ms, two of 200 ms in a second, or for typing;
///   - while the dominant one speaks, pauses of 300 ms between words included, only somebody who is louder by
///   6 dB
///     for most of a second, or a speaker against music, takes over;
///   - otherwise who speaks all the time takes over within 0.65 s of the dominant one's end;
///   - changes are at least `hold` apart, unless the dominant one left.
class DominantSpeaker {
 public:
  static constexpr Duration kHold = std::chrono::seconds{1};
  static constexpr Duration kStopped =
      std::chrono::milliseconds{60};     // who was loud for no longer has stopped
  static constexpr int kSpeaks = 4;      // of SpeechScores::recent
  static constexpr int kHasSpoken = 5;   // of `lasting`, when the dominant one had
  static constexpr int kLongSilent = 1;  // no more than this of it
  static constexpr int kAgainstMusic = 6;
  static constexpr int kInterrupts = 8;
  static constexpr double kMargin = 6;  // dB

  explicit DominantSpeaker(Duration hold = kHold) : hold_(hold) {}

  struct Candidate {
    Id participant;
    SpeechScores scores;
  };
  /// Considers everybody; true when the dominant speaker changed.
  bool consider(Time now, const std::vector<Candidate>& candidates);
  /// True when the dominant one left.
  bool forget(Id participant);
  Id current() const { return current_; }

 private:
  static bool takes_over(const SpeechScores& challenger, const SpeechScores& dominant);

  Duration hold_;
  Id current_;
  Time since_{};
};

}  // namespace weir::sfu
