#include "sfu/speakers.h"

#include <algorithm>
#include <cmath>

namespace weir::sfu {

bool VoiceActivity::on_level(Time now, std::uint8_t level, Duration hold) {
  const double target = std::max(0, kQuietest - static_cast<int>(level));
  const double before = started_ ? loudness(now) : 0;
  // A packet tells of the 20 ms or so before it; a gap of DTX is silence, which loudness() has already let
  // fade.
  const double elapsed = started_ ? std::min(static_cast<double>(to_us(now - updated_)), 60'000.0) : 20'000.0;
  const double weight = 1.0 - std::exp(-elapsed / static_cast<double>(to_us(kSmoothing)));
  loudness_ = before + (target - before) * weight;
  updated_ = now;
  started_ = true;
  if (target < kSpeaking) return false;
  const bool begins = !active(now, hold);
  last_loud_ = now;
  heard_ = true;
  return begins;
}

double VoiceActivity::loudness(Time now) const {
  // One packet's time passes before silence is assumed.
  const auto idle = static_cast<double>(to_us(now - updated_)) - 60'000.0;
  if (!started_ || idle <= 0) return loudness_;
  return loudness_ * std::exp(-idle / static_cast<double>(to_us(kSmoothing)));
}

bool DominantSpeaker::consider(Time now, const std::vector<Candidate>& candidates) {
  const Candidate* loudest = nullptr;
  double current_loudness = 0;
  for (const Candidate& candidate : candidates) {
    if (candidate.participant == current_) current_loudness = candidate.loudness;
    if (loudest == nullptr || candidate.loudness > loudest->loudness) loudest = &candidate;
  }
  const bool challenges = loudest != nullptr && loudest->participant != current_ &&
                          loudest->loudness >= VoiceActivity::kSpeaking &&
                          loudest->loudness >= current_loudness + kMargin;
  if (!challenges) {
    contender_ = Id{};
    return false;
  }
  if (!(loudest->participant == contender_)) {
    contender_ = loudest->participant;
    since_ = now;
  }
  if (current_ && now - since_ < kPatience) return false;
  current_ = contender_;
  contender_ = Id{};
  return true;
}

bool DominantSpeaker::forget(Id participant) {
  if (contender_ == participant) contender_ = Id{};
  if (current_ != participant || !participant) return false;
  current_ = Id{};
  return true;
}

}  // namespace weir::sfu
