// What a profile-level-id says (RFC 6184 section 8.1, table 5). Private to sdp/.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::sdp {

/// In the order in which a node prefers them: what every receiver decodes comes first, since one stream
/// serves them all.
enum class H264Profile : std::uint8_t { constrained_baseline, baseline, main, constrained_high, high };

/// The profile of six hexadecimal digits: profile_idc, profile_iop, level_idc. Nothing for others and for no
/// such number.
std::optional<H264Profile> h264_profile(std::string_view profile_level_id);

/// The value that holds where the parameter is absent: baseline, level 1 (RFC 6184 section 8.1).
inline constexpr std::string_view kDefaultProfileLevelId = "42000a";

}  // namespace weir::sdp
