// The level of sound as RFC 6464 section 3 carries it.
#pragma once

#include <cstdint>
#include <span>

namespace weir::media {

inline constexpr std::uint8_t kLevelSilence = 127;

/// -dBov: 0 is as loud as samples can be (RMS of full scale, RFC 6465 appendix A), 127 is silence.
std::uint8_t audio_level(std::span<const std::int16_t> samples);

}  // namespace weir::media
