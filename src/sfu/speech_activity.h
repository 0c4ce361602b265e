// How much speech a microphone gave lately, from the levels of its packets alone (RFC 6464). Time is cut into
// units of 100 ms. A unit holds speech when at least 60 ms of it were loud: so a key that is struck (10 to 40
// ms) fills none, and a burst of up to 300 ms, a cough, fills at most three, wherever it falls.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/sequence.h"
#include "base/time.h"

namespace weir::sfu {

/// The time that packets stand for, by their timestamps.
class FrameClock {
 public:
  /// How long after the packet before it this one was recorded; nothing for one that comes late or twice.
  std::optional<Duration> advance(std::uint32_t timestamp, std::uint32_t clock_rate) {
    constexpr Duration kFirst = std::chrono::milliseconds{20};
    constexpr std::int32_t kLate = 3;  // seconds; what is older has begun anew
    const auto rate = static_cast<std::int32_t>(clock_rate);
    const std::int32_t ahead = last_ ? sequence_distance(timestamp, *last_) : rate;
    if (last_ && ahead <= 0 && ahead > -kLate * rate) return std::nullopt;
    const bool known = last_ && ahead > 0;
    last_ = timestamp;
    return known ? Duration{std::int64_t{ahead} * 1'000'000 / rate} : kFirst;
  }

 private:
  std::optional<std::uint32_t> last_;
};

/// Three looks back (Volfin and Cohen 2013 call them medium and long; the level of a packet is the immediate
/// one).
struct SpeechScores {
  int recent = 0;       // units with speech among the present one and the five before
  Duration loud{};      // what was loud in those, filling a unit or not
  int lasting = 0;      // units with speech among the present one and the ten before
  double loudness = 0;  // mean of the loud packets of `lasting`, in dB above the softest level
  bool lively = false;  // the level rises and falls as it does in speech, not as in music or a fan
};

class SpeechActivity {
 public:
  static constexpr Duration kUnit = std::chrono::milliseconds{100};
  static constexpr Duration kLoudOfUnit = std::chrono::milliseconds{60};
  /// A packet stands for no more than this; what is missing before it was silence (DTX).
  static constexpr Duration kLongestPacket = std::chrono::milliseconds{60};
  /// Packets that the path held up count for when they were recorded, up to here.
  static constexpr Duration kJitter = std::chrono::milliseconds{300};
  static constexpr int kRecent = 5;
  static constexpr int kLasting = 10;
  /// What is older has no part in the scores.
  static constexpr Duration kLookBack = std::chrono::seconds{2};
  /// dB above the softest level, -127 dBov: what is softer is no speech.
  static constexpr int kLeast = 127 - 52;
  /// Speech stands this much above what the microphone gives all the time...
  static constexpr int kAboveNoise = 10;
  /// ...which is at most this loud: a voice that never pauses stays a voice.
  static constexpr int kMostNoise = 127 - 40;
  /// Between the syllables of a second of speech the level falls at least so much.
  static constexpr int kDips = 10;

  /// A packet's level (in -dBov); `span` is the time since the packet before. Whether it is loud: louder than
  /// what counts as silence and than the noise that the microphone gives all the time.
  bool on_level(Time now, std::uint8_t level, Duration span);
  SpeechScores scores(Time now) const;

 private:
  struct Unit {
    std::int64_t index = -1;  // of its time; another one's content is over
    std::int64_t loud_us = 0;
    int loud_packets = 0;
    int loud_sum = 0;
    int softest = 127;
    int loudest = 0;
    bool speech() const { return loud_us >= to_us(kLoudOfUnit); }
  };
  static constexpr std::size_t kUnits = kLookBack / kUnit;

  static std::int64_t index_of(Time at) { return to_us(at) / to_us(kUnit); }
  const Unit* find(std::int64_t index) const {
    const Unit& unit = units_[static_cast<std::size_t>(index) % kUnits];
    return unit.index == index ? &unit : nullptr;
  }
  Unit& unit_at(std::int64_t index);
  /// What the microphone gave at its softest in the two seconds before.
  int noise(std::int64_t index) const;

  std::array<Unit, kUnits> units_{};
  std::optional<Time> at_;  // of the newest packet, with the jitter taken off
  int least_ = kLeast;      // what counts as loud in the present unit
};

}  // namespace weir::sfu
