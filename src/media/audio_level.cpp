#include "media/audio_level.h"

#include <algorithm>
#include <cmath>

namespace weir::media {

std::uint8_t audio_level(std::span<const std::int16_t> samples) {
  if (samples.empty()) return kLevelSilence;
  double energy = 0;
  for (const std::int16_t sample : samples) energy += static_cast<double>(sample) * sample;
  const double rms = std::sqrt(energy / static_cast<double>(samples.size())) / 32767.0;
  if (rms <= 0) return kLevelSilence;
  return static_cast<std::uint8_t>(std::clamp(std::lround(-20.0 * std::log10(rms)), 0L, long{kLevelSilence}));
}

}  // namespace weir::media
