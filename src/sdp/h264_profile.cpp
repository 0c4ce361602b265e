// RFC 6184 table 5: profile_idc, and the bits of profile_iop (x: any) that make a profile of it.
//
//   constrained baseline   42 x1xx0000   4D 1xxx0000   58 11xx0000
//   baseline               42 x0xx0000   58 10xx0000
//   main                   4D 0x0x0000
//   constrained high       64 00001100   (H.264 annex A.2.4.2)
//   high                   64 00000000
#include "sdp/h264_profile.h"

#include "sdp/text.h"

namespace weir::sdp {

namespace {

struct Pattern {
  std::uint8_t idc;
  std::uint8_t mask;  // of profile_iop
  std::uint8_t bits;
  H264Profile profile;
};

constexpr Pattern kPatterns[] = {
    {0x42, 0x4f, 0x40, H264Profile::constrained_baseline},
    {0x4d, 0x8f, 0x80, H264Profile::constrained_baseline},
    {0x58, 0xcf, 0xc0, H264Profile::constrained_baseline},
    {0x42, 0x4f, 0x00, H264Profile::baseline},
    {0x58, 0xcf, 0x80, H264Profile::baseline},
    {0x4d, 0xaf, 0x00, H264Profile::main},
    {0x64, 0xff, 0x0c, H264Profile::constrained_high},
    {0x64, 0xff, 0x00, H264Profile::high},
};

}  // namespace

std::optional<H264Profile> h264_profile(std::string_view profile_level_id) {
  std::uint32_t value = 0;
  const char* end = profile_level_id.data() + profile_level_id.size();
  const auto [stop, bad] = std::from_chars(profile_level_id.data(), end, value, 16);
  if (profile_level_id.size() != 6 || bad != std::errc{} || stop != end) return std::nullopt;
  const std::uint32_t idc = value >> 16;
  const std::uint32_t iop = (value >> 8) & 0xff;
  for (const Pattern& pattern : kPatterns) {
    if (idc == pattern.idc && (iop & pattern.mask) == pattern.bits) return pattern.profile;
  }
  return std::nullopt;
}

}  // namespace weir::sdp
