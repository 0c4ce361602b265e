#include "sfu/speakers.h"

#include <algorithm>
#include <cmath>

namespace weir::sfu {

bool VoiceActivity::on_level(Time now, std::uint8_t level, Duration span) {
  return note(now, level, speech_.on_level(now, level, span), span);
}

bool VoiceActivity::on_unknown_level(Time now, std::size_t payload_size, Duration span) {
  const bool silent = payload_size <= kSilentPayload;
  const std::uint8_t level = silent ? 127 : kUnknownLevel;
  speech_.on_level(now, level, span);
  // A sender of constant size is noise to the rule of the dominant speaker, but may be somebody who speaks.
  return note(now, level, !silent, span);
}

bool VoiceActivity::note(Time now, std::uint8_t level, bool loud, Duration span) {
  if (!loud) return false;
  const bool anew = !active(now, kFading);
  const bool begins = !sounding(now);
  const double heard = std::max(0, kQuietest - static_cast<int>(level));
  const double part =
      static_cast<double>(to_us(std::min(span, kFading))) / static_cast<double>(to_us(kFading));
  loudness_ = anew ? heard : std::max(heard, loudness_ + (heard - loudness_) * part);
  last_loud_ = now;
  heard_ = true;
  const int before = step_;
  if (anew || std::abs(loudness_ - step_ * kStep) >= kStep) {
    step_ = static_cast<int>(std::lround(loudness_ / kStep));
  }
  return begins || step_ > before;
}

bool overtakes(Time now, Duration hold, const VoiceActivity& behind, const VoiceActivity& ahead) {
  const auto place = [&](const VoiceActivity& voice) {
    return voice.sounding(now) ? 2 : voice.active(now, hold) ? 1 : 0;
  };
  const int b = place(behind);
  const int a = place(ahead);
  if (a != b) return b > a;
  if (a == 2) return behind.step() > ahead.step();
  return a == 1 && behind.last_loud() > ahead.last_loud();
}

bool DominantSpeaker::takes_over(const SpeechScores& challenger, const SpeechScores& dominant) {
  if (dominant.lasting <= kLongSilent && challenger.lasting >= kHasSpoken) return true;
  if (challenger.recent < kSpeaks) return false;
  if (dominant.loud <= kStopped) return true;
  if (!challenger.lively) return false;
  if (!dominant.lively && challenger.lasting >= kAgainstMusic) return true;
  return challenger.lasting >= kInterrupts && challenger.loudness >= dominant.loudness + kMargin;
}

bool DominantSpeaker::consider(Time now, const std::vector<Candidate>& candidates) {
  if (current_ && now - since_ < hold_) return false;
  SpeechScores dominant;
  for (const Candidate& candidate : candidates) {
    // Somebody may have several microphones.
    if (candidate.participant == current_ && candidate.scores.lasting >= dominant.lasting) {
      dominant = candidate.scores;
    }
  }
  const Candidate* next = nullptr;
  for (const Candidate& candidate : candidates) {
    if (candidate.participant == current_ || !takes_over(candidate.scores, dominant)) continue;
    if (next == nullptr || candidate.scores.loudness > next->scores.loudness) next = &candidate;
  }
  if (next == nullptr) return false;
  current_ = next->participant;
  since_ = now;
  return true;
}

bool DominantSpeaker::forget(Id participant) {
  if (current_ != participant || !participant) return false;
  current_ = Id{};
  return true;
}

}  // namespace weir::sfu
