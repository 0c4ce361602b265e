#include "sfu/speech_activity.h"

#include <algorithm>

namespace weir::sfu {

int SpeechActivity::noise(std::int64_t index) const {
  int softest = 127;
  for (std::int64_t back = 1; back < static_cast<std::int64_t>(kUnits); ++back) {
    const Unit* unit = index >= back ? find(index - back) : nullptr;
    if (unit == nullptr) return 0;  // nothing came: silence
    softest = std::min(softest, unit->softest);
  }
  return softest;
}

SpeechActivity::Unit& SpeechActivity::unit_at(std::int64_t index) {
  Unit& unit = units_[static_cast<std::size_t>(index) % kUnits];
  if (unit.index != index) {
    least_ = std::max(kLeast, std::min(noise(index), kMostNoise) + kAboveNoise);
    unit = Unit{.index = index};
  }
  return unit;
}

bool SpeechActivity::on_level(Time now, std::uint8_t level, Duration span) {
  // A path that became slower for good is followed, a millisecond a packet.
  constexpr Duration kFollow = std::chrono::milliseconds{1};
  at_ =
      at_ ? std::clamp(*at_ + std::min(span, now - *at_) + kFollow, std::max(*at_, now - kJitter), now) : now;
  const int loudness = 127 - std::min<int>(level, 127);
  Unit& unit = unit_at(index_of(*at_));
  unit.softest = std::min(unit.softest, loudness);
  unit.loudest = std::max(unit.loudest, loudness);
  if (loudness < least_) return false;
  unit.loud_us += to_us(std::min(span, kLongestPacket));
  ++unit.loud_packets;
  unit.loud_sum += loudness;
  return true;
}

SpeechScores SpeechActivity::scores(Time now) const {
  SpeechScores scores;
  if (!at_) return scores;
  const std::int64_t present = index_of(now);
  const std::int64_t newest = index_of(*at_);
  int packets = 0;
  int sum = 0;
  int softest = 127;
  int loudest = 0;
  bool began = false;
  for (std::int64_t index = std::max<std::int64_t>(present - kLasting, 0); index <= present; ++index) {
    const Unit* unit = find(index);
    // The dips of speech lie within it: the unit in which it begins tells of the silence before.
    if (began && index <= newest) {
      softest = std::min(softest, unit == nullptr ? 0 : unit->softest);
      loudest = std::max(loudest, unit == nullptr ? 0 : unit->loudest);
    }
    if (unit == nullptr) continue;
    packets += unit->loud_packets;
    sum += unit->loud_sum;
    if (index >= present - kRecent) scores.loud += Duration{unit->loud_us};
    if (!unit->speech()) continue;
    began = true;
    ++scores.lasting;
    if (index >= present - kRecent) ++scores.recent;
  }
  if (packets > 0) scores.loudness = static_cast<double>(sum) / packets;
  scores.lively = loudest >= softest + kDips;
  return scores;
}

}  // namespace weir::sfu
